package protobuf_test
import ("testing";"os";"os/exec";"bytes"
"google.golang.org/protobuf/proto"
"google.golang.org/protobuf/types/pluginpb"
"github.com/otelgen/otelgen/generator/golang/protobuf")
func TestX(t *testing.T){
 b,_:=os.ReadFile("/tmp/grpcref/line_item.proto")
 r,err:=protobuf.Request("line_item/v1/line_item.proto",string(b)); if err!=nil{t.Fatal(err)}
 in,_:=proto.Marshal(r)
 c:=exec.Command("go","tool","protoc-gen-go-grpc"); c.Stdin=bytes.NewReader(in); out,err:=c.Output(); if err!=nil{t.Fatal(err)}
 var resp pluginpb.CodeGeneratorResponse; proto.Unmarshal(out,&resp)
 os.WriteFile("/tmp/grpcref/grpc.go",[]byte(resp.File[0].GetContent()),0644)
 g,err:=protobuf.Go("line_item/v1/line_item.proto",string(b)); if err!=nil{t.Fatal(err)}
 os.WriteFile("/tmp/grpcref/pb.go",[]byte(g),0644)
}
