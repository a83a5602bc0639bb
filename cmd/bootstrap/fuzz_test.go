package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap/zapcore"

	"github.com/lumo-lambda/lumo-lambda/lumoproc"
)

// Whatever a child did, said and left: Lambda sees JSON with all three of its parts, the log one line, X-Ray what it takes.
func FuzzError(f *testing.F) {
	f.Add(byte(0), "", 3, "last words\n")
	f.Add(byte(1), "SIGKILL", 9, "\xff\x00\x1b[31m\r\n")
	f.Add(byte(2), "Runtime.Timedout", 100, strings.Repeat("x\n", 200))
	f.Add(byte(3), "why\n", 0, "a (b.cljs:1:2)")
	f.Add(byte(4), "cljs.core/ExceptionInfo", 0, `{"errorMessage":"é","errorType":"T","stackTrace":["a/b (c.cljs:1:2)"],"cause":{"errorType":"U"}}`)
	f.Add(byte(5), "é", 1, `{"errorType":"T","stackTrace":"no list"}`)
	cfg := &config{lumo: "/opt/lumo", lumoFrom: "looked for beside bootstrap", taskRoot: "/var/task"}
	f.Fuzz(func(t *testing.T, kind byte, word string, n int, text string) {
		var err error
		switch kind % 7 {
		case 0:
			err = &lumoproc.ExitError{Code: n, Tail: text, Ready: n%2 == 0}
		case 1:
			err = &lumoproc.ExitError{Code: -1, Signal: syscall.Signal(n & 63), Tail: text, Ready: n%2 == 0}
		case 2:
			err = &lumoproc.TimeoutError{Elapsed: time.Duration(n), Tail: text, Started: n%2 == 0}
		case 3:
			err = &lumoproc.ProtocolError{Err: errors.New(word), Tail: text}
		case 4, 5:
			err = &lumoproc.FaultError{ErrorType: word, Body: []byte(text), Init: kind%7 == 4}
		case 6:
			err = errors.New(word + text)
		}
		r := reportOf(cfg, err)
		report := r.Report()
		if !r.isFault() {
			var e lambdaError
			if json.Unmarshal(report.Body, &e) != nil || e.Message == "" || e.Type != report.Type || e.Stack == nil {
				t.Fatalf("%s", report.Body)
			}
			if !strings.HasPrefix(report.Type, "Runtime.") {
				t.Fatalf("type %q", report.Type)
			}
		}
		if cause := report.XRayCause; cause != nil {
			if size := asciiSize(cause); !json.Valid(cause) || size > 64<<10 {
				t.Fatalf("cause of %d bytes: %.200q", size, cause)
			}
		} else if !r.isFault() {
			t.Fatal("no cause")
		}
		line, encodeErr := newTextEncoder().EncodeEntry(zapcore.Entry{Message: r.Error()}, nil)
		if encodeErr != nil || bytes.Count(line.Bytes(), []byte("\n")) != 1 || !bytes.HasSuffix(line.Bytes(), []byte("\n")) {
			t.Fatalf("the log gets %q", line.Bytes())
		}
	})
}
