package emulator

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// exitGrace is how long a bootstrap that reported an init error gets to exit by itself.
const exitGrace = time.Second

// builtIn is the emulator of this package: it starts the bootstrap with the first
// event, and again after it has ended.
type builtIn struct {
	cfg       Config
	layout    *layout
	bootstrap string
	session   *session // nil when no bootstrap runs
}

func startBuiltIn(cfg Config, l *layout) (*builtIn, error) {
	bootstrap, err := l.bootstrap()
	if err != nil {
		return nil, err
	}
	b := &builtIn{cfg: cfg, layout: l, bootstrap: bootstrap}
	if cfg.Early {
		if b.session, err = newSession(cfg, l, bootstrap, nil); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (b *builtIn) kind() Kind { return BuiltIn }

func (b *builtIn) invoke(ctx context.Context, event []byte, opts Options) (Result, error) {
	start := time.Now()
	if s := b.session; s != nil && s.exited() {
		b.drop()
	}
	first := b.session == nil
	inv := &invocation{
		id:       newUUID(),
		event:    event,
		opts:     opts,
		deadline: start.Add(b.cfg.Timeout),
		arn:      "arn:aws:lambda:" + regionOf(b.cfg) + ":012345678912:function:" + b.cfg.Name,
		traceID:  fmt.Sprintf("Root=1-%08x-%s;Parent=%s;Sampled=0", start.Unix(), randomHex(12), randomHex(8)),
		done:     make(chan struct{}),
	}
	if first {
		s, err := newSession(b.cfg, b.layout, b.bootstrap, inv)
		if err != nil {
			return Result{}, err
		}
		b.session = s
	} else {
		b.session.process.say("START RequestId: %s Version: $LATEST", inv.id)
		b.session.api.offer(inv)
	}
	s := b.session
	result, over, err := s.await(ctx, inv, start.Add(b.cfg.Timeout), b.cfg.Timeout)
	if err == nil {
		s.report(inv, first, start, b.cfg.Memory)
	}
	if over {
		b.drop()
	}
	return result, err
}

func (b *builtIn) close() error {
	b.drop()
	return nil
}

func (b *builtIn) drop() {
	if b.session != nil {
		b.session.end()
		b.session = nil
	}
}

// session is one start of the bootstrap with a Runtime API of its own, so that what
// an earlier bootstrap left behind cannot speak for a later one.
type session struct {
	process *process
	api     *api
	server  *http.Server
	hangUp  context.CancelFunc // ends requests that wait for an event
	served  chan struct{}      // closed when the server accepts no more
	started time.Time
	run     string // the mark of the processes
}

// newSession starts the bootstrap, for an invocation or, where that is nil, before there is one.
func newSession(cfg Config, l *layout, bootstrap string, inv *invocation) (*session, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the bootstrap: %w", err)
	}
	requests, hangUp := context.WithCancel(context.Background())
	s := &session{api: newAPI(), hangUp: hangUp, served: make(chan struct{}), started: time.Now(), run: l.run}
	if inv != nil {
		s.api.offer(inv)
	}
	s.server = &http.Server{
		Handler:     s.api.handler(),
		BaseContext: func(net.Listener) context.Context { return requests },
	}
	go func() {
		defer close(s.served)
		s.server.Serve(listener) // ends with ErrServerClosed
	}()
	env := append(environment(cfg, l, s.started), "AWS_LAMBDA_RUNTIME_API="+listener.Addr().String())
	cmd, err := l.command(env, true, bootstrap, cfg.Handler)
	if err == nil {
		if inv != nil {
			fmt.Fprintf(cfg.Log, "START RequestId: %s Version: $LATEST\n", inv.id)
		}
		s.process, err = startProcess(cmd, cfg.Log, nil)
	}
	if err != nil {
		s.stopServing()
		return nil, fmt.Errorf("start the bootstrap: %w", err)
	}
	return s, nil
}

// await waits for the one way in which the invocation ends. over: the bootstrap has
// ended, or must.
func (s *session) await(ctx context.Context, inv *invocation, deadline time.Time, timeout time.Duration) (_ Result, over bool, _ error) {
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case <-inv.done:
		return inv.result, false, nil
	case body := <-s.api.initError:
		grace := time.NewTimer(exitGrace)
		defer grace.Stop()
		select {
		case <-s.process.done:
		case <-grace.C:
		}
		return Result{Payload: body, FunctionError: true}, true, nil
	case <-s.process.done:
		return s.exitAnswer(inv), true, nil
	case <-timer.C:
		return timeoutResult(fmt.Sprintf("%.2f", timeout.Seconds())), true, nil
	case <-ctx.Done():
		return Result{}, true, ctx.Err()
	}
}

// exitAnswer is the result when the bootstrap ended during the invocation.
func (s *session) exitAnswer(inv *invocation) Result {
	select {
	case <-inv.done: // it asked for the next event and ended then: this one was over
		return inv.result
	case body := <-s.api.initError:
		return Result{Payload: body, FunctionError: true}
	default:
	}
	if p, _ := s.api.state(); p == phaseAnswered {
		// What was posted is passed on, but an invocation is not over before the next
		// request; the genuine emulator marks it as failed too.
		return Result{Payload: inv.result.Payload, FunctionError: true}
	}
	return exitResult(fmt.Sprintf("RequestId: %s Error: %s", inv.id, exitText(s.process.cmd.ProcessState)))
}

// exitText says how the bootstrap ended, in Lambda's words.
func exitText(state *os.ProcessState) string {
	if state.Success() {
		return "Runtime exited without providing a reason"
	}
	return "Runtime exited with error: " + (&exec.ExitError{ProcessState: state}).Error()
}

// report writes Lambda's two lines at the end of an invocation.
func (s *session) report(inv *invocation, first bool, start time.Time, memory int) {
	initialised, ran := "", time.Since(start)
	if _, ready := s.api.state(); first && !ready.IsZero() {
		initialised = fmt.Sprintf("Init Duration: %.2f ms\t", milliseconds(ready.Sub(s.started)))
		ran = time.Since(ready)
	}
	s.process.say("END RequestId: %s", inv.id)
	s.process.say("REPORT RequestId: %s\t%sDuration: %.2f ms\tBilled Duration: %d ms\tMemory Size: %d MB",
		inv.id, initialised, milliseconds(ran), ran/time.Millisecond+1, memory)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func (s *session) exited() bool {
	select {
	case <-s.process.done:
		return true
	default:
		return false
	}
}

// end ends the bootstrap and stops its API.
func (s *session) end() {
	s.shutDown()
	s.process.signalGroup(syscall.SIGKILL)
	s.stopServing()
	s.process.end(s.run)
}

// stopServing returns when no request is being served. A process that was left behind
// in the middle of one loses its connection.
func (s *session) stopServing() {
	s.hangUp()
	ctx, cancel := context.WithTimeout(context.Background(), exitGrace)
	defer cancel()
	if s.server.Shutdown(ctx) != nil {
		s.server.Close()
	}
	<-s.served
}

func regionOf(cfg Config) string {
	if region := cfg.Env["AWS_REGION"]; region != "" {
		return region
	}
	return region()
}

// newUUID returns a random (version 4) UUID, the form of Lambda's request ids.
func newUUID() string {
	b := []byte(randomHex(16))
	b[12] = '4'
	b[16] = "89ab"[b[16]%4]
	return fmt.Sprintf("%s-%s-%s-%s-%s", b[:8], b[8:12], b[12:16], b[16:20], b[20:])
}
