package main

import (
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/runtimeapi/runtimeapitest"
	"github.com/lumo-lambda/lumo-lambda/test/procs"
)

const snapStart = "AWS_LAMBDA_INITIALIZATION_TYPE=snap-start"

func startSnapshot(t *testing.T, script string) *bootstrap {
	t.Helper()
	api := newAPI(t)
	api.SnapStart()
	return startAt(t, api, filepath.Join(built, "bootstrap"), script, snapStart)
}

func TestEventsAreAskedForAfterTheRestore(t *testing.T) {
	b := startSnapshot(t, "ready")
	outcome := b.api.Queue(runtimeapitest.Event{Body: []byte("answer 1")})
	b.await("restore/next")
	assert.NotContains(t, b.names(), "next")
	b.api.Restore()
	assert.Equal(t, "1", string((<-outcome).Body))
	assert.Equal(t, []string{"restore/next", "next", "response"}, b.names()[:3])
}

func TestRestoreIsAskedForBySnapStartAlone(t *testing.T) {
	for _, kind := range []string{"on-demand", "provisioned-concurrency", ""} {
		b := start(t, "ready", "AWS_LAMBDA_INITIALIZATION_TYPE="+kind)
		b.answers("answer 1", "1")
		assert.Equal(t, "next", b.names()[0], kind)
	}
}

func TestFailureBeforeTheSnapshotIsStatus64(t *testing.T) {
	b := start(t, "ready", snapStart) // at an API that does not know the call
	assert.Equal(t, exitBeforeSnapshot, b.wait())
	assert.Equal(t, []string{"/restore/next", "init/error"}, b.names())
	assert.Contains(t, b.log(), "restore/next: the runtime API answered 404")
}

func TestLumoThatDoesNotSurviveTheRestoreIsStatus65(t *testing.T) {
	b := startSnapshot(t, "err up; ready")
	b.await("restore/next")
	for _, pid := range procs.Children(b.cmd.Process.Pid) {
		require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	}
	require.Eventually(t, func() bool { return len(procs.Children(b.cmd.Process.Pid)) == 0 }, watchdog, tick)
	b.api.Restore()
	assert.Equal(t, exitAfterRestore, b.wait())
	b.await("restore/error")
	calls := b.api.Calls()
	last := calls[len(calls)-1]
	assert.Equal(t, "Runtime.AfterRestoreError", last.Header.Get("Lambda-Runtime-Function-Error-Type"))
	assert.Contains(t, string(last.Body), "was killed by signal 9")
}

func TestSignalDuringTheSnapshotEndsBootstrap(t *testing.T) {
	b := startSnapshot(t, "ready")
	b.await("restore/next")
	lumo := procs.Children(b.cmd.Process.Pid)
	require.Len(t, lumo, 1)
	require.NoError(t, b.cmd.Process.Signal(syscall.SIGTERM))
	assert.Equal(t, exitOK, b.wait())
	assert.NoFileExists(t, "/proc/"+strconv.Itoa(lumo[0])+"/stat")
}
