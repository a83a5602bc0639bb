package lumoproc_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/lumoproc"
	"github.com/lumo-lambda/lumo-lambda/lumoproc/lumoproctest"
)

func TestMain(m *testing.M) {
	lumoproctest.Main()
	// The first child makes the runtime open what it keeps for good (the poller's descriptors): not a leak of a test.
	k := lumoproc.Start(config("ready", func(...lumoproc.Line) {}))
	_, err := k.Ready(context.Background())
	k.Close(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, "the fake child does not start:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// config runs this test binary as a child with a start script.
func config(script string, log func(...lumoproc.Line)) lumoproc.Config {
	return lumoproc.Config{
		Path: os.Args[0],
		Args: []string{"--lambda", "my-app.core/handler"},
		Env:  append(os.Environ(), lumoproctest.Env+"="+script, lumoproctest.RaceEnv),
		Log:  log,
	}
}

// journal is a log in memory.
type journal struct {
	mu      sync.Mutex
	lines   []lumoproc.Line
	changed chan struct{}
}

func newJournal() *journal { return &journal{changed: make(chan struct{})} }

func (j *journal) add(lines ...lumoproc.Line) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, lines...)
	close(j.changed)
	j.changed = make(chan struct{})
}

// texts gives the lines of one label.
func (j *journal) texts(label string) (texts []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, l := range j.lines {
		if l.Label == label {
			texts = append(texts, l.Text)
		}
	}
	return texts
}

// await returns a line that begins with prefix as soon as there is one.
func (j *journal) await(t *testing.T, prefix string) lumoproc.Line {
	t.Helper()
	for {
		j.mu.Lock()
		changed := j.changed
		for _, l := range j.lines {
			if strings.HasPrefix(l.Text, prefix) {
				j.mu.Unlock()
				return l
			}
		}
		j.mu.Unlock()
		select {
		case <-changed:
		case <-t.Context().Done():
			require.FailNow(t, "the test ended before a line came", "prefix %q", prefix)
		case <-time.After(30 * time.Second): // a watchdog, not a wait
			require.FailNow(t, "no such line was logged", "prefix %q", prefix)
		}
	}
}

// rig is a keeper under test and its log.
type rig struct {
	*lumoproc.Keeper
	t   *testing.T
	log *journal
}

// start runs a keeper of fake children. At the end of the test it is closed, and must have left nothing.
func start(t *testing.T, script string, change ...func(*lumoproc.Config)) *rig {
	t.Helper()
	checkLeaks(t)
	r := &rig{t: t, log: newJournal()}
	cfg := config(script, r.log.add)
	for _, f := range change {
		f(&cfg)
	}
	r.Keeper = lumoproc.Start(cfg)
	t.Cleanup(r.close)
	return r
}

// close gives the child ten seconds, which no test needs: those that want a short time say so.
func (r *rig) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	r.Close(ctx)
}

// ask gives the child a script as an event.
func (r *rig) ask(script string) (string, error) {
	r.t.Helper()
	answer, err := r.Invoke(r.t.Context(), lumoproc.Invoke{Context: []byte("{}"), Event: []byte(script), Label: script})
	return string(answer), err
}

// answers fails the test unless the child answers as asked.
func (r *rig) answers(script, want string) {
	r.t.Helper()
	got, err := r.ask(script)
	require.NoError(r.t, err)
	require.Equal(r.t, want, got)
}

func (r *rig) ready() lumoproc.Info {
	r.t.Helper()
	info, err := r.Ready(r.t.Context())
	require.NoError(r.t, err)
	return info
}

// checkLeaks compares goroutines and descriptors at the end of the test with those at its start.
func checkLeaks(t *testing.T) {
	t.Helper()
	fds, goroutines := descriptors(t), runtime.NumGoroutine()
	t.Cleanup(func() {
		gone := func() bool {
			// A goroutine that has said that it is done needs a moment to be gone. The limit is a watchdog, not a wait.
			for began := time.Now(); time.Since(began) < 10*time.Second; {
				if runtime.NumGoroutine() <= goroutines {
					return true
				}
				runtime.Gosched()
			}
			return false
		}
		if !gone() {
			stacks := make([]byte, 1<<20)
			assert.Fail(t, "goroutines are left", "%s", stacks[:runtime.Stack(stacks, true)])
		}
		assert.Equal(t, fds, descriptors(t), "descriptors are left")
	})
}

func descriptors(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	var list []string
	for _, e := range entries {
		target, err := os.Readlink("/proc/self/fd/" + e.Name())
		if err == nil && !strings.HasPrefix(target, "/proc/") { // else it is the folder being read
			list = append(list, e.Name()+" "+target)
		}
	}
	sort.Strings(list)
	return list
}

// alive reports whether a process exists and is no zombie.
func alive(pid int) bool { return !strings.Contains("ZX", processState(pid)) }

// processState gives the letter of proc(5): R, S, D, T, Z; "" for no such process.
func processState(pid int) string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return rest[:1]
}

// stopped reports whether every thread of a process is: its first one may be while another still reads.
func stopped(t *testing.T, pid int) bool {
	t.Helper()
	states, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	require.NoError(t, err)
	for _, file := range states {
		stat, err := os.ReadFile(file)
		if err != nil {
			continue // a thread that has ended since
		}
		if _, rest, _ := strings.Cut(string(stat), ") "); rest[:1] != "T" {
			return false
		}
	}
	return true
}

// expiring is a context whose deadline passes at a moment of the test's choosing: when passed is closed.
type expiring struct {
	context.Context
	passed chan struct{}
}

func (e expiring) Done() <-chan struct{} { return e.passed }

func (e expiring) Err() error {
	select {
	case <-e.passed:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// deadline is short, but long enough for a child to be busy.
func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}
