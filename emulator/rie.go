package emulator

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"
)

const (
	rieStartTimeout = 10 * time.Second
	// rieStopGrace is how long the emulator gets to end the bootstrap; it needs about 10 ms.
	rieStopGrace = 2 * time.Second
	// riePortTries: a free port that we found may be another's before RIE takes it.
	riePortTries = 3
)

// rie drives the genuine emulator.
type rie struct {
	process *process
	chatter *tail // what the emulator says about itself
	client  *http.Client
	url     string
	run     string // the mark of the processes
}

// startRIE starts the emulator's process. The bootstrap starts with the first event.
func startRIE(ctx context.Context, cfg Config, l *layout, binary string) (*rie, error) {
	bootstrap, err := l.bootstrap()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, rieStartTimeout)
	defer cancel()
	for try := 1; ; try++ {
		r, err := tryRIE(ctx, cfg, l, binary, bootstrap)
		if err == nil || try == riePortTries || ctx.Err() != nil || !strings.Contains(err.Error(), "address already in use") {
			return r, err
		}
	}
}

func tryRIE(ctx context.Context, cfg Config, l *layout, binary, bootstrap string) (*rie, error) {
	ports, err := freePorts(2)
	if err != nil {
		return nil, fmt.Errorf("find free ports: %w", err)
	}
	// Both addresses, always: by default it listens on 0.0.0.0:8080, open to the network.
	cmd, err := l.command(environment(cfg, l, time.Now()), false, binary,
		"--runtime-interface-emulator-address", ports[0],
		"--runtime-api-address", ports[1],
		bootstrap, cfg.Handler)
	if err != nil {
		return nil, err
	}
	// The function's output, and the platform's START, END and REPORT lines, come on
	// the emulator's standard output; its standard error is about itself.
	chatter := &tail{}
	p, err := startProcess(cmd, cfg.Log, chatter)
	if err != nil {
		return nil, fmt.Errorf("start the runtime interface emulator: %w", err)
	}
	r := &rie{
		process: p,
		chatter: chatter,
		run:     l.run,
		url:     "http://" + ports[0] + "/2015-03-31/functions/function/invocations",
		// No time-out: an invocation may take its 15 minutes. One connection at a time
		// is all that the emulator survives, but as a managed instance.
		client: &http.Client{Transport: &http.Transport{Proxy: nil, MaxConnsPerHost: max(cfg.Concurrency, 1)}},
	}
	if err := r.listening(ctx, ports[0]); err != nil {
		return nil, errors.Join(err, r.close())
	}
	return r, nil
}

func freePorts(n int) ([]string, error) {
	addresses := make([]string, n)
	for i := range addresses {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close() // after all are found, so that they differ
		addresses[i] = l.Addr().String()
	}
	return addresses, nil
}

// listening waits until the emulator accepts connections. It tells nobody when it
// does, so there is nothing but to try.
func (r *rie) listening(ctx context.Context, address string) error {
	retry := time.NewTimer(0)
	defer retry.Stop()
	for {
		select {
		case <-retry.C:
		case <-r.process.done:
			return r.died()
		case <-ctx.Done():
			return fmt.Errorf("wait for the runtime interface emulator to listen: %w", ctx.Err())
		}
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err == nil {
			return conn.Close()
		}
		retry.Reset(time.Millisecond)
	}
}

func (r *rie) died() error {
	return fmt.Errorf("the runtime interface emulator ended (%v): %s", r.process.cmd.ProcessState, r.chatter)
}

func (r *rie) kind() Kind { return RIE }

// invoke passes an event on. A managed instance refuses one while its bootstrap is on its way back to ask for the next; since
// no more are given to it than it can take at a time, that is over in a moment, and nobody tells when.
func (r *rie) invoke(ctx context.Context, event []byte, opts Options) (Result, error) {
	for {
		result, err := r.invokeOnce(ctx, event, opts)
		if !errors.Is(err, errUnavailable) {
			return result, err
		}
		retry := time.NewTimer(time.Millisecond)
		select {
		case <-retry.C:
		case <-ctx.Done():
			retry.Stop()
			return Result{}, ctx.Err()
		}
	}
}

// errUnavailable is for an event that was not passed on.
var errUnavailable = errors.New("no part of the bootstrap waits for an event")

func (r *rie) invokeOnce(ctx context.Context, event []byte, opts Options) (Result, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, bytes.NewReader(event))
	if err != nil {
		return Result{}, fmt.Errorf("make the invocation: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	if opts.ClientContext != "" {
		req.Header.Set("X-Amz-Client-Context", base64.StdEncoding.EncodeToString([]byte(opts.ClientContext)))
	}
	if opts.TenantID != "" {
		req.Header.Set("X-Amz-Tenant-Id", opts.TenantID)
	}
	if opts.RequestID != "" {
		req.Header.Set("X-Amzn-RequestId", opts.RequestID)
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return Result{}, r.lost(ctx, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return Result{}, r.lost(ctx, err)
	}
	if resp.StatusCode == http.StatusOK && resp.Header.Get("Error-Type") != "" { // a managed instance says so
		return Result{Payload: body, FunctionError: true}, nil
	}
	if resp.StatusCode == http.StatusBadRequest && bytes.Contains(body, []byte("Runtime.Unavailable")) {
		return Result{}, errUnavailable
	}
	return rieResult(resp.StatusCode, body)
}

// lost explains an exchange that broke off: most often the emulator is gone.
func (r *rie) lost(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		select {
		case <-r.process.done:
			return r.died()
		case <-time.After(time.Second): // not an answer's path: there will be none
		}
	}
	return fmt.Errorf("ask the runtime interface emulator: %w", err)
}

// rieResult reads the emulator's answer: its status is 200 for errors of the function
// and for time-outs too, and 502 when the bootstrap ended.
func rieResult(status int, body []byte) (Result, error) {
	switch status {
	case http.StatusOK:
		if seconds, ok := timedOut(body); ok {
			return timeoutResult(seconds), nil
		}
		return Result{Payload: body, FunctionError: isErrorPayload(body)}, nil
	case http.StatusBadGateway:
		if len(body) == 0 {
			return exitResult("Runtime exited without an answer"), nil
		}
		return Result{Payload: body, FunctionError: true}, nil
	}
	return Result{}, fmt.Errorf("the runtime interface emulator answered with status %d: %s", status, lastLine(body))
}

func (r *rie) close() error {
	r.client.CloseIdleConnections()
	r.process.signalGroup(syscall.SIGTERM) // it ends the bootstrap, which is in another group
	timer := time.NewTimer(rieStopGrace)
	defer timer.Stop()
	select {
	case <-r.process.done:
	case <-timer.C:
	}
	r.process.end(r.run)
	return nil
}
