// Package runtimeapitest is a Runtime API on loopback, to test runtimes against. It behaves as the documentation and
// experiments with the runtime interface emulator say: it delivers an event again until it is answered, takes one answer
// for each, and refuses everything else with the status that Lambda uses.
//
// # Lifecycle
//
// [Start] listens, [Server.Close] ends everything, waiting requests included. Events are given with [Server.Invoke] or
// [Server.Queue], and delivered one after another in the order given. [Server.End] lets the next request for an event that
// finds none waiting fail, which makes a runtime's loop return.
//
// # Misbehaviour
//
// [Server.Refuse] makes a call fail with any status, once or more often; [Server.Hijack] gives a test the connection.
// [Server.Expire] closes the current event as a time-out does.
//
// # Beyond the Runtime API
//
// The Extensions API takes internal extensions that ask for no events, before the first /next. With [Server.SnapStart] there
// are the calls of a restore.
//
// # Concurrency
//
// [Server.Concurrent] makes it the API of Lambda Managed Instances: each request for an event gets another one, every event
// has an invocation id, and an answer must carry it.
package runtimeapitest

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// The limits of the platform, in bytes.
const (
	MaxResponse = 6<<20 + 100
	MaxHeader   = 1 << 20
)

// Event is what a runtime gets from /next.
type Event struct {
	RequestID string // "" for a new one
	Body      []byte
	Header    http.Header // in addition to, and in place of, what the server makes

	Timeout time.Duration // makes the deadline; 0: a minute. The server does not enforce it

	// Read reads the answer's body, at its own pace and in place of the server, which then has none to show. An error
	// breaks the connection, as a body that is cut off does, and leaves the event open.
	Read func(io.Reader) error
}

// Outcome is what became of an event.
type Outcome struct {
	RequestID string
	Call      string // "response", "error"; "too large", where Lambda made the error; "expired"; "closed" with the server
	Header    http.Header
	Trailer   http.Header
	Body      []byte
}

// Call is one request to the API.
type Call struct {
	Name   string // "next", "response", "error", "init/error", "restore/next", "extension/register" and so on
	ID     string // the request id in the path
	Header http.Header
	Body   []byte
	Status int // what was answered

	Trailer http.Header
}

// Server is one Runtime API.
type Server struct {
	http *http.Server
	addr string
	done chan struct{}

	mu      sync.Mutex
	changed chan struct{} // closed and replaced when anything below changes
	queue   []*event
	open    []*event          // delivered, and not answered; at most one, but in concurrent mode
	many    bool              // concurrent mode
	seen    map[string]string // request ids that are over, and how
	calls   []Call
	refuse  map[string][]refusal
	asking  int  // requests for an event that are not over
	ended   int  // status for a /next that finds no event; 0: wait
	failed  bool // /init/error was called
	made    int
	closed  bool

	restore  chan struct{} // closed by Restore; nil without SnapStart
	restored bool
}

type event struct {
	Event
	outcome chan Outcome
}

type refusal struct {
	status int
	hijack func(net.Conn)
}

// Start listens on a free port of loopback.
func Start() (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	s := &Server{
		addr:    l.Addr().String(),
		done:    make(chan struct{}),
		changed: make(chan struct{}),
		seen:    map[string]string{},
		refuse:  map[string][]refusal{},
	}
	s.http = &http.Server{Handler: s, MaxHeaderBytes: MaxHeader}
	go func() {
		defer close(s.done)
		_ = s.http.Serve(l) // ends with Close
	}()
	return s, nil
}

// Addr is the value for AWS_LAMBDA_RUNTIME_API.
func (s *Server) Addr() string { return s.addr }

// Close ends the server and whatever waits for it.
func (s *Server) Close() {
	s.update(func() {
		s.closed = true
		for _, e := range append(s.queue, s.open...) {
			e.outcome <- Outcome{RequestID: e.RequestID, Call: "closed"}
		}
		s.queue, s.open = nil, nil
	})
	_ = s.http.Close() // the listener's error is of no use here
	<-s.done
}

// Queue gives an event; the channel takes its one outcome.
func (s *Server) Queue(e Event) <-chan Outcome {
	q := &event{Event: e, outcome: make(chan Outcome, 1)}
	s.update(func() {
		s.made++
		if q.RequestID == "" {
			q.RequestID = fmt.Sprintf("8476a536-e9f4-11e8-9739-%012x", s.made)
		}
		if s.many {
			q.Header = q.Header.Clone()
			if q.Header == nil {
				q.Header = http.Header{}
			}
			q.Header.Set(invocationID, fmt.Sprint("attempt-", s.made))
		}
		if s.closed {
			q.outcome <- Outcome{RequestID: q.RequestID, Call: "closed"}
			return
		}
		s.queue = append(s.queue, q)
	})
	return q.outcome
}

// Invoke gives an event and waits for its outcome.
func (s *Server) Invoke(ctx context.Context, e Event) (Outcome, error) {
	select {
	case o := <-s.Queue(e):
		return o, nil
	case <-ctx.Done():
		return Outcome{}, ctx.Err()
	}
}

// End makes a /next that finds no event fail with a status.
func (s *Server) End(status int) { s.update(func() { s.ended = status }) }

// Refuse makes the next times calls of a name fail with a status, before they have any effect.
func (s *Server) Refuse(name string, status, times int) {
	s.update(func() {
		for range times {
			s.refuse[name] = append(s.refuse[name], refusal{status: status})
		}
	})
}

// Hijack hands the connection of the next call of a name to f, which closes it. The call has no other effect.
func (s *Server) Hijack(name string, f func(net.Conn)) {
	s.update(func() { s.refuse[name] = append(s.refuse[name], refusal{hijack: f}) })
}

// Concurrent puts the server into concurrent mode, before the first event.
func (s *Server) Concurrent() { s.update(func() { s.many = true }) }

// Expire closes the events that are open as a time-out does: what the runtime still posts for them gets 410.
func (s *Server) Expire() {
	s.update(func() {
		for _, e := range s.open {
			s.seen[e.RequestID] = "expired"
			e.outcome <- Outcome{RequestID: e.RequestID, Call: "expired"}
		}
		s.open = nil
	})
}

// Calls gives all calls so far, in the order in which they were answered.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Call(nil), s.calls...)
}

// Forget drops what Calls gives, and which requests are over: a long series would fill the memory with them.
func (s *Server) Forget() {
	s.update(func() {
		s.calls = nil
		clear(s.seen)
	})
}

// Await waits until cond is true of the calls.
func (s *Server) Await(ctx context.Context, cond func([]Call) bool) error {
	return s.await(ctx, func() (bool, error) { return cond(append([]Call(nil), s.calls...)), nil })
}

// AwaitNext waits until the runtime asks for an event and has none open: it is up. Its error tells of an init error.
func (s *Server) AwaitNext(ctx context.Context) error {
	return s.await(ctx, func() (bool, error) {
		for _, c := range s.calls {
			if c.Name == "init/error" {
				return true, fmt.Errorf("the runtime could not start: %.1000s", c.Body)
			}
		}
		return s.asking > 0 && len(s.open) == 0, nil
	})
}

// await waits until cond, which is called with the lock held, is true.
func (s *Server) await(ctx context.Context, cond func() (bool, error)) error {
	for {
		s.mu.Lock()
		met, err := cond()
		changed := s.changed
		s.mu.Unlock()
		if met {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *Server) update(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	close(s.changed)
	s.changed = make(chan struct{})
}

// find gives the event that a post is about, if it is open. It is called with the lock held.
func (s *Server) find(call Call) (found *event) {
	for _, e := range s.open {
		if e.RequestID == call.ID && (found == nil || sameAttempt(e, call)) {
			found = e
		}
	}
	return found
}

var invocationPath = regexp.MustCompile(`^/invocation/([^/]+)/(response|error)$`)

// ServeHTTP is the API.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.EscapedPath(), "/2018-06-01/runtime")
	call := Call{Name: path, Header: r.Header}
	other, isOther := s.others()[path]
	match := invocationPath.FindStringSubmatch(strings.TrimPrefix(r.URL.Path, "/2018-06-01/runtime"))
	switch {
	case path == "/invocation/next":
		call.Name = "next"
	case path == "/init/error":
		call.Name = "init/error"
	case match != nil:
		call.ID, call.Name = match[1], match[2]
	case isOther:
		call.Name = other.name
	}
	if r.Method == http.MethodPost {
		body, err := s.read(call, r.Body)
		if err != nil {
			panic(http.ErrAbortHandler) // the runtime is gone, or is to think so of us
		}
		call.Body = body
		call.Trailer = r.Trailer
	}
	if refused, ok := s.takeRefusal(call.Name); ok {
		s.refused(w, call, refused)
		return
	}
	wantMethod := http.MethodPost
	if call.Name == "next" {
		wantMethod = http.MethodGet
	}
	if isOther {
		wantMethod = other.method
	}
	switch {
	case call.Name == path:
		s.answer(w, call, 404, "NotFound")
	case r.Method != wantMethod:
		s.answer(w, call, 405, "MethodNotAllowed")
	case call.Name == "next":
		s.next(w, r, call)
	case call.Name == "init/error":
		s.initError(w, call)
	case isOther:
		other.serve(w, r, call)
	default:
		s.post(w, call)
	}
}

// read reads the body of a post.
func (s *Server) read(call Call, body io.Reader) ([]byte, error) {
	s.mu.Lock()
	e := s.find(call)
	s.mu.Unlock()
	if call.Name == "response" && e != nil && e.Read != nil {
		if err := e.Read(body); err != nil {
			return nil, err
		}
	}
	return io.ReadAll(io.LimitReader(body, 2*MaxResponse))
}

func (s *Server) takeRefusal(name string) (r refusal, found bool) {
	s.update(func() {
		if q := s.refuse[name]; len(q) > 0 {
			r, found, s.refuse[name] = q[0], true, q[1:]
		}
	})
	return r, found
}

func (s *Server) refused(w http.ResponseWriter, call Call, r refusal) {
	if r.hijack == nil {
		s.answer(w, call, r.status, "Refused")
		return
	}
	s.update(func() { s.calls = append(s.calls, call) })
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic("bug: a connection that cannot be hijacked: " + err.Error())
	}
	r.hijack(conn)
}

// answer writes a status and notes the call.
func (s *Server) answer(w http.ResponseWriter, call Call, status int, errorType string) {
	call.Status = status
	s.update(func() { s.calls = append(s.calls, call) })
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if status == 202 {
		_, _ = io.WriteString(w, `{"status":"OK"}`)
		return
	}
	_, _ = fmt.Fprintf(w, `{"errorMessage":"refused by the test","errorType":%q}`, errorType) // the client may be gone
}

// next delivers the current event again, or the first that waits.
func (s *Server) next(w http.ResponseWriter, r *http.Request, call Call) {
	s.update(func() { s.asking++ })
	defer s.update(func() { s.asking-- })
	for {
		var current *event
		var changed chan struct{}
		failed, ended := false, 0
		s.mu.Lock()
		if (s.many || len(s.open) == 0) && len(s.queue) > 0 && !s.failed {
			current = s.queue[0]
			s.open, s.queue = append(s.open, current), s.queue[1:]
		} else if !s.many && len(s.open) > 0 {
			current = s.open[0]
		}
		changed, failed, ended = s.changed, s.failed || s.closed, s.ended
		s.mu.Unlock()
		switch {
		case failed:
			s.answer(w, call, 403, "InvalidStateTransition")
			return
		case current != nil:
			s.deliver(w, call, current)
			return
		case ended != 0:
			s.answer(w, call, ended, "Ended")
			return
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
}

func (s *Server) deliver(w http.ResponseWriter, call Call, e *event) {
	timeout := e.Timeout
	if timeout == 0 {
		timeout = time.Minute
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Lambda-Runtime-Aws-Request-Id", e.RequestID)
	h.Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(timeout).UnixMilli()))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:012345678912:function:test")
	for name, values := range e.Header {
		h.Del(name)
		for _, v := range values {
			if v != "" { // the API leaves empty headers out
				h.Add(name, v)
			}
		}
	}
	call.Status, call.ID = 200, e.RequestID
	s.update(func() { s.calls = append(s.calls, call) })
	_, _ = w.Write(e.Body) // a runtime that is gone asks again
}

func (s *Server) initError(w http.ResponseWriter, call Call) {
	status, errorType := 202, ""
	s.update(func() {
		for _, c := range s.calls {
			if c.Name == "next" {
				status, errorType = 403, "InvalidStateTransition"
				return
			}
		}
		s.failed = true
	})
	s.answer(w, call, status, errorType)
}

// post takes an answer or an error.
func (s *Server) post(w http.ResponseWriter, call Call) {
	status, errorType := 202, ""
	var finished *event
	o := Outcome{RequestID: call.ID, Call: call.Name, Header: call.Header, Trailer: call.Trailer, Body: call.Body}
	s.update(func() {
		over, known := s.seen[call.ID]
		e := s.find(call)
		switch {
		case e == nil && over == "expired":
			status, errorType = 410, "InvokeTimeout"
		case e == nil && known && !s.many:
			status, errorType = 403, "InvalidStateTransition"
		case e == nil:
			status, errorType = 400, "InvalidRequestID"
		case !sameAttempt(e, call):
			status, errorType = 410, "InvokeTimeout"
		case len(call.Body) > MaxResponse && call.Name == "error":
			status, errorType = 413, "RequestEntityTooLarge"
		case len(call.Body) > MaxResponse && call.Header.Get("Lambda-Runtime-Function-Response-Mode") != "streaming":
			status, errorType = 413, "RequestEntityTooLarge"
			o.Call, o.Body = "too large", nil
			finished = e
		default:
			finished = e
		}
		if finished != nil {
			s.seen[call.ID] = o.Call
			s.open = slices.DeleteFunc(s.open, func(e *event) bool { return e == finished })
		}
	})
	s.answer(w, call, status, errorType)
	if finished != nil {
		finished.outcome <- o // after the call is noted: who sees the outcome can see the call
	}
}

// sameAttempt compares the invocation id, where the event had one.
func sameAttempt(e *event, call Call) bool {
	return e.Header.Get(invocationID) == call.Header.Get(invocationID)
}

const invocationID = "Lambda-Runtime-Invocation-Id"
