package main

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/runtimeapi/runtimeapitest"
)

// names gives the calls that the API has had, in order.
func (b *bootstrap) names() (names []string) {
	for _, c := range b.api.Calls() {
		names = append(names, c.Name)
	}
	return names
}

func (b *bootstrap) await(name string) {
	b.t.Helper()
	require.NoError(b.t, b.api.Await(b.t.Context(), func(calls []runtimeapitest.Call) bool {
		for _, c := range calls {
			if c.Name == name {
				return true
			}
		}
		return false
	}))
}

func TestFunctionThatListensForTheEndIsToldOfIt(t *testing.T) {
	b := start(t, "listen closing the books; ready")
	b.answers("answer 1", "1")
	b.await("extension/event/next")
	require.NoError(t, b.cmd.Process.Signal(syscall.SIGTERM))
	assert.Equal(t, exitOK, b.wait())
	assert.Contains(t, b.log(), "closing the books")
	assert.Equal(t, "extension/register", b.names()[0], "before the first event is asked for")
}

func TestFunctionThatDoesNotListenCostsNoRegistration(t *testing.T) {
	b := start(t, "ready")
	b.answers("answer 1", "1")
	for _, name := range b.names() {
		assert.NotContains(t, name, "extension")
	}
}

func TestFunctionIsServedThoughItsRegistrationIsRefused(t *testing.T) {
	api := newAPI(t)
	api.Refuse("extension/register", 403, 1)
	b := startAt(t, api, filepath.Join(built, "bootstrap"), "listen bye; ready")
	b.answers("answer 1", "1")
	assert.Contains(t, b.log(), "WARN\tThe end of the sandbox will come without notice")
}
