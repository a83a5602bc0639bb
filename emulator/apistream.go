package emulator

import (
	"encoding/base64"
	"io"
	"net/http"
)

// streamOf returns where the request's streamed answer goes while it comes; nil where it goes nowhere, or is none.
func (a *api) streamOf(r *http.Request) func(contentType string) io.Writer {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r.Header.Get("Lambda-Runtime-Function-Response-Mode") != "streaming" ||
		a.current == nil || a.current.id != r.PathValue("id") || a.phase != phaseRunning {
		return nil
	}
	return a.current.opts.Stream
}

// stream passes a streamed answer on, and takes its end, or the error in its trailers, as the answer to the event.
func (a *api) stream(w http.ResponseWriter, r *http.Request, begin func(contentType string) io.Writer) {
	id := r.PathValue("id")
	to := &dropping{to: begin(r.Header.Get("Content-Type"))}
	if _, err := io.Copy(to, r.Body); err != nil {
		a.breakOff(id, "TruncatedHTTPRequest", "HTTP request detected as truncated").write(w)
		return
	}
	result := Result{Streamed: true}
	if errorType := r.Trailer.Get("Lambda-Runtime-Function-Error-Type"); errorType != "" {
		result.FunctionError = true
		body, err := base64.StdEncoding.DecodeString(r.Trailer.Get("Lambda-Runtime-Function-Error-Body"))
		if err != nil || len(body) == 0 {
			body = errorResult(errorType, "the streamed answer ended with an error that cannot be read").Payload
		}
		result.Payload = body
	}
	a.accept(w, id, result, "InvocationResponse")
}

// dropping writes for as long as that works; the function does not see that its reader has gone.
type dropping struct {
	to     io.Writer
	failed bool
}

func (d *dropping) Write(p []byte) (int, error) {
	if !d.failed {
		if _, err := d.to.Write(p); err != nil {
			d.failed = true
		}
	}
	return len(p), nil
}
