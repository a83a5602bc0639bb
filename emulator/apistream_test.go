package emulator

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// postStream answers the invocation in flight with a stream that ends with the trailers.
func postStream(t *testing.T, server *httptest.Server, body io.Reader, errorType, errorBody string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "POST", server.URL+"/2018-06-01/runtime/invocation/1/response", io.NopCloser(body))
	require.NoError(t, err)
	req.Header.Set("Lambda-Runtime-Function-Response-Mode", "streaming")
	req.Header.Set("Content-Type", "text/plain")
	if errorType != "" {
		req.Trailer = http.Header{"Lambda-Runtime-Function-Error-Type": {errorType}, "Lambda-Runtime-Function-Error-Body": {errorBody}}
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	resp.Body.Close()
	return resp
}

// inFlight is a Runtime API whose bootstrap has the invocation 1 and is to answer.
func inFlight(t *testing.T, opts Options) (*api, *invocation, *httptest.Server) {
	t.Helper()
	a := newAPI()
	inv := &invocation{id: "1", opts: opts, deadline: time.Unix(0, 0), done: make(chan struct{})}
	a.offer(inv)
	server := httptest.NewServer(a.handler())
	t.Cleanup(server.Close)
	resp, err := http.Get(server.URL + "/2018-06-01/runtime/invocation/next")
	require.NoError(t, err)
	resp.Body.Close()
	return a, inv, server
}

func TestStreamGoesToWhoAskedForItAsItComes(t *testing.T) {
	got, gave := io.Pipe()
	var contentType string
	_, inv, server := inFlight(t, Options{Stream: func(kind string) io.Writer { contentType = kind; return gave }})
	sent, send := io.Pipe()
	answered := make(chan int, 1)
	go func() { answered <- postStream(t, server, sent, "", "").StatusCode }()
	for _, chunk := range []string{"one", "two"} { // the second is sent when the first has arrived
		_, err := io.WriteString(send, chunk)
		require.NoError(t, err)
		text := make([]byte, len(chunk))
		_, err = io.ReadFull(got, text)
		require.NoError(t, err)
		assert.Equal(t, chunk, string(text))
	}
	send.Close()
	assert.Equal(t, http.StatusAccepted, <-answered)
	assert.Equal(t, "text/plain", contentType)
	assert.Equal(t, Result{Streamed: true}, inv.result)
}

func TestErrorInTheTrailersEndsTheStream(t *testing.T) {
	for body, want := range map[string]string{
		base64.StdEncoding.EncodeToString([]byte(`{"errorMessage":"late"}`)): `{"errorMessage":"late"}`,
		"%": "an error that cannot be read",
	} {
		var stream bytes.Buffer
		_, inv, server := inFlight(t, Options{Stream: func(string) io.Writer { return &stream }})
		postStream(t, server, strings.NewReader("half"), "Function.Oops", body)
		assert.Equal(t, "half", stream.String())
		assert.True(t, inv.result.FunctionError && inv.result.Streamed)
		assert.Contains(t, string(inv.result.Payload), want)
	}
}

func TestStreamThatNobodyAskedForIsAPayload(t *testing.T) {
	_, inv, server := inFlight(t, Options{})
	postStream(t, server, strings.NewReader("whole"), "", "")
	assert.Equal(t, Result{Payload: []byte("whole")}, inv.result)
}

func TestReaderThatIsGoneDoesNotEndTheAnswer(t *testing.T) {
	gone, w := io.Pipe()
	gone.Close()
	_, inv, server := inFlight(t, Options{Stream: func(string) io.Writer { return w }})
	assert.Equal(t, http.StatusAccepted, postStream(t, server, strings.NewReader("nobody reads"), "", "").StatusCode)
	assert.Equal(t, Result{Streamed: true}, inv.result)
}

// telling is a log that tells when a text has been written.
type telling struct {
	text string
	told chan struct{}
	log  bytes.Buffer
}

func (w *telling) Write(p []byte) (int, error) {
	before := strings.Contains(w.log.String(), w.text)
	w.log.Write(p)
	if !before && strings.Contains(w.log.String(), w.text) {
		close(w.told)
	}
	return len(p), nil
}

func TestEarlyBootstrapStartsBeforeTheFirstEvent(t *testing.T) {
	log := &telling{text: "register: ", told: make(chan struct{})}
	l := &lab{kind: BuiltIn}
	e := l.start(t, func(cfg *Config) {
		cfg.Early, cfg.Log, cfg.Env = true, log, map[string]string{"INIT": "extension"}
	})
	<-log.told
	assert.Equal(t, `{"n":1}`, string(invoke(t, e, map[string]int{"n": 1}).Payload))
}
