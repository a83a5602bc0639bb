package test

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// checked is what `lumo --selfcheck` has printed.
type checked struct {
	passed []string
	failed []string // with the reason
	whole  bool     // it came to its end
}

var selfcheckEnd = regexp.MustCompile(`^(all (\d+) checks passed|(\d+) of (\d+) checks failed)$`)

// selfcheck reads its lines. The last one must say what the others do.
func selfcheck(t *testing.T, out string) checked {
	t.Helper()
	var c checked
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		if name, ok := strings.CutPrefix(line, "ok "); ok {
			c.passed = append(c.passed, name)
		} else if name, ok := strings.CutPrefix(line, "not ok "); ok {
			c.failed = append(c.failed, name)
		} else if selfcheckEnd.MatchString(line) {
			c.whole = true
			want := fmt.Sprintf("all %d checks passed", len(c.passed))
			if len(c.failed) > 0 {
				want = fmt.Sprintf("%d of %d checks failed", len(c.failed), len(c.passed)+len(c.failed))
			}
			assert.Equal(t, want, line)
		} else {
			t.Errorf("lumo --selfcheck printed %q", line)
		}
	}
	return c
}

// names are the checks' names, without what is said behind them.
func names(checks []string) []string {
	var list []string
	for _, c := range checks {
		name, _, _ := strings.Cut(c, ": ")
		list = append(list, name)
	}
	return list
}

// status is how a command ended; 0 and a signal of 0 when well.
func status(t *testing.T, err error) (code int, signal syscall.Signal) {
	t.Helper()
	var exit *exec.ExitError
	if err == nil {
		return 0, 0
	}
	require.ErrorAs(t, err, &exit)
	if ws := exit.Sys().(syscall.WaitStatus); ws.Signaled() {
		return -1, ws.Signal()
	}
	return exit.ExitCode(), 0
}

func TestSelfcheckPasses(t *testing.T) {
	if !isolated(t) {
		return
	}
	nobodyKnows(t)
	out, err := exec.CommandContext(t.Context(), filepath.Join(layerDir, "lumo"), "--selfcheck").Output()
	assert.NoError(t, err)
	c := selfcheck(t, string(out))
	assert.True(t, c.whole)
	assert.Empty(t, c.failed)
	assert.Contains(t, string(out), "a name that cannot exist ENOTFOUND")
	for _, name := range []string{
		"getaddrinfo and getnameinfo, several at once in the thread pool",
		"TLS with verification, and refusal of who cannot be verified",
		"deep recursion in worker threads is a RangeError",
		"a child process, this executable again",
	} {
		assert.Contains(t, names(c.passed), name)
	}
}

// qemu is the program that runs another architecture's.
func qemu(t *testing.T, arch string) string {
	t.Helper()
	path, err := exec.LookPath(map[string]string{"arm64": "qemu-aarch64-static", "x86_64": "qemu-x86_64-static"}[arch])
	if err != nil {
		unavailable(t, "no qemu for %s (apt-get install qemu-user-static): %v", arch, err)
	}
	return path
}

// The other architecture's lumo, on an emulated processor, with this machine's kernel.
func TestSelfcheckPassesOnTheOtherArchitecture(t *testing.T) {
	if !isolated(t) {
		return
	}
	nobodyKnows(t)
	for arch := range machines {
		if arch == filepath.Base(layerDir) {
			continue
		}
		lumo := shipped(t, arch, "lumo")
		out, err := exec.CommandContext(t.Context(), qemu(t, arch), lumo, "--selfcheck").Output()
		c := selfcheck(t, string(out))
		assert.True(t, c.whole)
		if errors.Is(exec.Command(lumo, "-V").Run(), syscall.ENOEXEC) {
			// This kernel does not start such programs itself, so neither does the one that qemu runs.
			assert.Equal(t, []string{"a child process, this executable again: spawn ENOEXEC"}, c.failed)
			continue
		}
		assert.NoError(t, err)
		assert.Empty(t, c.failed)
	}
}

func TestSelfcheckFailsWithoutLoopback(t *testing.T) {
	if !isolated(t) {
		return
	}
	systemFile(t, "/etc/resolv.conf", resolverText(deadHost))
	cmd := exec.CommandContext(t.Context(), filepath.Join(layerDir, "lumo"), "--selfcheck")
	namespaces(t, cmd, syscall.CLONE_NEWNET) // loopback is there, and switched off
	out, err := cmd.Output()
	code, _ := status(t, err)
	assert.Equal(t, 1, code)
	c := selfcheck(t, string(out))
	assert.True(t, c.whole, "what fails does not keep the others from being run")
	assert.Equal(t, []string{
		"c-ares asks a name server on loopback",
		"TLS with verification, and refusal of who cannot be verified",
		"fetch from an HTTP server on loopback",
		"HTTP/2 over TLS",
	}, names(c.failed))
}

// A fault that ends the process ends this one: here the main thread's stack is smaller than V8 believes.
func TestSelfcheckIsEndedByACrash(t *testing.T) {
	if !isolated(t) {
		return
	}
	nobodyKnows(t)
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", `ulimit -c 0; ulimit -s 512; exec "$0" --selfcheck`, filepath.Join(layerDir, "lumo"))
	out, err := cmd.Output()
	_, signal := status(t, err)
	assert.Equal(t, syscall.SIGSEGV, signal)
	c := selfcheck(t, string(out))
	assert.False(t, c.whole)
	assert.Empty(t, c.failed)
	assert.Equal(t, "a worker waits in shared memory", c.passed[len(c.passed)-1], "the check before the one that crashed")
}
