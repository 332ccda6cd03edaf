package otlp

import (
	"compress/gzip"
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
	"google.golang.org/protobuf/proto"
)

const mediaType = "application/x-protobuf"

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

// export reads the request into message, has it received, and answers. What cannot be read is refused with a code that tells
// an exporter not to try again.
func export[Request, Response proto.Message](w http.ResponseWriter, r *http.Request, message Request, receive func(Request) Response) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != mediaType {
		refuse(w, http.StatusUnsupportedMediaType, errors.New("the content type must be "+mediaType))
		return
	}
	body, err := readBody(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	if err := proto.Unmarshal(body, message); err != nil {
		refuse(w, http.StatusBadRequest, fmt.Errorf("decode the body: %w", err))
		return
	}
	answer(w, http.StatusOK, receive(message))
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

func refuse(w http.ResponseWriter, code int, err error) {
	answer(w, code, status.New(codes.InvalidArgument, err.Error()).Proto())
}

func answer(w http.ResponseWriter, code int, message proto.Message) {
	body, err := proto.Marshal(message)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", mediaType)
	w.WriteHeader(code)
	// A sender that has gone cannot be told.
	_, _ = w.Write(body)
}
