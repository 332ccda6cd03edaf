// Package protobuf makes the Go code of protocol buffers, in memory: it needs no protoc, and reads no file but the one it is handed.
package protobuf

import (
	"context"
	"fmt"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/cmd/protoc-gen-go/internal_gengo"
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

// Runtime are the imports of all code that Go returns. Code that imports a file of protobuf's own imports the package
// of that file, too.
var Runtime = []string{"google.golang.org/protobuf/reflect/protoreflect", "google.golang.org/protobuf/runtime/protoimpl"}

// Go returns what protoc-gen-go writes for a file, called path, that imports nothing but protobuf's own files.
func Go(path, source string) (string, error) {
	request, err := Request(path, source)
	if err != nil {
		return "", err
	}
	plugin, err := protogen.Options{}.New(request)
	if err != nil {
		return "", fmt.Errorf("prepare the code of %s: %w", path, err)
	}
	plugin.SupportedFeatures = internal_gengo.SupportedFeatures
	internal_gengo.GenerateFile(plugin, plugin.FilesByPath[path])
	response := plugin.Response()
	if response.Error != nil {
		return "", fmt.Errorf("write the code of %s: %s", path, response.GetError())
	}
	return response.File[0].GetContent(), nil
}

// Request returns what a compiler hands to a plugin that is to write the code of a file.
func Request(path, source string) (*pluginpb.CodeGeneratorRequest, error) {
	compiler := protocompile.Compiler{
		Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{
			Accessor: protocompile.SourceAccessorFromMap(map[string]string{path: source}),
		}),
		SourceInfoMode: protocompile.SourceInfoStandard,
		MaxParallelism: 1,
	}
	files, err := compiler.Compile(context.Background(), path)
	if err != nil {
		return nil, fmt.Errorf("compile protocol buffers: %w", err)
	}
	var descriptors []*descriptorpb.FileDescriptorProto
	seen := map[string]bool{}
	var add func(file protoreflect.FileDescriptor)
	add = func(file protoreflect.FileDescriptor) {
		if seen[file.Path()] {
			return
		}
		seen[file.Path()] = true
		for i := range file.Imports().Len() {
			add(file.Imports().Get(i).FileDescriptor)
		}
		descriptors = append(descriptors, protodesc.ToFileDescriptorProto(file))
	}
	add(files[0])
	parameter := "paths=source_relative"
	return &pluginpb.CodeGeneratorRequest{FileToGenerate: []string{path}, Parameter: &parameter, ProtoFile: descriptors}, nil
}
