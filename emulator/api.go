package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// phase is what one bootstrap's Runtime API is at; the names in its answers are
// those of the genuine emulator.
type phase string

const (
	phaseStarting phase = "Started"                  // it has not asked for an event yet
	phaseReady    phase = "Ready"                    // it waits for an event
	phaseRunning  phase = "Running"                  // it has one that it has not answered
	phaseAnswered phase = "RuntimeResponseSentState" // it has answered and not asked again
	phaseFailed   phase = "InitError"                // it reported that it cannot start
	phaseBroken   phase = "InvocationResponse"       // it began an answer that cannot be one
)

// invocation is one event on its way.
type invocation struct {
	id       string
	event    []byte
	opts     Options
	deadline time.Time
	arn      string
	traceID  string
	comes    bool          // an answer to it is being read
	result   Result        // set before phaseAnswered
	done     chan struct{} // closed when the bootstrap asks for the next event
}

// api is the Runtime API for one start of a bootstrap. Every request changes state
// through the methods below, under mu.
type api struct {
	mu      sync.Mutex
	phase   phase
	current *invocation
	changed chan struct{} // closed and made anew at every change that a waiting /next cares for
	ready   time.Time     // when the bootstrap first asked for an event

	extension bool // one was registered

	initError chan []byte // gets the one init error
}

func newAPI() *api {
	return &api{phase: phaseStarting, changed: make(chan struct{}), initError: make(chan []byte, 1)}
}

// offer makes the invocation the current one.
func (a *api) offer(inv *invocation) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.current = inv
	close(a.changed)
	a.changed = make(chan struct{})
}

// state returns the phase, and when the first /next came (the zero time before).
func (a *api) state() (phase, time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.phase, a.ready
}

// handler serves the API's paths, version 2018-06-01, and those of extensions.
func (a *api) handler() http.Handler {
	const base = "/2018-06-01"
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+base+"/runtime/invocation/next", a.next)
	mux.HandleFunc("POST "+base+"/runtime/invocation/{id}/response", a.response)
	mux.HandleFunc("POST "+base+"/runtime/invocation/{id}/error", a.invocationError)
	mux.HandleFunc("POST "+base+"/runtime/init/error", a.initFailed)
	mux.HandleFunc("POST /2020-01-01/extension/register", a.register)
	mux.HandleFunc("GET /2020-01-01/extension/event/next", a.extensionEvent)
	mux.HandleFunc("GET "+base+"/ping", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "pong") })
	return mux
}

// next answers with the current event, waiting for one where there is none. Asking
// says that the former invocation is over; asking again without an answer
// delivers the same event again, as the genuine emulator does.
func (a *api) next(w http.ResponseWriter, r *http.Request) {
	for {
		inv, changed, err := a.ask()
		if err != nil {
			err.write(w)
			return
		}
		if inv != nil {
			inv.write(w)
			return
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
}

// ask is one look at the state by /next: the event to deliver, or what to wait for.
func (a *api) ask() (*invocation, <-chan struct{}, *apiError) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch a.phase {
	case phaseFailed, phaseBroken:
		return nil, nil, a.refuse("Ready")
	case phaseAnswered:
		close(a.current.done)
		a.current = nil
	case phaseStarting:
		a.ready = time.Now()
	case phaseRunning:
		if a.current != nil && a.current.comes {
			return nil, a.changed, nil
		}
	}
	a.phase = phaseReady
	if a.current == nil {
		return nil, a.changed, nil
	}
	a.phase = phaseRunning
	return a.current, nil, nil
}

func (inv *invocation) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(inv.deadline.UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", inv.arn)
	h.Set("Lambda-Runtime-Trace-Id", inv.traceID)
	if inv.opts.ClientContext != "" {
		h.Set("Lambda-Runtime-Client-Context", inv.opts.ClientContext)
	}
	if inv.opts.TenantID != "" {
		h.Set("Lambda-Runtime-Aws-Tenant-Id", inv.opts.TenantID)
	}
	h.Set("Content-Length", strconv.Itoa(len(inv.event)))
	w.Write(inv.event) // the bootstrap that goes away is seen by its exit
}

// response takes the answer to the current event. A streamed one is taken whole, where nobody asked for it as it comes.
func (a *api) response(w http.ResponseWriter, r *http.Request) {
	if mode := r.Header.Get("Lambda-Runtime-Function-Response-Mode"); mode != "" && mode != "streaming" {
		a.breakOff(r.PathValue("id"), "InvalidFunctionResponseMode", "Invalid function response mode").write(w)
		return
	}
	defer a.answering(r.PathValue("id"))()
	if stream := a.streamOf(r); stream != nil {
		a.stream(w, r, stream)
		return
	}
	body, err := readBody(r)
	switch {
	case errors.Is(err, errTooLarge):
		answer := errorResult("Function.ResponseSizeTooLarge",
			fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", maxResponse))
		if err := a.answer(r.PathValue("id"), answer, "InvocationResponse"); err != nil {
			err.write(w)
			return
		}
		tooLarge.write(w)
	case err != nil:
		a.breakOff(r.PathValue("id"), "TruncatedHTTPRequest", "HTTP request detected as truncated").write(w)
	default:
		a.accept(w, r.PathValue("id"), Result{Payload: body}, "InvocationResponse")
	}
}

// invocationError takes the error that answers the current event. One that is too
// large answers nothing: the event stays open, as in Lambda.
func (a *api) invocationError(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(r)
	if err != nil {
		tooLarge.write(w)
		return
	}
	a.accept(w, r.PathValue("id"), Result{Payload: body, FunctionError: true}, "InvocationErrorResponse")
}

// answering says that an answer to the current event comes, until the function that it returns is called. Meanwhile there is no
// error in its place, and no other event.
func (a *api) answering(id string) (end func()) {
	set := func(comes bool) {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.current != nil && a.current.id == id {
			a.current.comes = comes
			close(a.changed)
			a.changed = make(chan struct{})
		}
	}
	set(true)
	return func() { set(false) }
}

func (a *api) accept(w http.ResponseWriter, id string, result Result, transition string) {
	if err := a.answer(id, result, transition); err != nil {
		err.write(w)
		return
	}
	writeJSON(w, http.StatusAccepted, map[string]string{"status": "OK"})
}

// answer makes result the answer to the current event, if id is its id and it has none yet.
func (a *api) answer(id string, result Result, transition string) *apiError {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.current == nil || a.current.id != id {
		return invalidID
	}
	if a.phase != phaseRunning || a.current.comes && transition != "InvocationResponse" {
		return a.refuse(transition)
	}
	a.phase = phaseAnswered
	a.current.result = result
	return nil
}

// breakOff ends the current invocation without an answer: all that the bootstrap can do now is exit.
func (a *api) breakOff(id, errorType, message string) *apiError {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.current == nil || a.current.id != id {
		return invalidID
	}
	if a.phase != phaseRunning {
		return a.refuse("InvocationResponse")
	}
	a.phase = phaseBroken
	return &apiError{http.StatusBadRequest, errorType, message}
}

// initFailed takes the report that the bootstrap cannot start.
func (a *api) initFailed(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(r)
	if err != nil {
		tooLarge.write(w)
		return
	}
	if err := a.failInit(body); err != nil {
		err.write(w)
		return
	}
	writeJSON(w, http.StatusAccepted, map[string]string{"status": "OK"})
}

func (a *api) failInit(body []byte) *apiError {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.phase != phaseStarting {
		return a.refuse("InitError")
	}
	a.phase = phaseFailed
	a.initError <- body
	return nil
}

// refuse is the answer to a request that the phase does not allow; the caller holds mu.
func (a *api) refuse(transition string) *apiError {
	return &apiError{http.StatusForbidden, "InvalidStateTransition",
		fmt.Sprintf("State transition from %s to %s failed for runtime. Error: State transition is not allowed", a.phase, transition)}
}

// apiError is an answer of the Runtime API that refuses a request.
type apiError struct {
	status             int
	errorType, message string
}

var (
	invalidID = &apiError{http.StatusBadRequest, "InvalidRequestID", "Invalid request ID"}
	tooLarge  = &apiError{http.StatusRequestEntityTooLarge, "RequestEntityTooLarge",
		fmt.Sprintf("Exceeded maximum allowed payload size (%d bytes).", maxResponse)}
)

func (e *apiError) write(w http.ResponseWriter) {
	writeJSON(w, e.status, map[string]string{"errorMessage": e.message, "errorType": e.errorType})
}

func writeJSON(w http.ResponseWriter, status int, value map[string]string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(value) // the bootstrap that goes away is seen by its exit
}

var errTooLarge = errors.New("body is too large")

// readBody reads a body of at most maxResponse bytes. Of a larger one it reads, and
// drops, as much again, so that a runtime that sends before it reads gets its 413.
func readBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxResponse+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxResponse {
		io.Copy(io.Discard, io.LimitReader(r.Body, maxResponse))
		return nil, errTooLarge
	}
	return body, nil
}
