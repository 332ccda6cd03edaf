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

// rpc calls a gRPC service. It finds the methods by server reflection.
type rpc struct {
	conn    *grpc.ClientConn
	service protoreflect.ServiceDescriptor
}

// dialRPC connects to a gRPC server, and looks up the service called name by reflection.
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
	service, err := describe(stream, name)
	if err != nil {
		return nil, err
	}
	return &rpc{conn: conn, service: service}, nil
}

// describe returns the descriptor of the service called name.
func describe(
	stream grpc.BidiStreamingClient[reflectionpb.ServerReflectionRequest, reflectionpb.ServerReflectionResponse],
	name string,
) (protoreflect.ServiceDescriptor, error) {
	symbol := &reflectionpb.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: name}
	if err := stream.Send(&reflectionpb.ServerReflectionRequest{MessageRequest: symbol}); err != nil {
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
		return nil, fmt.Errorf("%s is not a service", name)
	}
	return service, nil
}

// invoke calls a method with a message in JSON, and returns the response in JSON. Only a call without a response is an
// error; a refusal is a code.
func (c *rpc) invoke(ctx context.Context, in request, method, body string) (codes.Code, []byte, error) {
	ctx = metadata.AppendToOutgoingContext(ctx, "traceparent", in.traceparent())
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
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

// call calls a method and checks in a new row that the code is want.
func (c *rpc) call(ctx context.Context, r *run, name, method, body string, want codes.Code) (*Row, []byte) {
	row := r.row("api", name, "code "+want.String())
	in := newRequest(method)
	code, content, err := c.invoke(ctx, in, method, body)
	r.record(in, err)
	row.Observed = "code " + code.String()
	switch {
	case err != nil:
		row.Observed = "no answer"
		row.add(Fail, "no answer: "+err.Error(), whyCallers)
	case code != want:
		row.add(Fail, fmt.Sprintf("the answer has the code %s, want %s", code, want), whyCallers)
	}
	return row, content
}

// driveRPC does over gRPC what driveHTTP does over HTTP.
func (r *run) driveRPC(ctx context.Context) bool {
	r.o.Step("calling " + r.o.Name)
	e := r.o.Contract.Entity
	create, get, list := "Create"+e.Type, "Get"+e.Type, "List"+e.PluralType
	c, err := dialRPC(ctx, strings.TrimPrefix(r.base, "http://"), e.Snake+".v1."+e.Type+"Service")
	if err != nil {
		row := r.row("api", "reflection", "describes the API")
		row.add(Fail, "the service does not describe its API: "+err.Error(), "verify finds the methods by server reflection")
		r.terminate()
		return false
	}
	defer func() { _ = c.conn.Close() }()

	first := len(r.observed.requests)
	row, content := c.call(ctx, r, create, create, r.o.Body, codes.OK)
	created, err := decodeEntity(content)
	if row.Verdict == OK && err != nil {
		row.add(Fail, "the answer has no id: "+short(string(content), 200), whyCallers)
	}
	if row.Verdict == Fail {
		r.terminate()
		return false
	}
	byID := fmt.Sprintf(`{"id":%q}`, created.ID)
	r.observed.requests[first].accepted = true
	r.observed.requests[first].confirmed = c.awaitConfirmation(ctx, r, get, byID)

	row, content = c.call(ctx, r, list, list, `{"pageSize":100}`, codes.OK)
	if row.Verdict == OK && !strings.Contains(string(content), created.ID) {
		row.add(Fail, "the list does not contain the created entity", whyCallers)
	}
	c.watch(ctx, r, "Watch"+e.Type, byID)
	c.call(ctx, r, create+", invalid", create, `{}`, codes.InvalidArgument)
	c.call(ctx, r, get+", unknown id", get, `{"id":"00000000-0000-7000-8000-000000000000"}`, codes.NotFound)
	r.burst(create, codes.OK.String(), func(in request) (bool, string, error) {
		code, _, err := c.invoke(ctx, in, create, r.o.Body)
		return code == codes.OK, code.String(), err
	})
	return true
}

// awaitConfirmation polls an entity until the service has handled its event.
func (c *rpc) awaitConfirmation(ctx context.Context, r *run, get, byID string) bool {
	row, _ := c.call(ctx, r, get, get, byID, codes.OK)
	var found entity
	confirmed := r.poll(ctx, func() bool {
		in := newRequest(get)
		code, content, err := c.invoke(ctx, in, get, byID)
		r.record(in, err)
		found, err = decodeEntity(content)
		return code == codes.OK && err == nil && strings.HasSuffix(found.Status, "_CONFIRMED")
	})
	r.reportConfirmation(row, found, confirmed)
	return confirmed
}

// watch watches a confirmed entity: the service sends it once and ends the stream.
func (c *rpc) watch(ctx context.Context, r *run, method, body string) {
	row := r.row("api", method, "sends the confirmed entity, and ends")
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	in := newRequest(method)
	messages, err := c.stream(ctx, in, method, body)
	r.record(in, err)
	row.Observed = fmt.Sprintf("%d messages", messages)
	if err != nil || messages != 1 {
		row.add(Fail, fmt.Sprintf("the stream sent %d messages and ended with %v", messages, err), whyCallers)
	}
}

// stream calls a server-streaming method, and counts the messages.
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
	stream, err := c.conn.NewStream(
		ctx,
		&grpc.StreamDesc{ServerStreams: true},
		fmt.Sprintf("/%s/%s", c.service.FullName(), method),
	)
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

// decodeEntity returns the entity in a response that contains one entity.
func decodeEntity(content []byte) (entity, error) {
	var answer map[string]entity
	if err := json.Unmarshal(content, &answer); err != nil {
		return entity{}, err
	}
	for _, one := range answer {
		if one.ID != "" {
			return one, nil
		}
	}
	return entity{}, errors.New("no id")
}
