package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

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
	stderr *os.File
	exited chan struct{}
}

// start runs bootstrap with a lumo that begins with script. env is added; "NAME" alone removes.
func start(t *testing.T, script string, env ...string) *bootstrap {
	t.Helper()
	return startProgram(t, filepath.Join(built, "bootstrap"), script, env...)
}

func startProgram(t *testing.T, program, script string, env ...string) *bootstrap {
	t.Helper()
	return startAt(t, newAPI(t), program, script, env...)
}

func newAPI(t *testing.T) *runtimeapitest.Server {
	t.Helper()
	api, err := runtimeapitest.Start()
	require.NoError(t, err)
	t.Cleanup(api.Close)
	return api
}

// startAt runs a program at an API that the test has prepared.
func startAt(t *testing.T, api *runtimeapitest.Server, program, script string, env ...string) *bootstrap {
	t.Helper()
	cmd := command(api, script, env...)
	cmd.Path = program
	return startCommand(t, api, cmd)
}

func startCommand(t *testing.T, api *runtimeapitest.Server, cmd *exec.Cmd) *bootstrap {
	t.Helper()
	// A file, so that what bootstrap has written is there the moment it has been written.
	stderr, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = stderr.Close() })
	b := &bootstrap{t: t, api: api, cmd: cmd, stderr: stderr, exited: make(chan struct{})}
	b.cmd.Stderr = b.stderr
	require.NoError(t, b.cmd.Start())
	go func() {
		defer close(b.exited)
		_ = b.cmd.Wait() // the status is in ProcessState
	}()
	t.Cleanup(func() {
		_ = b.cmd.Process.Signal(syscall.SIGTERM) // it may be over
		b.wait()
		if t.Failed() {
			t.Logf("log of bootstrap:\n%s", b.log())
		}
	})
	return b
}

// command is bootstrap with the environment of a function.
func command(api *runtimeapitest.Server, script string, env ...string) *exec.Cmd {
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
	cmd := exec.Command(filepath.Join(built, "bootstrap"))
	for name, value := range vars {
		if name != "" {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	return cmd
}

// wait returns the exit status.
func (b *bootstrap) wait() int {
	select {
	case <-b.exited:
	case <-time.After(30 * time.Second):
		_ = b.cmd.Process.Kill()
		<-b.exited
		b.t.Error("bootstrap did not end")
	}
	return b.cmd.ProcessState.ExitCode()
}

func (b *bootstrap) invoke(e runtimeapitest.Event) runtimeapitest.Outcome {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 30*time.Second)
	defer cancel()
	o, err := b.api.Invoke(ctx, e)
	require.NoError(b.t, err)
	return o
}

func (b *bootstrap) ask(event string) runtimeapitest.Outcome {
	b.t.Helper()
	return b.invoke(runtimeapitest.Event{Body: []byte(event)})
}

// log is what bootstrap has written so far.
func (b *bootstrap) log() string {
	text, err := os.ReadFile(b.stderr.Name())
	require.NoError(b.t, err)
	return string(text)
}

// answers fails the test unless lumo answers a script as wanted.
func (b *bootstrap) answers(script, want string) {
	b.t.Helper()
	o := b.ask(script)
	require.Equal(b.t, "response", o.Call, "%s", o.Body)
	require.Equal(b.t, want, string(o.Body))
}

// fails returns the error that a script ends in.
func (b *bootstrap) fails(script string) lambdaError {
	b.t.Helper()
	return errorIn(b.t, b.ask(script))
}

// lambdaError is an error as a caller sees it, and its type as the platform does.
type lambdaError struct {
	Message string   `json:"errorMessage"`
	Type    string   `json:"errorType"`
	Stack   []string `json:"stackTrace"`
	header  string
}

func errorIn(t *testing.T, o runtimeapitest.Outcome) (e lambdaError) {
	t.Helper()
	require.Equal(t, "error", o.Call, "%s", o.Body)
	require.NoError(t, json.Unmarshal(o.Body, &e))
	e.header = o.Header.Get("Lambda-Runtime-Function-Error-Type")
	return e
}
