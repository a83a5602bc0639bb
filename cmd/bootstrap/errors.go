package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"go.uber.org/zap/zapcore"

	"github.com/lumo-lambda/lumo-lambda/lumoproc"
	"github.com/lumo-lambda/lumo-lambda/runtimeapi"
)

// report is an error as Lambda and the log see it.
type report struct {
	errorType string
	message   string   // sentences
	tail      []string // the last lines that lumo wrote
	stack     []string // where it happened, where that is known: then it stands in the tail's place
	source    []string // the place, the line of the source and a caret
	fault     []byte   // lumo's own JSON, which then says it all
	logged    bool     // lumo has logged it: it does so for a handler's errors, with an excerpt of the source
	cause     error
}

// reportOf is the one table of errors: which errorType, which words.
//
//	lumoproc.FaultError     as lumo made it
//	lumoproc.TimeoutError   Runtime.Timedout
//	lumoproc.ExitError      Runtime.OutOfMemory where V8 ran out of heap, else Runtime.ExitError
//	lumoproc.ProtocolError  Runtime.ProtocolError
//	lumoproc.StartError     Runtime.InvalidWorkingDir for the function's folder, else Runtime.InvalidEntrypoint
//	lumoproc.TooLargeError  Function.RequestTooLarge
//	wrapperError            Runtime.InvalidEntrypoint
//	any other               Runtime.Unknown
func reportOf(cfg *config, err error) *report {
	var (
		fault    *lumoproc.FaultError
		timeout  *lumoproc.TimeoutError
		exit     *lumoproc.ExitError
		protocol *lumoproc.ProtocolError
		start    *lumoproc.StartError
		tooLarge *lumoproc.TooLargeError
		wrapper  *wrapperError
	)
	switch {
	case errors.As(err, &fault):
		return &report{errorType: fault.ErrorType, fault: fault.Body, logged: !fault.Init, cause: err}
	case errors.As(err, &exit) && exit.OutOfMemory(): // before what may have been the reason for it
		return &report{errorType: "Runtime.OutOfMemory", message: memoryMessage(cfg, exit), tail: lines(exit.Tail), cause: err}
	case errors.As(err, &exit):
		return &report{errorType: "Runtime.ExitError", message: exitMessage(cfg, exit), tail: lines(exit.Tail), cause: err}
	case errors.As(err, &timeout):
		return timeoutReport(timeout)
	case errors.As(err, &protocol):
		return &report{errorType: "Runtime.ProtocolError", message: protocolMessage(cfg, protocol),
			tail: lines(protocol.Tail), cause: err}
	case errors.As(err, &start):
		errorType, message := startMessage(cfg, start)
		return &report{errorType: errorType, message: message, cause: err}
	case errors.As(err, &tooLarge):
		return &report{errorType: "Function.RequestTooLarge", message: fmt.Sprintf("The event of %d bytes is too large: at "+
			"most %d bytes can be given to lumo.", tooLarge.Size, lumoproc.MaxPayload), cause: err}
	}
	if errors.As(err, &wrapper) {
		return &report{errorType: "Runtime.InvalidEntrypoint", message: wrapper.Error(), cause: err}
	}
	return &report{errorType: "Runtime.Unknown", message: fmt.Sprintf("The invocation failed inside bootstrap: %v.", err),
		cause: err}
}

func protocolMessage(cfg *config, e *lumoproc.ProtocolError) string {
	return fmt.Sprintf("Lumo sent something that is not part of its protocol, and was replaced: %v. Is %s the lumo of this "+
		"layer?", e.Err, cfg.lumo)
}

func memoryMessage(cfg *config, e *lumoproc.ExitError) string {
	limit := "V8's default limit"
	if cfg.heap.old > 0 {
		limit = fmt.Sprintf("%d MB", cfg.heap.old)
	}
	return fmt.Sprintf("Lumo ran out of memory%s: the heap reached its limit (%s). Give the function more memory, or "+
		"look for what it keeps.", when(e), limit)
}

func exitMessage(cfg *config, e *lumoproc.ExitError) string {
	what := fmt.Sprintf("exited with status %d", e.Code)
	hint := ""
	switch {
	case e.Signal == syscall.SIGKILL:
		what = "was killed by signal 9 (SIGKILL)"
		hint = " Bootstrap did not do that: the kernel does when memory runs out, or something in the function did."
	case e.Signal != 0:
		what = fmt.Sprintf("was ended by signal %d (%s)", int(e.Signal), e.Signal)
	case e.Ready:
		hint = " Something in the function called process.exit, or threw outside the handler."
	case e.Code == 127 || e.Code == 126:
		hint = fmt.Sprintf(" Is %s the lumo of this layer?", cfg.lumo)
	}
	return fmt.Sprintf("Lumo %s%s.%s", what, when(e), hint)
}

func when(e *lumoproc.ExitError) string {
	if e.Ready {
		return " during the invocation"
	}
	return " while it was starting"
}

func startMessage(cfg *config, e *lumoproc.StartError) (errorType, message string) {
	const entrypoint = "Runtime.InvalidEntrypoint"
	wrongDir := (*fs.PathError)(nil)
	switch {
	case errors.As(e.Err, &wrongDir) && wrongDir.Path == cfg.taskRoot:
		return "Runtime.InvalidWorkingDir",
			fmt.Sprintf("The function's folder %s (LAMBDA_TASK_ROOT) cannot be entered: %v.", cfg.taskRoot, wrongDir.Err)
	case errors.Is(e.Err, fs.ErrNotExist):
		return entrypoint, fmt.Sprintf("There is no lumo at %s, %s.", e.Path, cfg.lumoFrom)
	case errors.Is(e.Err, fs.ErrPermission):
		return entrypoint, fmt.Sprintf("The file %s, %s, is not executable: %v. Was its mode lost when the layer was packed?",
			e.Path, cfg.lumoFrom, e.Err)
	case errors.Is(e.Err, syscall.ENOEXEC):
		return entrypoint, fmt.Sprintf("The file %s, %s, is not a program for this machine: is the layer's architecture "+
			"(x86_64, arm64) the function's?", e.Path, cfg.lumoFrom)
	}
	return entrypoint, fmt.Sprintf("The program %s, %s, could not be started: %v.", e.Path, cfg.lumoFrom, e.Err)
}

// lines gives the lines of a text, at most the last hundred.
func lines(tail string) []string {
	if tail == "" {
		return nil
	}
	all := strings.Split(strings.Trim(tail, "\n"), "\n")
	return all[max(0, len(all)-100):]
}

func (r *report) isFault() bool { return r.fault != nil }

// errorObject is Lambda's error object, with what lumo adds to it: see lumo.impl.error.
type errorObject struct {
	Type    string       `json:"errorType"`
	Message string       `json:"errorMessage"`
	Source  []string     `json:"errorSource,omitempty"`
	Data    string       `json:"errorData,omitempty"`
	Stack   []string     `json:"stackTrace"`
	Cause   *errorObject `json:"cause,omitempty"`
}

func (o *errorObject) text() string {
	var b strings.Builder
	for prefix := ""; o != nil; o, prefix = o.Cause, "\nCaused by: " {
		b.WriteString(prefix + o.Type + ": " + o.Message)
		if o.Data != "" {
			b.WriteString(" " + o.Data)
		}
		for _, line := range o.Source {
			b.WriteString("\n  " + line)
		}
		for _, frame := range o.Stack {
			b.WriteString("\n    at " + frame)
		}
	}
	return b.String()
}

// object is what Lambda sees; of a fault whose JSON is none, its text.
func (r *report) object() *errorObject {
	if !r.isFault() {
		o := &errorObject{Type: r.errorType, Message: r.message, Source: r.source, Stack: r.stack}
		if o.Stack == nil {
			o.Stack = append([]string{}, r.tail...) // the API's array, not null
		}
		return o
	}
	o := &errorObject{}
	if err := json.Unmarshal(r.fault, o); err != nil {
		o = &errorObject{Message: string(r.fault)}
	}
	o.Type = r.errorType
	return o
}

// Error is what the log says. The lines that lumo wrote are there already.
func (r *report) Error() string {
	o := r.object()
	if !r.isFault() {
		o.Stack = r.stack
	}
	return o.text()
}

// report logs an error: in JSON its parts are members of the line's object.
func (l *logger) report(label string, r *report) {
	if !l.json {
		l.error(label, r.Error())
		return
	}
	o := r.object()
	object, err := json.Marshal(struct {
		Line string `json:"message"`
		*errorObject
	}{o.Type + ": " + o.Message, o})
	if err != nil {
		panic("bug: an error made of strings is not JSON: " + err.Error())
	}
	l.write(zapcore.ErrorLevel, label, "", object)
}

func (r *report) Unwrap() error { return r.cause }

// Report is what Lambda sees.
func (r *report) Report() runtimeapi.Report {
	if r.isFault() {
		return runtimeapi.Report{Type: r.errorType, Body: r.fault, XRayCause: xrayCause(r.fault)}
	}
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false) // it is read by people
	if err := enc.Encode(r.object()); err != nil {
		panic("bug: an error made of strings is not JSON: " + err.Error())
	}
	text := bytes.TrimSuffix(body.Bytes(), []byte("\n"))
	return runtimeapi.Report{Type: r.errorType, Body: text, XRayCause: xrayCause(text)}
}
