package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/runtimeapi/runtimeapitest"
)

// startMany runs bootstrap as on a managed instance.
func startMany(t *testing.T, script string, env ...string) *bootstrap {
	t.Helper()
	b := start(t, script, append([]string{"AWS_LAMBDA_MAX_CONCURRENCY=6"}, env...)...)
	b.api.Concurrent()
	return b
}

func (b *bootstrap) logs(text string) {
	b.t.Helper()
	require.Eventually(b.t, func() bool { return strings.Contains(b.log(), text) }, 30*time.Second, time.Millisecond)
}

func TestInvocationsOverlapInOneLumo(t *testing.T) {
	b := startMany(t, "ready", "LUMO_CHILDREN=1")
	var parked []<-chan runtimeapitest.Outcome
	for i := range 5 {
		parked = append(parked, b.api.Queue(runtimeapitest.Event{Body: fmt.Appendf(nil, "err parked %d; park", i)}))
		b.logs(fmt.Sprintf("parked %d", i))
	}
	b.answers("result 3 c; result 1 a; result 5 e; result 2 b; result 4 d; answer x", "x")
	for i, want := range []string{"a", "b", "c", "d", "e"} {
		o := <-parked[i]
		assert.Equal(t, "response", o.Call)
		assert.Equal(t, want, string(o.Body))
	}
	assert.Contains(t, b.log(), `"message":"parked 1"`, "the log is JSON")
}

func TestDeathOfOneLumoIsThatOfItsOwnInvocations(t *testing.T) {
	b := startMany(t, "ready", "LUMO_CHILDREN=2")
	first := b.api.Queue(runtimeapitest.Event{Body: []byte("err one; park")})
	b.logs("one")
	second := b.api.Queue(runtimeapitest.Event{Body: []byte("err two; park")})
	b.logs("two")
	third := b.api.Queue(runtimeapitest.Event{Body: []byte("err three; kill 9")}) // to the first lumo again
	for _, o := range []<-chan runtimeapitest.Outcome{first, third} {
		assert.Equal(t, "Runtime.ExitError", errorIn(t, <-o).header)
	}
	select {
	case o := <-second:
		require.Fail(t, "the other lumo's invocation has ended", "%s", o.Body)
	default:
	}
}

func TestDeadlineOfOneInvocationCostsNoOther(t *testing.T) {
	b := startMany(t, "ready", "LUMO_CHILDREN=1")
	other := b.api.Queue(runtimeapitest.Event{Body: []byte("err other; park")})
	b.logs("other")
	e := errorIn(t, b.invoke(runtimeapitest.Event{Body: []byte("park"), Timeout: 400 * time.Millisecond}))
	assert.Equal(t, "Runtime.Timedout", e.header)
	assert.Contains(t, e.Message, "goes on with the other invocations")
	b.answers("result 1 there; answer x", "x")
	assert.Equal(t, "there", string((<-other).Body))
}

func TestInitErrorOfManyLumosIsReportedOnce(t *testing.T) {
	b := startMany(t, `fault Runtime.HandlerNotFound {"errorMessage":"x"}`, "LUMO_CHILDREN=3")
	assert.Equal(t, exitInit, b.wait())
	calls := b.api.Calls()
	require.Len(t, calls, 1)
	assert.Equal(t, "init/error", calls[0].Name)
}

func TestConcurrencyThatMakesNoSense(t *testing.T) {
	for _, env := range []string{"AWS_LAMBDA_MAX_CONCURRENCY=many", "AWS_LAMBDA_MAX_CONCURRENCY=0", "LUMO_CHILDREN=none"} {
		b := startMany(t, "ready", env)
		assert.Equal(t, exitUsage, b.wait(), env)
		name, _, _ := strings.Cut(env, "=")
		assert.Contains(t, b.log(), name)
	}
}

func TestChildrenAndTheirMemory(t *testing.T) {
	for _, c := range []struct {
		limit, children string
		wantLimit, want int
	}{{"", "4", 0, 1}, {"3", "8", 3, 3}, {"64", "4", 64, 4}} {
		cfg, err := newConfig(map[string]string{"AWS_LAMBDA_RUNTIME_API": "x:1", "_HANDLER": "a/b", "LUMO_BIN": "/lumo",
			"AWS_LAMBDA_MAX_CONCURRENCY": c.limit, "LUMO_CHILDREN": c.children, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "4096"})
		require.NoError(t, err)
		assert.Equal(t, c.wantLimit, cfg.concurrency)
		assert.Equal(t, c.want, cfg.children)
		assert.Equal(t, heapFor(4096/c.want), cfg.heap)
	}
}
