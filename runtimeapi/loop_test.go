package runtimeapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

func TestEventsAreAnsweredInOrder(t *testing.T) {
	r := newRig(t)
	var outcomes []<-chan runtimeapitest.Outcome
	for i := range 20 {
		outcomes = append(outcomes, r.api.Queue(runtimeapitest.Event{Body: fmt.Append(nil, i)}))
	}
	r.runToEnd(echo)
	for i, o := range outcomes {
		got := <-o
		assert.Equal(t, "response", got.Call)
		assert.Equal(t, fmt.Sprint(i), string(got.Body))
	}
}

func TestInvocationCarriesWhatTheAPISays(t *testing.T) {
	r := newRig(t)
	o := r.api.Queue(runtimeapitest.Event{RequestID: "id-1", Body: []byte(`{"a":1}`), Header: http.Header{
		"Lambda-Runtime-Deadline-Ms":          {"1767225600123"},
		"Lambda-Runtime-Invoked-Function-Arn": {"arn:x"},
		"Lambda-Runtime-Trace-Id":             {"Root=1-2-3;Sampled=1"},
		"Lambda-Runtime-Client-Context":       {`{"custom":{"k":"é"}}`},
		"Lambda-Runtime-Cognito-Identity":     {`{"cognitoIdentityId":"c"}`},
		"Lambda-Runtime-Aws-Tenant-Id":        {"tenant"},
		"Lambda-Runtime-Invocation-Id":        {"attempt-1"},
	}})
	var got Invocation
	r.runToEnd(handlerFunc(func(_ context.Context, inv *Invocation) ([]byte, error) {
		got = *inv
		got.client = nil
		return []byte("null"), nil
	}))
	assert.Equal(t, Invocation{
		RequestID:          "id-1",
		Deadline:           time.UnixMilli(1767225600123),
		InvokedFunctionARN: "arn:x",
		TraceID:            "Root=1-2-3;Sampled=1",
		ClientContext:      `{"custom":{"k":"é"}}`,
		CognitoIdentity:    `{"cognitoIdentityId":"c"}`,
		TenantID:           "tenant",
		Event:              []byte(`{"a":1}`),
		id:                 "attempt-1",
	}, got)
	assert.Equal(t, "attempt-1", (<-o).Header.Get("Lambda-Runtime-Invocation-Id"))
}

func TestInvocationIDIsEchoedOnlyWhereItCame(t *testing.T) {
	r := newRig(t)
	with := runtimeapitest.Event{Header: http.Header{"Lambda-Runtime-Invocation-Id": {"attempt"}}}
	for _, h := range []Handler{echo, failing(errPlain)} {
		a, b := r.api.Queue(with), r.api.Queue(runtimeapitest.Event{})
		r.runToEnd(h)
		assert.Equal(t, []string{"attempt"}, (<-a).Header.Values("Lambda-Runtime-Invocation-Id"))
		assert.Empty(t, (<-b).Header.Values("Lambda-Runtime-Invocation-Id"))
	}
}

func TestHeadersThatAreMissingOrEmptyAreNoError(t *testing.T) {
	r := newRig(t)
	o := r.api.Queue(runtimeapitest.Event{Header: http.Header{
		"Lambda-Runtime-Deadline-Ms":          {""},
		"Lambda-Runtime-Invoked-Function-Arn": {""},
	}})
	r.runToEnd(handlerFunc(func(_ context.Context, inv *Invocation) ([]byte, error) {
		assert.True(t, inv.Deadline.IsZero())
		assert.Empty(t, inv.Event)
		return []byte("1"), nil
	}))
	assert.Equal(t, "response", (<-o).Call)
}

func TestDeadlineThatIsNoNumberFailsThatInvocationOnly(t *testing.T) {
	r := newRig(t)
	bad := r.api.Queue(runtimeapitest.Event{Header: http.Header{"Lambda-Runtime-Deadline-Ms": {"soon"}}})
	good := r.api.Queue(runtimeapitest.Event{Body: []byte("1")})
	r.runToEnd(echo)
	o := <-bad
	assert.Equal(t, "error", o.Call)
	assert.Contains(t, string(o.Body), `"errorType":"Runtime.LambdaContextUnmarshalError"`)
	assert.Equal(t, "response", (<-good).Call)
}

func TestResponseWithoutRequestIDEndsTheLoop(t *testing.T) {
	r := newRig(t)
	r.api.Hijack("next", func(c net.Conn) {
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
		_ = c.Close()
	})
	assert.ErrorContains(t, r.run(echo), "no Lambda-Runtime-Aws-Request-Id")
}

func TestHandlersErrorIsReported(t *testing.T) {
	r := newRig(t)
	o := r.api.Queue(runtimeapitest.Event{})
	r.runToEnd(failing(fmt.Errorf("wrapped: %w", NewReport("Function.ExceptionInfo", "No item λ", "a (b.cljs:1:2)"))))
	got := <-o
	assert.Equal(t, "error", got.Call)
	assert.Equal(t, "Function.ExceptionInfo", got.Header.Get("Lambda-Runtime-Function-Error-Type"))
	assert.Empty(t, got.Header.Values("Lambda-Runtime-Function-Xray-Error-Cause"))
	assert.JSONEq(t, `{"errorMessage":"No item λ","errorType":"Function.ExceptionInfo","stackTrace":["a (b.cljs:1:2)"]}`, string(got.Body))
}

func TestAnyErrorIsReported(t *testing.T) {
	r := newRig(t)
	o := r.api.Queue(runtimeapitest.Event{})
	r.runToEnd(failing(errPlain))
	assert.JSONEq(t, `{"errorMessage":"no reason","errorType":"Runtime.Unknown","stackTrace":[]}`, string((<-o).Body))
}

func TestResponseThatIsTooLargeIsLeftToLambda(t *testing.T) {
	r := newRig(t)
	largest := r.api.Queue(runtimeapitest.Event{Body: []byte("0")})
	over := r.api.Queue(runtimeapitest.Event{Body: []byte("1")})
	next := r.api.Queue(runtimeapitest.Event{Body: []byte("2")})
	r.runToEnd(handlerFunc(func(_ context.Context, inv *Invocation) ([]byte, error) {
		if string(inv.Event) == "2" {
			return nil, nil
		}
		return make([]byte, runtimeapitest.MaxResponse+int(inv.Event[0]-'0')), nil
	}))
	o := <-largest
	assert.Equal(t, "response", o.Call)
	assert.Len(t, o.Body, runtimeapitest.MaxResponse)
	assert.Equal(t, "too large", (<-over).Call)
	assert.Equal(t, "response", (<-next).Call)
	assert.NotContains(t, r.names(), "error")
}

func TestAnswerAfterTheTimeoutIsStaleAndTheLoopGoesOn(t *testing.T) {
	r := newRig(t)
	first := r.api.Queue(runtimeapitest.Event{Body: []byte("1")})
	second := r.api.Queue(runtimeapitest.Event{Body: []byte("2")})
	r.runToEnd(handlerFunc(func(_ context.Context, inv *Invocation) ([]byte, error) {
		if string(inv.Event) == "1" {
			r.api.Expire()
		}
		return inv.Event, nil
	}))
	assert.Equal(t, "expired", (<-first).Call)
	o := <-second
	assert.Equal(t, "2", string(o.Body))
	assert.Equal(t, []string{"response", "response"}, r.names())
	assert.Contains(t, r.logged()[0], "410")
}

// Every status for every call: what is posted after it, and whether the loop may go on.
func TestEveryStatusOfEveryCall(t *testing.T) {
	closed := func(call string, status int) bool {
		return status < 300 || status == 403 || status == 410 || status == 413 && call == "response"
	}
	for status := 200; status < 600; status++ {
		fatal := status >= 500
		check := func(call string, post func(*rig, *Invocation) error, then string) {
			t.Run(fmt.Sprintf("%s %d", call, status), func(t *testing.T) {
				r := newRig(t)
				inv := &Invocation{}
				if call != "init/error" {
					r.api.Queue(runtimeapitest.Event{})
					var err error
					inv, err = r.next(t.Context())
					require.NoError(t, err)
				}
				r.api.Refuse(call, status, 1)
				err := post(r, inv)
				want := []string{call}
				if !closed(call, status) && !fatal {
					want = append(want, then)
				}
				assert.Equal(t, want, r.names())
				if !fatal {
					require.NoError(t, err)
					return
				}
				var refused *StatusError
				require.ErrorAs(t, err, &refused)
				assert.Equal(t, status, refused.Status)
				assert.Equal(t, call, refused.Call)
			})
		}
		check("response", func(r *rig, inv *Invocation) error { return r.respond(t.Context(), inv, []byte("1")) }, "error")
		check("error", func(r *rig, inv *Invocation) error { return r.fail(t.Context(), inv, errPlain) }, "error")
		check("init/error", func(r *rig, _ *Invocation) error { return r.InitError(t.Context(), errPlain) }, "init/error")
		if status == 200 {
			continue // is an event
		}
		t.Run(fmt.Sprintf("next %d", status), func(t *testing.T) {
			r := newRig(t)
			r.api.Refuse("next", status, 1)
			var refused *StatusError
			require.ErrorAs(t, r.run(echo), &refused)
			assert.Equal(t, status, refused.Status)
		})
	}
}

type reporter struct{ r Report }

func (r reporter) Error() string  { return "reported" }
func (r reporter) Report() Report { return r.r }

func TestErrorThatIsRefusedIsSentInAShorterForm(t *testing.T) {
	r := newRig(t)
	report := Report{Type: "Function.X y", Body: []byte(`{"errorMessage":"long"}`), XRayCause: []byte("{\n\"a\":\"é😀\x7f\"}")}
	r.api.Refuse("error", 431, 1)
	r.api.Refuse("error", 413, 1)
	o := r.api.Queue(runtimeapitest.Event{})
	r.runToEnd(failing(reporter{report}))
	var errs []runtimeapitest.Call
	for _, c := range r.api.Calls() {
		if c.Name == "error" {
			errs = append(errs, c)
		}
	}
	require.Len(t, errs, 3)
	const xray = "Lambda-Runtime-Function-Xray-Error-Cause"
	assert.Equal(t, `{"a":"\u00e9\ud83d\ude00\u007f"}`, errs[0].Header.Get(xray))
	assert.Empty(t, errs[1].Header.Values(xray))
	assert.Equal(t, `{"errorMessage":"long"}`, string(errs[1].Body))
	assert.Contains(t, string((<-o).Body), "could not be reported")
	for _, e := range errs {
		assert.Equal(t, "Function.Xy", e.Header.Get("Lambda-Runtime-Function-Error-Type"))
	}
}

func TestErrorThatIsRefusedInEveryFormEndsTheLoop(t *testing.T) {
	r := newRig(t)
	r.api.Refuse("error", 400, 5)
	r.api.Queue(runtimeapitest.Event{})
	var refused *StatusError
	require.ErrorAs(t, r.run(failing(errPlain)), &refused)
	assert.Equal(t, "error", refused.Call)
	assert.Equal(t, []string{"error", "error"}, r.names())
}

func TestInitErrorIsPostedOnce(t *testing.T) {
	r := newRig(t)
	require.NoError(t, r.InitError(t.Context(), NewReport("Runtime.HandlerNotFound", "no such thing")))
	calls := r.api.Calls()
	require.Len(t, calls, 1)
	assert.Equal(t, "init/error", calls[0].Name)
	assert.Equal(t, "Runtime.HandlerNotFound", calls[0].Header.Get("Lambda-Runtime-Function-Error-Type"))
	assert.JSONEq(t, `{"errorMessage":"no such thing","errorType":"Runtime.HandlerNotFound","stackTrace":[]}`, string(calls[0].Body))
}

func TestEndOfTheContextEndsAWaitingLoop(t *testing.T) {
	r := newRig(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	o := r.api.Queue(runtimeapitest.Event{Body: []byte("1")})
	go func() { ended <- Run(ctx, r.Client, echo) }()
	<-o // so the loop is back at its wait, or about to be
	cancel()
	assert.ErrorIs(t, <-ended, context.Canceled)
}

func TestEndOfTheContextDuringAnInvocationPostsNothing(t *testing.T) {
	r := newRig(t)
	ctx, cancel := context.WithCancel(t.Context())
	r.api.Queue(runtimeapitest.Event{})
	err := Run(ctx, r.Client, handlerFunc(func(ctx context.Context, _ *Invocation) ([]byte, error) {
		cancel()
		return nil, ctx.Err()
	}))
	assert.ErrorIs(t, err, context.Canceled)
	assert.Empty(t, r.names())
}

func TestEventThatIsCutShortFailsThatInvocation(t *testing.T) {
	for name, body := range map[string]string{
		"by length": "Content-Length: 10\r\n\r\n{\"a\"",
		"by chunk":  "Transfer-Encoding: chunked\r\n\r\n4\r\n{\"a\"\r\n9\r\n:",
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			o := r.api.Queue(runtimeapitest.Event{RequestID: "cut"})
			inv, err := r.next(t.Context()) // makes the event the current one
			require.NoError(t, err)
			require.Equal(t, "cut", inv.RequestID)
			r.api.Hijack("next", func(c net.Conn) {
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: cut\r\n"+body)
				_ = c.Close()
			})
			r.runToEnd(echo)
			got := <-o
			assert.Equal(t, "error", got.Call)
			assert.Contains(t, string(got.Body), "Runtime.TruncatedEvent")
		})
	}
}

func ExampleRun() {
	api, err := runtimeapitest.Start()
	if err != nil {
		panic(err)
	}
	defer api.Close()
	outcome := api.Queue(runtimeapitest.Event{Body: []byte(`"hello"`)})
	api.End(410)

	c, err := New(api.Addr(), func(requestID, text string) { fmt.Println(requestID, text) })
	if err != nil {
		panic(err)
	}
	defer c.Close()
	err = Run(context.Background(), c, handlerFunc(func(_ context.Context, inv *Invocation) ([]byte, error) {
		return bytes.ToUpper(inv.Event), nil
	}))
	var end *StatusError
	fmt.Println(string((<-outcome).Body), errors.As(err, &end) && end.Status == 410)
	// Output: "HELLO" true
}

func TestReportsStayWithinTheLimit(t *testing.T) {
	long := strings.Repeat("é\x01", maxReport)
	for name, body := range map[string][]byte{
		"message":  errorBody{Message: long, Type: "T"}.encode(),
		"type":     errorBody{Type: long}.encode(),
		"stack":    errorBody{Message: "m", Type: "T", Stack: []string{"first", long, "third"}}.encode(),
		"frames":   errorBody{Message: "m", Type: "T", Stack: strings.SplitAfter(long, "é")}.encode(),
		"no JSON":  []byte(long),
		"an array": append(append([]byte(`["`), bytes.Repeat([]byte("x"), maxReport)...), `"]`...),
	} {
		got := fit("T", body, maxReport)
		assert.LessOrEqual(t, len(got), maxReport, name)
		var parts errorBody
		require.NoError(t, json.Unmarshal(got, &parts), name)
		assert.NotEmpty(t, parts.Type, name)
	}
	small := []byte(`{"errorMessage":"m","custom":true}`)
	assert.Equal(t, string(small), string(fit("T", small, maxReport)), "what fits is sent as it is")
	assert.JSONEq(t, `{"errorMessage":"Error: x","errorType":"T","stackTrace":[]}`, string(fit("T", []byte("Error: x"), maxReport)))
}
