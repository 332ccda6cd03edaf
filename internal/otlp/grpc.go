package otlp

import (
	"context"

	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	colmetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	_ "google.golang.org/grpc/encoding/gzip" // so that compressed requests can be read
)

func (r *Receiver) newGRPCServer() *grpc.Server {
	server := grpc.NewServer(grpc.MaxRecvMsgSize(maxRequest))
	coltrace.RegisterTraceServiceServer(server, traceService{receiver: r})
	colmetrics.RegisterMetricsServiceServer(server, metricsService{receiver: r})
	collogs.RegisterLogsServiceServer(server, logsService{receiver: r})
	return server
}

// One type per service: all three have the method Export.
type (
	traceService struct {
		coltrace.UnimplementedTraceServiceServer
		receiver *Receiver
	}
	metricsService struct {
		colmetrics.UnimplementedMetricsServiceServer
		receiver *Receiver
	}
	logsService struct {
		collogs.UnimplementedLogsServiceServer
		receiver *Receiver
	}
)

func (s traceService) Export(
	_ context.Context,
	request *coltrace.ExportTraceServiceRequest,
) (*coltrace.ExportTraceServiceResponse, error) {
	return s.receiver.receiveSpans(request), nil
}

func (s metricsService) Export(
	_ context.Context,
	request *colmetrics.ExportMetricsServiceRequest,
) (*colmetrics.ExportMetricsServiceResponse, error) {
	return s.receiver.receiveMetrics(request), nil
}

func (s logsService) Export(
	_ context.Context,
	request *collogs.ExportLogsServiceRequest,
) (*collogs.ExportLogsServiceResponse, error) {
	return s.receiver.receiveLogs(request), nil
}
