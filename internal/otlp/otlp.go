// Package otlp receives OpenTelemetry signals. It is an OTLP endpoint inside the process, over HTTP (protobuf and
// JSON) and gRPC. It returns everything it received in plain Go types: spans, by trace and as a tree, metrics, and
// log records.
//
// It is for tests and for checks that run for a while. It keeps everything in memory: it does not sample, store or
// forward, and it does not judge the data.
package otlp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	colmetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
)

// maxRequest bounds one request, after decompression.
const maxRequest = 16 << 20

// Receiver is a running OTLP endpoint and what it has received. It is safe for concurrent use.
type Receiver struct {
	httpAddr, grpcAddr string
	httpServer         *http.Server
	grpcServer         *grpc.Server
	serving            sync.WaitGroup

	mu      sync.Mutex
	signals Signals
	changed chan struct{} // closed, and replaced, whenever signals changes
}

// Start returns a receiver that listens on two free ports of the loopback interface, until it is closed.
func Start(ctx context.Context) (*Receiver, error) {
	var listen net.ListenConfig
	httpListener, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for OTLP over HTTP: %w", err)
	}
	grpcListener, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen for OTLP over gRPC: %w", err), httpListener.Close())
	}
	r := &Receiver{
		httpAddr: httpListener.Addr().String(),
		grpcAddr: grpcListener.Addr().String(),
		changed:  make(chan struct{}),
	}
	r.httpServer = &http.Server{Handler: r.handler(), ReadHeaderTimeout: 10 * time.Second}
	r.grpcServer = r.newGRPCServer()
	// Both return once the receiver is closed, with errors that say no more than that.
	r.serving.Go(func() { _ = r.httpServer.Serve(httpListener) })
	r.serving.Go(func() { _ = r.grpcServer.Serve(grpcListener) })
	return r, nil
}

// HTTPEndpoint is the URL to set as OTEL_EXPORTER_OTLP_ENDPOINT for the protocol http/protobuf.
func (r *Receiver) HTTPEndpoint() string { return "http://" + r.httpAddr }

// GRPCEndpoint is the URL to set as OTEL_EXPORTER_OTLP_ENDPOINT for the protocol grpc.
func (r *Receiver) GRPCEndpoint() string { return "http://" + r.grpcAddr }

// Close closes all connections, and returns when nothing more can arrive. The received data stays available.
func (r *Receiver) Close() error {
	r.grpcServer.Stop()
	err := r.httpServer.Close()
	r.serving.Wait()
	return err
}

// Signals returns all that has been received so far.
func (r *Receiver) Signals() Signals {
	signals, _ := r.now()
	return signals
}

// Wait returns as soon as met says that what has been received is enough, with just that. If ctx is done first, it
// returns what there is by then and an error that wraps the context's.
func (r *Receiver) Wait(ctx context.Context, met func(Signals) bool) (Signals, error) {
	for {
		signals, changed := r.now()
		if met(signals) {
			return signals, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return signals, fmt.Errorf("not received in time (but %s): %w", signals, context.Cause(ctx))
		}
	}
}

// now returns what has been received, and a channel that is closed when that is no longer all.
func (r *Receiver) now() (Signals, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	// Clipped, so that what is appended to them by others cannot be seen by us. Their elements never change.
	return Signals{
		Spans:   slices.Clip(r.signals.Spans),
		Metrics: slices.Clip(r.signals.Metrics),
		Logs:    slices.Clip(r.signals.Logs),
	}, r.changed
}

func (r *Receiver) receive(new Signals) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.signals.Spans = append(r.signals.Spans, new.Spans...)
	r.signals.Metrics = append(r.signals.Metrics, new.Metrics...)
	r.signals.Logs = append(r.signals.Logs, new.Logs...)
	close(r.changed)
	r.changed = make(chan struct{})
}

func (r *Receiver) receiveSpans(request *coltrace.ExportTraceServiceRequest) *coltrace.ExportTraceServiceResponse {
	r.receive(Signals{Spans: decodeSpans(request)})
	return &coltrace.ExportTraceServiceResponse{}
}

func (r *Receiver) receiveMetrics(
	request *colmetrics.ExportMetricsServiceRequest,
) *colmetrics.ExportMetricsServiceResponse {
	r.receive(Signals{Metrics: decodeMetrics(request)})
	return &colmetrics.ExportMetricsServiceResponse{}
}

func (r *Receiver) receiveLogs(request *collogs.ExportLogsServiceRequest) *collogs.ExportLogsServiceResponse {
	r.receive(Signals{Logs: decodeLogs(request)})
	return &collogs.ExportLogsServiceResponse{}
}
