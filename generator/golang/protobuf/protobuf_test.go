package protobuf_test

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/pluginpb"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/generator/golang/protobuf"
	"github.com/otelgen/otelgen/presets"
	"github.com/otelgen/otelgen/templates"
)

// The code in a service is what the real plugins write for its .proto.
func TestCodeIsThePlugins(t *testing.T) {
	catalog, err := generator.NewCatalog(templates.FS, generator.Source{Name: generator.BuiltIn, FS: presets.FS})
	if err != nil {
		t.Fatal(err)
	}
	for _, entity := range []string{"order", "line-item", "message", "package-label", "shipment"} {
		t.Run(entity, func(t *testing.T) {
			tree, err := catalog.Generate(generator.Answers{Name: "shop", Module: "example.com/shop", Entity: entity, Presets: map[string][]string{"framework": {"grpc"}}})
			if err != nil {
				t.Fatal(err)
			}
			files := map[string]string{}
			for _, f := range tree.Files {
				files[f.Path] = string(f.Content)
			}
			snake := strings.ReplaceAll(entity, "-", "_")
			base := fmt.Sprintf("%s/v1/%s", snake, snake)
			request, err := protobuf.Request(base+".proto", files["api/"+base+".proto"])
			if err != nil {
				t.Fatal(err)
			}
			for plugin, suffix := range map[string]string{"protoc-gen-go": ".pb.go", "protoc-gen-go-grpc": "_grpc.pb.go"} {
				if want := run(t, plugin, request); files["api/"+base+suffix] != want {
					t.Errorf("%s%s is not what %s writes:\n%s", base, suffix, plugin, want)
				}
			}
		})
	}
}

func TestMistakeIsNamed(t *testing.T) {
	_, err := protobuf.Go("a.proto", "syntax = \"proto3\";\nmessage {")
	if err == nil || !strings.Contains(err.Error(), "a.proto:2:") {
		t.Errorf("got %v, want the file and the line", err)
	}
}

// run returns what a plugin, as it is for users, writes.
func run(t *testing.T, plugin string, request *pluginpb.CodeGeneratorRequest) string {
	t.Helper()
	in, err := proto.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "tool", plugin)
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var response pluginpb.CodeGeneratorResponse
	if err := proto.Unmarshal(out, &response); err != nil {
		t.Fatal(err)
	}
	return response.GetFile()[0].GetContent()
}
