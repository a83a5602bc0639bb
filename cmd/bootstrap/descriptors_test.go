package main

import (
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/test/procs"
)

func TestLumoDoesNotGetThePlatformsLogDescriptor(t *testing.T) {
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	defer w.Close()
	link, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(int(w.Fd())))
	require.NoError(t, err)

	api := newAPI(t)
	cmd := command(api, "ready", "_LAMBDA_TELEMETRY_LOG_FD=3")
	cmd.ExtraFiles = []*os.File{w} // number 3
	b := startCommand(t, api, cmd)
	b.answers("answer 1", "1")
	assert.Contains(t, procs.Descriptors(cmd.Process.Pid), link, "bootstrap has it")
	lumo := procs.Children(cmd.Process.Pid)
	require.Len(t, lumo, 1)
	assert.NotContains(t, procs.Descriptors(lumo[0]), link)
}
