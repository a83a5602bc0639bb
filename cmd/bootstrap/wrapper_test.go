package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wrapper writes a wrapper script and gives its variable.
func wrapper(t *testing.T, script string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "wrapper")
	require.NoError(t, os.WriteFile(path, []byte(script), mode))
	return "AWS_LAMBDA_EXEC_WRAPPER=" + path
}

func TestWrapperRunsOnceAndItsEnvironmentReachesLumo(t *testing.T) {
	b := start(t, "ready", wrapper(t, `#!/bin/sh
echo "wrapping $# arguments, the first is $(basename "$1")" >&2
export ADDED=yes NODE_OPTIONS="--no-warnings $NODE_OPTIONS"
exec "$@"
`, 0o700))
	b.answers("env ADDED", "true yes")
	b.answers("env NODE_OPTIONS", "true --inspect-port=127.0.0.1:0 --inspect-publish-uid=stderr --no-warnings")
	b.answers("env LUMO_EXEC_WRAPPED", "false ")
	assert.Equal(t, "wrapping 1 arguments, the first is bootstrap\n", b.log(), "once")
}

func TestWrapperThatCannotRunIsAnInitError(t *testing.T) {
	for name, env := range map[string]string{
		"missing":        "AWS_LAMBDA_EXEC_WRAPPER=/no/such/wrapper",
		"not executable": wrapper(t, "#!/bin/sh\n", 0o600),
	} {
		t.Run(name, func(t *testing.T) {
			b := start(t, "err started; ready", env)
			assert.Equal(t, exitInit, b.wait())
			calls := b.api.Calls()
			require.Len(t, calls, 1)
			assert.Equal(t, "init/error", calls[0].Name)
			assert.Equal(t, "Runtime.InvalidEntrypoint", calls[0].Header.Get("Lambda-Runtime-Function-Error-Type"))
			assert.Contains(t, string(calls[0].Body), "AWS_LAMBDA_EXEC_WRAPPER")
			assert.NotContains(t, b.log(), "started", "lumo")
		})
	}
}
