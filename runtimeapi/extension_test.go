package runtimeapi

import (
	"context"
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/runtimeapi/runtimeapitest"
)

// called is true once there was a call of a name.
func called(name string) func([]runtimeapitest.Call) bool {
	return func(calls []runtimeapitest.Call) bool {
		for _, c := range calls {
			if c.Name == name {
				return true
			}
		}
		return false
	}
}

func TestExtensionAsksForNoEventsAndWaitsForItsFirst(t *testing.T) {
	r := newRig(t)
	ctx, cancel := context.WithCancel(t.Context())
	wait, err := r.RegisterExtension(ctx, "lumo-shutdown")
	require.NoError(t, err)
	require.NoError(t, r.api.Await(t.Context(), called("extension/event/next")))
	o := r.api.Queue(runtimeapitest.Event{Body: []byte("1")})
	r.runToEnd(echo)
	assert.Equal(t, "1", string((<-o).Body), "the loop is not held up")
	cancel()
	wait()
	register := r.api.Calls()[0]
	assert.Equal(t, "extension/register", register.Name)
	assert.Equal(t, "lumo-shutdown", register.Header.Get("Lambda-Extension-Name"))
	assert.Equal(t, `{"events":[]}`, string(register.Body))
	assert.Empty(t, r.logged())
}

func TestExtensionIsRefusedAfterTheFirstNext(t *testing.T) {
	r := newRig(t)
	r.runToEnd(echo)
	_, err := r.RegisterExtension(t.Context(), "late")
	var refused *StatusError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, 403, refused.Status)
}

func TestExtensionWhoseWaitEndsIsLogged(t *testing.T) {
	for name, end := range map[string]func(*rig){
		"by a status":  func(r *rig) { r.api.Refuse("extension/event/next", 500, 1) },
		"by an answer": func(r *rig) { r.api.Refuse("extension/event/next", 200, 1) },
		"by the end of the connection": func(r *rig) {
			for range 2 {
				r.api.Hijack("extension/event/next", func(c net.Conn) {
					_, _ = io.WriteString(c, "HTTP/1.1 2")
					_ = c.Close()
				})
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			end(r)
			wait, err := r.RegisterExtension(t.Context(), "x")
			require.NoError(t, err)
			wait()
			require.Len(t, r.logged(), 1)
			assert.Contains(t, r.logged()[0], "without notice")
		})
	}
}
