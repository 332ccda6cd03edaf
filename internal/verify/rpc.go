package verify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// rpc calls a gRPC service whose methods it learns from the service itself.
type rpc struct {
	conn    *grpc.ClientConn
	service protoreflect.ServiceDescriptor
}

// dialRPC connects to the service and has it describe the API that name is of.
func dialRPC(ctx context.Context, address, name string) (_ *rpc, err error) {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithNoProxy())
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = conn.Close()
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	stream, err := reflectionpb.NewServerReflectionClient(conn).ServerReflectionInfo(ctx)
	if err != nil {
		return nil, err
	}
	err = stream.Send(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: name}})
	if err != nil {
		return nil, err
	}
	response, err := stream.Recv()
	if err != nil {
		return nil, err
	}
	set := &descriptorpb.FileDescriptorSet{}
	for _, content := range response.GetFileDescriptorResponse().GetFileDescriptorProto() {
		file := &descriptorpb.FileDescriptorProto{}
		if err := proto.Unmarshal(content, file); err != nil {
			return nil, err
		}
		set.File = append(set.File, file)
	}
	files, err := protodesc.NewFiles(set)
	if err != nil {
		return nil, err
	}
	found, err := files.FindDescriptorByName(protoreflect.FullName(name))
	if err != nil {
		return nil, err
	}
	service, ok := found.(protoreflect.ServiceDescriptor)
	if !ok {
		return nil, fmt.Errorf("%s is no service", name)
	}
	return &rpc{conn: conn, service: service}, nil
}

// ask calls a method with a message in JSON, and returns the answer in JSON. What the service refuses is a code, and no error.
func (c *rpc) ask(ctx context.Context, in request, method, body string) (codes.Code, []byte, error) {
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(ctx, "traceparent", in.traceparent()), requestTimeout)
	defer cancel()
	descriptor := c.service.Methods().ByName(protoreflect.Name(method))
	if descriptor == nil {
		return 0, nil, fmt.Errorf("%s has no method %s", c.service.FullName(), method)
	}
	message, answer := dynamicpb.NewMessage(descriptor.Input()), dynamicpb.NewMessage(descriptor.Output())
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal([]byte(body), message); err != nil {
		return 0, nil, err
	}
	err := c.conn.Invoke(ctx, fmt.Sprintf("/%s/%s", c.service.FullName(), method), message, answer)
	code := status.Code(err)
	if code == codes.Unavailable || code == codes.DeadlineExceeded || code == codes.Canceled {
		return code, nil, err
	}
	content, marshalErr := protojson.Marshal(answer)
	return code, content, marshalErr
}

// call asks for something and holds the answer to a code, in a row of its own.
func (c *rpc) call(ctx context.Context, r *run, name, method, body string, want codes.Code) (*Row, []byte) {
	row := r.row("api", name, "code "+want.String())
	in := newRequest(method)
	code, content, err := c.ask(ctx, in, method, body)
	in.answered = err == nil
	r.seen.requests = append(r.seen.requests, in)
	row.Seen = "code " + code.String()
	switch {
	case err != nil:
		row.Seen = "no answer"
		row.find(Fail, "no answer: "+err.Error(), "callers rely on it")
	case code != want:
		row.find(Fail, fmt.Sprintf("the answer has the code %s, want %s", code, want), "callers rely on it")
	}
	return row, content
}

// driveRPC does by gRPC what driveHTTP does by HTTP.
func (r *run) driveRPC(ctx context.Context) bool {
	r.o.Step("calling " + r.o.Name)
	entity := r.o.Contract.Entity
	create, get, list := "Create"+entity.Type, "Get"+entity.Type, "List"+entity.PluralType
	c, err := dialRPC(ctx, strings.TrimPrefix(r.base, "http://"), entity.Snake+".v1."+entity.Type+"Service")
	if err != nil {
		r.row("api", "reflection", "describes the API").find(Fail, "the service does not describe its API: "+err.Error(), "verify calls what server reflection tells of")
		r.terminate()
		return false
	}
	defer func() { _ = c.conn.Close() }()

	first := len(r.seen.requests)
	row, content := c.call(ctx, r, create, create, r.o.Body, codes.OK)
	created, err := madeOf(content)
	if row.Verdict == OK && err != nil {
		row.find(Fail, "the answer has no id: "+short(string(content), 200), "callers rely on it")
	}
	if row.Verdict == Fail {
		r.terminate()
		return false
	}
	r.seen.requests[first].accepted = true
	byID := fmt.Sprintf(`{"id":%q}`, created.ID)
	row, _ = c.call(ctx, r, get, get, byID, codes.OK)
	row.Expected += ", confirmed in the end"
	confirmed := r.poll(ctx, func() bool {
		in := newRequest(get)
		code, content, err := c.ask(ctx, in, get, byID)
		in.answered = err == nil
		r.seen.requests = append(r.seen.requests, in)
		created, err = madeOf(content)
		return code == codes.OK && err == nil && strings.HasSuffix(created.Status, "_CONFIRMED")
	})
	row.Seen += ", " + created.Status
	if !confirmed {
		row.find(Fail, fmt.Sprintf("%s was not confirmed within %s: it is %s", entity.Words, r.o.Timeout, created.Status), "the event did not get to the consumer, or was not handled")
	}
	r.seen.requests[first].confirmed = confirmed

	row, content = c.call(ctx, r, list, list, `{"pageSize":100}`, codes.OK)
	if row.Verdict == OK && !strings.Contains(string(content), created.ID) {
		row.find(Fail, "the list does not have what was just created", "callers rely on it")
	}
	r.watch(ctx, c, "Watch"+entity.Type, byID)
	c.call(ctx, r, create+", invalid", create, `{}`, codes.InvalidArgument)
	c.call(ctx, r, get+", unknown id", get, `{"id":"00000000-0000-7000-8000-000000000000"}`, codes.NotFound)
	r.burst(create, codes.OK.String(), func(in request) (bool, string, error) {
		code, _, err := c.ask(ctx, in, create, r.o.Body)
		return code == codes.OK, code.String(), err
	})
	return true
}

// watch follows what is confirmed already: it is sent once, and the stream ends.
func (r *run) watch(ctx context.Context, c *rpc, method, body string) {
	row := r.row("api", method, "sends what is confirmed, and ends")
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	in := newRequest(method)
	messages, err := c.stream(ctx, in, method, body)
	in.answered = err == nil
	r.seen.requests = append(r.seen.requests, in)
	row.Seen = fmt.Sprintf("%d messages", messages)
	if err != nil || messages != 1 {
		row.find(Fail, fmt.Sprintf("the stream sent %d messages and ended with %v", messages, err), "callers rely on it")
	}
}

// stream calls a method that answers with a stream, and counts what it sends.
func (c *rpc) stream(ctx context.Context, in request, method, body string) (messages int, err error) {
	descriptor := c.service.Methods().ByName(protoreflect.Name(method))
	if descriptor == nil {
		return 0, fmt.Errorf("%s has no method %s", c.service.FullName(), method)
	}
	message := dynamicpb.NewMessage(descriptor.Input())
	if err := protojson.Unmarshal([]byte(body), message); err != nil {
		return 0, err
	}
	ctx = metadata.AppendToOutgoingContext(ctx, "traceparent", in.traceparent())
	stream, err := c.conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, fmt.Sprintf("/%s/%s", c.service.FullName(), method))
	if err != nil {
		return 0, err
	}
	if err := errors.Join(stream.SendMsg(message), stream.CloseSend()); err != nil {
		return 0, err
	}
	for {
		err := stream.RecvMsg(dynamicpb.NewMessage(descriptor.Output()))
		if errors.Is(err, io.EOF) {
			return messages, nil
		}
		if err != nil {
			return messages, err
		}
		messages++
	}
}

// madeOf returns the entity in an answer that holds nothing else.
func madeOf(content []byte) (made, error) {
	var answer map[string]made
	if err := json.Unmarshal(content, &answer); err != nil {
		return made{}, err
	}
	for _, one := range answer {
		if one.ID != "" {
			return one, nil
		}
	}
	return made{}, errors.New("no id")
}
