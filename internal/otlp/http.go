package otlp

import (
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	colmetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// The two encodings that OTLP has over HTTP.
const (
	binary = "application/x-protobuf"
	text   = "application/json"
)

func (r *Receiver) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/traces", func(w http.ResponseWriter, req *http.Request) {
		export(w, req, &coltrace.ExportTraceServiceRequest{}, r.receiveSpans)
	})
	mux.HandleFunc("POST /v1/metrics", func(w http.ResponseWriter, req *http.Request) {
		export(w, req, &colmetrics.ExportMetricsServiceRequest{}, r.receiveMetrics)
	})
	mux.HandleFunc("POST /v1/logs", func(w http.ResponseWriter, req *http.Request) {
		export(w, req, &collogs.ExportLogsServiceRequest{}, r.receiveLogs)
	})
	return mux
}

// export reads the request into message, passes it to receive, and answers. It refuses an invalid request with a
// status that exporters do not retry.
func export[Request, Response proto.Message](
	w http.ResponseWriter,
	r *http.Request,
	message Request,
	receive func(Request) Response,
) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != binary && media != text {
		refuse(w, binary, http.StatusUnsupportedMediaType, fmt.Errorf("the content type must be %s or %s", binary, text))
		return
	}
	body, err := readBody(r)
	if err != nil {
		refuse(w, media, http.StatusBadRequest, err)
		return
	}
	if err := unmarshal(media, body, message); err != nil {
		refuse(w, media, http.StatusBadRequest, fmt.Errorf("decode the body: %w", err))
		return
	}
	answer(w, media, http.StatusOK, receive(message))
}

func unmarshal(media string, body []byte, message proto.Message) error {
	if media == binary {
		return proto.Unmarshal(body, message)
	}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(body, message); err != nil {
		return err
	}
	return readIDs(message)
}

// readIDs corrects the ids in a message that came as JSON. OTLP has them in hexadecimal there, other than JSON has
// the bytes of a message, which is in base64: so they have been read. As every hexadecimal id is base64, too, nothing
// is lost.
func readIDs(message proto.Message) error {
	var problems []error
	read := func(ids ...*[]byte) {
		for _, id := range ids {
			decoded, err := hex.DecodeString(base64.StdEncoding.EncodeToString(*id))
			if err != nil {
				problems = append(problems, fmt.Errorf("an id is not in hexadecimal: %w", err))
			}
			*id = decoded
		}
	}
	switch message := message.(type) {
	case *coltrace.ExportTraceServiceRequest:
		for _, ofResource := range message.GetResourceSpans() {
			for _, ofScope := range ofResource.GetScopeSpans() {
				for _, span := range ofScope.GetSpans() {
					read(&span.TraceId, &span.SpanId, &span.ParentSpanId)
					for _, link := range span.GetLinks() {
						read(&link.TraceId, &link.SpanId)
					}
				}
			}
		}
	case *collogs.ExportLogsServiceRequest:
		for _, ofResource := range message.GetResourceLogs() {
			for _, ofScope := range ofResource.GetScopeLogs() {
				for _, record := range ofScope.GetLogRecords() {
					read(&record.TraceId, &record.SpanId)
				}
			}
		}
	}
	return errors.Join(problems...)
}

func readBody(r *http.Request) ([]byte, error) {
	var body io.Reader = r.Body
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
	case "gzip":
		unzipped, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, fmt.Errorf("decompress the body: %w", err)
		}
		body = unzipped
	default:
		return nil, fmt.Errorf("the content encoding is %q, want gzip or none", encoding)
	}
	content, err := io.ReadAll(io.LimitReader(body, maxRequest+1))
	if err != nil {
		return nil, fmt.Errorf("read the body: %w", err)
	}
	if len(content) > maxRequest {
		return nil, fmt.Errorf("the body has more than %d bytes", maxRequest)
	}
	return content, nil
}

func refuse(w http.ResponseWriter, media string, code int, err error) {
	answer(w, media, code, status.New(codes.InvalidArgument, err.Error()).Proto())
}

func answer(w http.ResponseWriter, media string, code int, message proto.Message) {
	marshal := proto.Marshal
	if media == text {
		marshal = protojson.Marshal
	}
	body, err := marshal(message)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", media)
	w.WriteHeader(code)
	// A sender that has gone cannot be told.
	_, _ = w.Write(body)
}
