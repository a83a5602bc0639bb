package runtimeapi

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRestoreIsWaitedFor(t *testing.T) {
	r := newRig(t)
	r.api.SnapStart()
	restored := make(chan error, 1)
	go func() { restored <- r.AwaitRestore(t.Context()) }()
	require.NoError(t, r.api.Await(t.Context(), called("restore/next")))
	assert.Empty(t, restored, "it returned before the restore")
	r.api.Restore()
	assert.NoError(t, <-restored)
}

func TestRestoreEndsWithTheContext(t *testing.T) {
	r := newRig(t)
	r.api.SnapStart()
	ctx, cancel := context.WithCancel(t.Context())
	restored := make(chan error, 1)
	go func() { restored <- r.AwaitRestore(ctx) }()
	require.NoError(t, r.api.Await(t.Context(), called("restore/next")))
	cancel()
	assert.ErrorIs(t, <-restored, context.Canceled)
}

func TestRestoreThatIsRefused(t *testing.T) {
	r := newRig(t) // without SnapStart the path does not exist
	var refused *StatusError
	require.ErrorAs(t, r.AwaitRestore(t.Context()), &refused)
	assert.Equal(t, 404, refused.Status)
}

func TestRestoreErrorIsPosted(t *testing.T) {
	r := newRig(t)
	r.api.SnapStart()
	require.NoError(t, r.RestoreError(t.Context(), NewReport("Runtime.AfterRestoreError", "gone")))
	calls := r.api.Calls()
	require.Len(t, calls, 1)
	assert.Equal(t, "restore/error", calls[0].Name)
	assert.Equal(t, "Runtime.AfterRestoreError", calls[0].Header.Get("Lambda-Runtime-Function-Error-Type"))
	assert.Contains(t, string(calls[0].Body), `"errorMessage":"gone"`)
}
