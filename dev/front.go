package dev

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/lumo-lambda/lumo-lambda/emulator"
)

// Invoker is what answers events: a [Runner].
type Invoker interface {
	Invoke(ctx context.Context, event []byte, opts emulator.Options) (emulator.Result, error)
}

// Front serves a function over HTTP.
type Front struct {
	Function Invoker
	History  *History
	// Served, where it is set, is told of each request when it is over.
	Served func(Request)
}

// Request is what became of one.
type Request struct {
	What   string // method and path
	Event  int    // its number in the history
	Status int
	Whole  bool // false: a streamed answer ended with an error
	Took   time.Duration
}

// Handler returns the server's handler.
func (f *Front) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2015-03-31/functions/{name}/invocations", f.invoke)
	mux.HandleFunc("/", f.request)
	return mux
}

// request answers one to the function's URL.
func (f *Front) request(w http.ResponseWriter, r *http.Request) {
	event, err := Event(r, randomID(), time.Now())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	f.serve(w, r, event, emulator.Options{}, func(w http.ResponseWriter, result emulator.Result) {
		if result.FunctionError {
			writeError(w, result.Payload)
			return
		}
		if err := writeAnswer(w, result.Payload); err != nil {
			writeError(w, errorJSON("InvalidResponse", err))
		}
	})
}

// invoke is Lambda's Invoke, for an event as it is.
func (f *Front) invoke(w http.ResponseWriter, r *http.Request) {
	event, err := io.ReadAll(io.LimitReader(r.Body, emulator.MaxEvent+1))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if len(event) == 0 {
		event = []byte("{}")
	}
	clientContext, err := base64.StdEncoding.DecodeString(r.Header.Get("X-Amz-Client-Context"))
	if err != nil || !json.Valid(event) {
		w.Header().Set("X-Amzn-ErrorType", "InvalidRequestContentException")
		w.WriteHeader(http.StatusBadRequest)
		w.Write(errorJSON("InvalidRequestContentException", errors.New("the event is not JSON, or the client context is not base64")))
		return
	}
	f.serve(w, r, event, emulator.Options{ClientContext: string(clientContext)}, func(w http.ResponseWriter, result emulator.Result) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Amz-Executed-Version", "$LATEST")
		if result.FunctionError {
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
		}
		w.Write(result.Payload)
	})
}

// serve records the event, invokes the function with it and has answer write what it gave, unless that was streamed.
func (f *Front) serve(w http.ResponseWriter, r *http.Request, event []byte, opts emulator.Options, answer func(http.ResponseWriter, emulator.Result)) {
	began := time.Now()
	watched := &statusWriter{ResponseWriter: w, status: http.StatusOK}
	number, err := f.History.Record(event)
	whole := true
	if err == nil {
		stream := &streamed{w: watched}
		if r.Pattern == "/" {
			opts.Stream = stream.begin
		}
		var result emulator.Result
		result, err = f.Function.Invoke(context.WithoutCancel(r.Context()), event, opts) // that a client goes away does not end the sandbox
		switch {
		case err != nil:
		case !result.Streamed:
			answer(watched, result)
		case !stream.begun && result.FunctionError:
			writeError(watched, result.Payload)
		case !stream.begun:
			writeError(watched, errorJSON("InvalidResponse", errors.Join(errors.New("the stream ended before its head"), stream.err)))
		case result.FunctionError:
			whole = false
		}
	}
	if err != nil {
		writeError(watched, errorJSON("Unavailable", err))
	}
	if f.Served != nil {
		f.Served(Request{r.Method + " " + r.URL.RequestURI(), number, watched.status, whole, time.Since(began)})
	}
	if !whole {
		panic(http.ErrAbortHandler) // the connection breaks: the client sees that the answer is not whole
	}
}

// statusWriter remembers the status.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController flush.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func errorJSON(errorType string, err error) []byte {
	text, encodeErr := json.Marshal(map[string]string{"errorType": errorType, "errorMessage": err.Error()})
	if encodeErr != nil {
		panic(fmt.Sprintf("bug: two strings are not JSON: %v", encodeErr))
	}
	return text
}

func randomID() string {
	b := make([]byte, 16)
	rand.Read(b) // never fails: crypto/rand aborts the program instead
	return hex.EncodeToString(b)
}
