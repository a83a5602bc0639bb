package runtimeapi

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/runtimeapi/runtimeapitest"
)

// rig is a client and the API that it speaks to.
type rig struct {
	t   *testing.T
	api *runtimeapitest.Server
	*Client

	mu  sync.Mutex
	log []string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	checkLeaks(t)
	api, err := runtimeapitest.Start()
	require.NoError(t, err)
	t.Cleanup(api.Close)
	r := &rig{t: t, api: api}
	r.Client = newClient(t, api.Addr(), func(_, text string) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.log = append(r.log, text)
	})
	return r
}

func newClient(t *testing.T, addr string, log func(requestID, text string)) *Client {
	t.Helper()
	c, err := New(addr, log)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// logged gives what the client has told a person.
func (r *rig) logged() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.log...)
}

// run runs the loop until the API ends it with 410.
func (r *rig) run(h Handler) error {
	r.t.Helper()
	r.api.End(410)
	ctx, cancel := context.WithTimeout(r.t.Context(), 30*time.Second)
	defer cancel()
	return Run(ctx, r.Client, h)
}

// runToEnd fails the test unless the loop goes on until the API has no more events.
func (r *rig) runToEnd(h Handler) {
	r.t.Helper()
	var end *StatusError
	require.ErrorAs(r.t, r.run(h), &end)
	require.Equal(r.t, "next", end.Call)
	require.Equal(r.t, 410, end.Status)
}

// names gives the calls so far, without those for the next event.
func (r *rig) names() (names []string) {
	for _, c := range r.api.Calls() {
		if c.Name != "next" {
			names = append(names, c.Name)
		}
	}
	return names
}

type handlerFunc func(ctx context.Context, inv *Invocation) ([]byte, error)

func (f handlerFunc) Invoke(ctx context.Context, inv *Invocation) ([]byte, error) { return f(ctx, inv) }

// echo answers with the event.
var echo = handlerFunc(func(_ context.Context, inv *Invocation) ([]byte, error) { return inv.Event, nil })

// failing answers with an error.
func failing(err error) Handler {
	return handlerFunc(func(context.Context, *Invocation) ([]byte, error) { return nil, err })
}

var errPlain = errors.New("no reason")

func checkLeaks(t *testing.T) {
	t.Helper()
	count := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		require.NoError(t, err)
		return len(entries)
	}
	fds, goroutines := count(), runtime.NumGoroutine()
	t.Cleanup(func() {
		// The server's side of a connection ends when it notices. The limit is a watchdog, not a wait.
		for began := time.Now(); time.Since(began) < 10*time.Second; {
			if runtime.NumGoroutine() <= goroutines && count() <= fds {
				return
			}
			runtime.Gosched()
		}
		stacks := make([]byte, 1<<20)
		assert.Fail(t, "goroutines or descriptors are left", "%d descriptors, %d before\n%s", count(), fds,
			stacks[:runtime.Stack(stacks, true)])
	})
}

func TestMain(m *testing.M) {
	if os.Getenv(insideEnv) != "" {
		if err := inside(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	// The first connection makes the runtime open what it keeps for good: not a leak of a test.
	api, err := runtimeapitest.Start()
	if err != nil {
		panic(err)
	}
	c, err := New(api.Addr(), func(string, string) {})
	if err != nil {
		panic(err)
	}
	if err := c.Connect(context.Background()); err != nil {
		panic(err)
	}
	c.Close()
	api.Close()
	os.Exit(m.Run())
}
