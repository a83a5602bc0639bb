package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/lumo-lambda/lumo-lambda/runtimeapi/runtimeapitest"
)

// patience is how long anything may take before the run is given up.
const patience = 30 * time.Second

// lambdaRuntime is a program that Lambda could start.
type lambdaRuntime struct {
	name string
	argv []string
	env  []string
	dir  string
}

// started is a runtime that runs, on a Runtime API of its own.
type started struct {
	name string
	api  *runtimeapitest.Server
	cmd  *exec.Cmd
	said bytes.Buffer // its stderr; to be read when it has ended
	done chan error   // takes what the program ended with
}

func (r lambdaRuntime) start() (*started, error) {
	api, err := runtimeapitest.Start()
	if err != nil {
		return nil, err
	}
	s := &started{name: r.name, api: api}
	if err := s.exec(r, api.Addr()); err != nil {
		api.Close()
		return nil, err
	}
	return s, nil
}

func (s *started) exec(r lambdaRuntime, addr string) error {
	s.cmd = exec.Command(r.argv[0], r.argv[1:]...)
	s.cmd.Dir = r.dir
	s.cmd.Env = append([]string{
		"AWS_LAMBDA_RUNTIME_API=" + addr,
		"LAMBDA_TASK_ROOT=" + r.dir,
		"AWS_LAMBDA_FUNCTION_NAME=bench",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=512",
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/bench",
		"AWS_LAMBDA_LOG_STREAM_NAME=bench",
		"PATH=" + os.Getenv("PATH"),
	}, r.env...)
	s.cmd.Stderr = &s.said
	if err := s.cmd.Start(); err != nil {
		return err
	}
	s.done = make(chan error, 1)
	go func() { s.done <- s.cmd.Wait() }()
	return nil
}

// end ends the program, whose children end with it, and its API.
func (s *started) end() {
	_ = s.cmd.Process.Kill() // it may have ended by itself
	<-s.done
	s.api.Close()
}

func (s *started) invoke(ctx context.Context, event []byte) ([]byte, error) {
	o, err := s.api.Invoke(ctx, runtimeapitest.Event{Body: event})
	if err != nil {
		return nil, err
	}
	return o.Body, answered(o)
}

func answered(o runtimeapitest.Outcome) error {
	if o.Call != "response" {
		return fmt.Errorf("the event ended in %s: %s", o.Call, o.Body)
	}
	return nil
}

// startSample is what one start took, from exec on.
type startSample struct {
	next   time.Duration // to the first request for an event
	answer time.Duration // to its answer, complete
	pss    float64       // MiB of the runtime with its descendants, then
}

// gate notes when the first request for an event comes, and passes all on.
type gate struct {
	http.Handler
	first chan time.Time
}

func (g gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/invocation/next") {
		select {
		case g.first <- time.Now():
		default:
		}
	}
	g.Handler.ServeHTTP(w, r)
}

// measureStart starts a runtime with one event waiting for it.
func measureStart(ctx context.Context, r lambdaRuntime) (sample startSample, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	api, err := runtimeapitest.Start()
	if err != nil {
		return sample, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return sample, err
	}
	g := gate{api, make(chan time.Time, 1)}
	front := &http.Server{Handler: g}
	served := make(chan error, 1)
	go func() { served <- front.Serve(listener) }()
	outcome := api.Queue(runtimeapitest.Event{Body: []byte(`{"name":"Lisp"}`)})
	s := &started{name: r.name, api: api}

	begin := time.Now()
	if err := s.exec(r, listener.Addr().String()); err != nil {
		return sample, err
	}
	defer func() {
		s.end()
		_ = front.Close() // Serve says what there is to say
		if e := <-served; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
	}()
	select {
	case o := <-outcome:
		sample.answer = time.Since(begin)
		sample.next = (<-g.first).Sub(begin)
		if err := answered(o); err != nil {
			return sample, err
		}
		if want := `{"greeting":"Hello, Lisp!"}`; string(o.Body) != want {
			return sample, fmt.Errorf("the answer is %s, not %s", o.Body, want)
		}
	case end := <-s.done:
		s.done <- end
		return sample, fmt.Errorf("the runtime ended: %w\n%s", end, &s.said)
	case <-ctx.Done():
		return sample, ctx.Err()
	}
	sample.pss, err = treePSS(s.cmd.Process.Pid)
	return sample, err
}
