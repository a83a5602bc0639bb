package lumoproc_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/lumoproc"
)

// startHanging runs a keeper whose second child says its number and stops before it is ready; it returns when that is so.
func startHanging(t *testing.T, patience time.Duration) *rig {
	t.Helper()
	flag := filepath.Join(t.TempDir(), "second")
	program := `[ -e ` + flag + ` ] && { rm ` + flag + `; echo hanging $$ >&2; kill -STOP $$; }; exec "$0" "$@"`
	r := start(t, "ready", func(cfg *lumoproc.Config) {
		cfg.Path, cfg.Args = "/bin/sh", append([]string{"-c", program, cfg.Path}, cfg.Args...)
		cfg.StartPatience = patience
	})
	r.answers("answer 1", "1")
	require.NoError(t, os.WriteFile(flag, nil, 0o600))
	_, err := r.ask("exit 1")
	var exit *lumoproc.ExitError
	require.ErrorAs(t, err, &exit)
	line := r.log.await(t, "hanging ")
	pid := pidOf(t, strings.TrimPrefix(line.Text, "hanging "))
	require.Eventually(t, func() bool { return stopped(t, pid) }, 30*time.Second, time.Millisecond)
	return r
}

func TestChildThatHangsWhileItStartsIsReplaced(t *testing.T) {
	r := startHanging(t, time.Nanosecond)
	for began := time.Now(); ; { // until five times what the first start took has passed
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		answer, err := r.Invoke(ctx, lumoproc.Invoke{Context: []byte("{}"), Event: []byte("answer 2"), Label: "2"})
		cancel()
		if err == nil {
			assert.Equal(t, "2", string(answer))
			return
		}
		var timeout *lumoproc.TimeoutError
		require.ErrorAs(t, err, &timeout)
		require.Less(t, time.Since(began), 30*time.Second, "it is not replaced") // a watchdog
	}
}

func TestChildThatStartsSlowlyIsLeftAlone(t *testing.T) {
	r := startHanging(t, time.Hour)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := r.Invoke(ctx, lumoproc.Invoke{Context: []byte("{}"), Event: []byte("answer 2"), Label: "2"})
	var timeout *lumoproc.TimeoutError
	require.ErrorAs(t, err, &timeout)
	line := r.log.await(t, "hanging ")
	pid := pidOf(t, strings.TrimPrefix(line.Text, "hanging "))
	require.True(t, alive(pid))
	require.NoError(t, syscall.Kill(pid, syscall.SIGCONT))
	r.answers("answer 3", "3")
}

func pidOf(t *testing.T, text string) int {
	t.Helper()
	pid, err := strconv.Atoi(text)
	require.NoError(t, err)
	return pid
}
