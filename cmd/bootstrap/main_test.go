package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/lumoproc/lumoproctest"
	"github.com/lumo-lambda/lumo-lambda/runtimeapi/runtimeapitest"
)

// built is the folder of the bootstrap that the tests run, made once.
var built string

func TestMain(m *testing.M) {
	lumoproctest.Main()
	os.Exit(testMain(m))
}

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "bootstrap-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	built = dir
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(dir, "bootstrap"), ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build bootstrap: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// bootstrap is one run of the built program against a fake Runtime API, with this test binary as its lumo.
type bootstrap struct {
	t      *testing.T
	api    *runtimeapitest.Server
	cmd    *exec.Cmd
	stderr *output
	exited chan struct{}
}

// output collects what a program writes.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// start runs bootstrap with a lumo that begins with script. env is added; "NAME" alone removes.
func start(t *testing.T, script string, env ...string) *bootstrap {
	t.Helper()
	api, err := runtimeapitest.Start()
	require.NoError(t, err)
	t.Cleanup(api.Close)
	b := &bootstrap{t: t, api: api, stderr: &output{}, exited: make(chan struct{})}
	b.cmd = exec.Command(filepath.Join(built, "bootstrap"))
	vars := map[string]string{
		"PATH":                   os.Getenv("PATH"),
		"AWS_LAMBDA_RUNTIME_API": api.Addr(),
		"_HANDLER":               "my-app.core/handler",
		"LUMO_BIN":               os.Args[0],
		lumoproctest.Env:         script,
		"GORACE":                 strings.TrimPrefix(lumoproctest.RaceEnv, "GORACE="),
	}
	for _, kv := range env {
		name, value, found := strings.Cut(kv, "=")
		if vars[name] = value; !found {
			delete(vars, name)
		}
	}
	for name, value := range vars {
		b.cmd.Env = append(b.cmd.Env, name+"="+value)
	}
	b.cmd.Stderr = b.stderr
	b.cmd.Stdout = b.stderr
	require.NoError(t, b.cmd.Start())
	go func() {
		defer close(b.exited)
		_ = b.cmd.Wait() // the status is in ProcessState
	}()
	t.Cleanup(func() {
		_ = b.cmd.Process.Signal(syscall.SIGTERM) // it may be over
		b.wait()
		if t.Failed() {
			t.Logf("log of bootstrap:\n%s", b.stderr)
		}
	})
	return b
}

// wait returns the exit status.
func (b *bootstrap) wait() int {
	select {
	case <-b.exited:
	case <-time.After(30 * time.Second):
		_ = b.cmd.Process.Kill()
		<-b.exited
		b.t.Errorf("bootstrap did not end; its log:\n%s", b.stderr)
	}
	return b.cmd.ProcessState.ExitCode()
}

func (b *bootstrap) invoke(e runtimeapitest.Event) runtimeapitest.Outcome {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 30*time.Second)
	defer cancel()
	o, err := b.api.Invoke(ctx, e)
	require.NoError(b.t, err, "log of bootstrap:\n%s", b.stderr)
	return o
}

func (b *bootstrap) ask(event string) runtimeapitest.Outcome {
	b.t.Helper()
	return b.invoke(runtimeapitest.Event{Body: []byte(event)})
}

func TestEventIsAnsweredByLumo(t *testing.T) {
	b := start(t, "ready")
	o := b.ask("answer {\"name\":\"Lisp\"}")
	assert.Equal(t, "response", o.Call)
	assert.Equal(t, `{"name":"Lisp"}`, string(o.Body))
}
