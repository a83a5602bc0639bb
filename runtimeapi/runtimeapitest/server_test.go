package runtimeapitest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rig speaks to a server as a runtime does, with net/http.
type rig struct {
	*Server
	t *testing.T
}

func newRig(t *testing.T) rig {
	t.Helper()
	s, err := Start()
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return rig{s, t}
}

func (r rig) send(method, path string, body []byte, header ...string) (status int, h http.Header, text string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, "http://"+r.Addr()+"/2018-06-01/runtime"+path, bytes.NewReader(body))
	require.NoError(r.t, err)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(r.t, err)
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	require.NoError(r.t, err)
	return resp.StatusCode, resp.Header, string(got)
}

func (r rig) expect(status int, method, path string, body []byte, header ...string) {
	r.t.Helper()
	got, _, text := r.send(method, path, body, header...)
	require.Equal(r.t, status, got, "%s %s: %s", method, path, text)
}

func TestEventComesAgainUntilItIsAnswered(t *testing.T) {
	r := newRig(t)
	first, second := r.Queue(Event{RequestID: "a", Body: []byte("1")}), r.Queue(Event{RequestID: "b", Body: []byte("2")})
	for range 3 {
		status, h, body := r.send("GET", "/invocation/next", nil)
		assert.Equal(t, 200, status)
		assert.Equal(t, "a", h.Get("Lambda-Runtime-Aws-Request-Id"))
		assert.Equal(t, "1", body)
	}
	r.expect(202, "POST", "/invocation/a/response", []byte("answer"))
	o := <-first
	assert.Equal(t, []string{"a", "response", "answer"}, []string{o.RequestID, o.Call, string(o.Body)})
	r.expect(200, "GET", "/invocation/next", nil)
	r.expect(202, "POST", "/invocation/b/error", []byte("{}"))
	assert.Equal(t, "error", (<-second).Call)
}

func TestPostsThatAreRefused(t *testing.T) {
	r := newRig(t)
	o := r.Queue(Event{RequestID: "a", Header: http.Header{"Lambda-Runtime-Invocation-Id": {"i"}}})
	r.expect(400, "POST", "/invocation/a/response", nil) // nobody has asked for it
	r.expect(200, "GET", "/invocation/next", nil)
	r.expect(400, "POST", "/invocation/b/response", nil)
	r.expect(410, "POST", "/invocation/a/response", nil)
	r.expect(410, "POST", "/invocation/a/error", nil, "Lambda-Runtime-Invocation-Id", "j")
	r.expect(405, "GET", "/invocation/a/response", nil)
	r.expect(405, "POST", "/invocation/next", nil)
	r.expect(404, "GET", "/restore/next", nil)
	r.expect(403, "POST", "/init/error", nil)
	r.expect(202, "POST", "/invocation/a/response", nil, "Lambda-Runtime-Invocation-Id", "i")
	r.expect(403, "POST", "/invocation/a/response", nil, "Lambda-Runtime-Invocation-Id", "i")
	assert.Equal(t, "response", (<-o).Call)
}

func TestResponseOverTheLimitEndsTheEvent(t *testing.T) {
	r := newRig(t)
	o := r.Queue(Event{RequestID: "a"})
	r.expect(200, "GET", "/invocation/next", nil)
	r.expect(413, "POST", "/invocation/a/error", make([]byte, MaxResponse+1))
	r.expect(413, "POST", "/invocation/a/response", make([]byte, MaxResponse+1))
	r.expect(403, "POST", "/invocation/a/error", nil)
	assert.Equal(t, "too large", (<-o).Call)
}

func TestExpiredEventTakesNoAnswer(t *testing.T) {
	r := newRig(t)
	o := r.Queue(Event{RequestID: "a"})
	r.expect(200, "GET", "/invocation/next", nil)
	r.Expire()
	assert.Equal(t, "expired", (<-o).Call)
	r.expect(410, "POST", "/invocation/a/response", nil)
}

func TestInitErrorIsTheLastCall(t *testing.T) {
	r := newRig(t)
	r.expect(202, "POST", "/init/error", []byte("{}"))
	r.expect(403, "GET", "/invocation/next", nil)
}

func TestRefusalsAndTheEndComeAsOrdered(t *testing.T) {
	r := newRig(t)
	r.Refuse("next", 500, 2)
	r.End(410)
	for _, want := range []int{500, 500, 410, 410} {
		r.expect(want, "GET", "/invocation/next", nil)
	}
	require.NoError(t, r.Await(t.Context(), func(calls []Call) bool { return len(calls) == 4 }))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, r.Await(ctx, func([]Call) bool { return false }), context.Canceled)
}

func TestCloseEndsWhatWaits(t *testing.T) {
	r := newRig(t)
	current, queued := r.Queue(Event{}), r.Queue(Event{})
	r.expect(200, "GET", "/invocation/next", nil)
	r.Close()
	assert.Equal(t, "closed", (<-current).Call)
	assert.Equal(t, "closed", (<-queued).Call)
	assert.Equal(t, "closed", (<-r.Queue(Event{})).Call)
}

func TestHeadersOverALimitAreRefused(t *testing.T) {
	r := newRig(t)
	status, _, _ := r.send("POST", "/init/error", nil, "X", strings.Repeat("x", MaxHeader+8192))
	assert.Equal(t, http.StatusRequestHeaderFieldsTooLarge, status)
}

func TestRuntimeThatAsksIsUp(t *testing.T) {
	r := newRig(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, r.AwaitNext(ctx), context.Canceled, "nobody has asked")
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		r.send("GET", "/invocation/next", nil)
	}()
	require.NoError(t, r.AwaitNext(t.Context()))
	r.Queue(Event{RequestID: "a"})
	<-asked
	require.ErrorIs(t, r.AwaitNext(ctx), context.Canceled, "it has an event")
}

func TestRuntimeThatCannotStartIsNotWaitedFor(t *testing.T) {
	r := newRig(t)
	r.expect(202, "POST", "/init/error", []byte("no such file"))
	assert.ErrorContains(t, r.AwaitNext(t.Context()), "no such file")
}
