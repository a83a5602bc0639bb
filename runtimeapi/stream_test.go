package runtimeapi

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/runtimeapi/runtimeapitest"
)

// streaming answers with parts, and then ends as err says.
func streaming(err error, parts ...string) Handler {
	return handlerFunc(func(ctx context.Context, inv *Invocation) ([]byte, error) {
		w, openErr := inv.Stream(ctx, "text/plain")
		for _, part := range parts {
			if openErr == nil {
				_, openErr = io.WriteString(w, part)
			}
		}
		return nil, errors.Join(openErr, err)
	})
}

func TestStreamedAnswer(t *testing.T) {
	r := newRig(t)
	o := r.api.Queue(runtimeapitest.Event{Header: http.Header{"Lambda-Runtime-Invocation-Id": {"attempt-1"}}})
	long := strings.Repeat("x", 7<<20)
	r.runToEnd(streaming(nil, "one ", "", "two", long))
	got := <-o
	require.Equal(t, "response", got.Call)
	assert.True(t, string(got.Body) == "one two"+long, "%d bytes came", len(got.Body))
	assert.Equal(t, "text/plain", got.Header.Get("Content-Type"))
	assert.Equal(t, "streaming", got.Header.Get("Lambda-Runtime-Function-Response-Mode"))
	assert.Equal(t, "attempt-1", got.Header.Get("Lambda-Runtime-Invocation-Id"))
	assert.Empty(t, got.Header.Get("Content-Length"))
	assert.Equal(t, http.Header{headerErrorType: nil, headerErrorBody: nil}, got.Trailer, "declared, and empty")
}

// As the handler's context does that has a time-out, and is cancelled by the one who made it.
func TestContextThatEndsWithTheHandlerCutsNothingOff(t *testing.T) {
	r := newRig(t)
	var outcomes []<-chan runtimeapitest.Outcome
	for range 100 {
		outcomes = append(outcomes, r.api.Queue(runtimeapitest.Event{}))
	}
	r.runToEnd(handlerFunc(func(ctx context.Context, inv *Invocation) ([]byte, error) {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		w, err := inv.Stream(ctx, "text/plain")
		if err == nil {
			_, err = io.WriteString(w, "all of it")
		}
		return nil, err
	}))
	for _, o := range outcomes {
		got := <-o
		require.Equal(t, "response", got.Call)
		require.Equal(t, "all of it", string(got.Body))
	}
}

func TestErrorDuringAStreamIsInItsTrailers(t *testing.T) {
	for name, message := range map[string]string{
		"short": "no", "long": strings.Repeat("long \"\n", 100_000), "not ASCII": strings.Repeat("é😀\x01", 5000),
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			o := r.api.Queue(runtimeapitest.Event{})
			r.runToEnd(streaming(NewReport("my.ns/Oops", message, "a frame"), "one"))
			got := <-o
			require.Equal(t, "response", got.Call)
			assert.Equal(t, "one", string(got.Body))
			assert.Equal(t, "Function.Oops", got.Trailer.Get(headerErrorType))
			text, err := base64.StdEncoding.DecodeString(got.Trailer.Get(headerErrorBody))
			require.NoError(t, err)
			var body struct{ ErrorType, ErrorMessage string }
			require.NoError(t, json.Unmarshal(text, &body), "%s", text)
			assert.Equal(t, "my.ns/Oops", body.ErrorType)
			assert.True(t, strings.HasPrefix(message, strings.TrimSuffix(body.ErrorMessage, "… (cut)")), body.ErrorMessage)
			assert.GreaterOrEqual(t, len(body.ErrorMessage), min(len(message), 200))
		})
	}
}

func TestWhatTheAPISaysToAStream(t *testing.T) {
	for status, want := range map[int]string{
		202: "response", 403: "response", 410: "response", 413: "response", 400: "response error",
	} {
		r := newRig(t)
		if status != 202 {
			r.api.Refuse("response", status, 1)
		}
		r.api.Queue(runtimeapitest.Event{})
		h := streaming(nil, "one")
		inv, err := r.next(t.Context())
		require.NoError(t, err)
		require.NoError(t, handle(t.Context(), r.Client, h, inv), status)
		assert.Equal(t, want, strings.Join(r.names(), " "), status)
	}
	r := newRig(t)
	r.api.Refuse("response", 500, 1)
	r.api.Queue(runtimeapitest.Event{})
	var fatal *StatusError
	require.ErrorAs(t, r.run(streaming(nil, "one")), &fatal)
	assert.Equal(t, 500, fatal.Status)
}

// The API answers after the head, and reads no more.
func TestRefusalBeforeTheEndOfAStream(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = http.ReadRequest(bufio.NewReader(c))
		_, _ = io.WriteString(c, "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n")
		_, _ = c.Read(make([]byte, 1)) // and no more, until the other side closes
		t.Cleanup(func() { _ = c.Close() })
	}()
	c := newClient(t, l.Addr().String(), func(string, string) {})
	var written error
	endless := handlerFunc(func(ctx context.Context, inv *Invocation) ([]byte, error) {
		w, err := inv.Stream(ctx, "x")
		for err == nil {
			_, err = w.Write(make([]byte, 1<<20))
		}
		written = err
		return nil, err
	})
	require.NoError(t, handle(t.Context(), c, endless, &Invocation{RequestID: "id"}))
	require.Error(t, written)
}

func TestConnectionThatBreaksDuringAStreamIsAnError(t *testing.T) {
	r := newRig(t)
	o := r.api.Queue(runtimeapitest.Event{Read: func(body io.Reader) error {
		_, _ = body.Read(make([]byte, 1))
		return errors.New("enough")
	}})
	r.runToEnd(streaming(nil, "one", strings.Repeat("x", 8<<20)))
	got := <-o
	require.Equal(t, "error", got.Call)
	assert.Contains(t, string(got.Body), "Runtime.ResponseRejected")
}

// The reader reads nothing and the invocation's time is over: the error is posted, and the loop goes on.
func TestReaderThatIsStuckHoldsUpNothingButItsStream(t *testing.T) {
	r := newRig(t)
	done := make(chan struct{})
	o := r.api.Queue(runtimeapitest.Event{Read: func(io.Reader) error { <-done; return errors.New("stuck") }})
	written := 0
	r.runToEnd(handlerFunc(func(ctx context.Context, inv *Invocation) ([]byte, error) {
		ctx, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
		w, err := inv.Stream(ctx, "x")
		for err == nil {
			var n int
			n, err = w.Write(make([]byte, 64<<10))
			written += n
		}
		return nil, NewReport("Runtime.Timedout", "late")
	}))
	close(done)
	got := <-o
	require.Equal(t, "error", got.Call)
	assert.Contains(t, string(got.Body), "Runtime.Timedout")
	assert.Less(t, written, 16<<20, "what the kernel's buffers took")
}
