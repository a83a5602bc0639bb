package test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// The commands for servers that a script starts in the background:
//
//	port NAME...                          set the variables to free ports
//	http [-H 'Name: value'] METHOD URL [FILE|text]
//	                                      ask, as soon as the server is there; status line, headers and body are the output
//	nrepl PORT NAMESPACE FORM             evaluate the form there; its values, one a line, are the output
//	socket-repl PORT FORM                 the same through a socket REPL; all that it says is the output
var serverCommands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"port":        port,
	"http":        httpCommand,
	"nrepl":       nreplCommand,
	"socket-repl": socketREPLCommand,
}

func port(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: port NAME...")
	}
	for _, name := range args { // all are held until the last is chosen, so that no two are the same
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		defer listener.Close()
		ts.Setenv(name, strconv.Itoa(listener.Addr().(*net.TCPAddr).Port))
	}
}

func httpCommand(ts *testscript.TestScript, neg bool, args []string) {
	header := http.Header{}
	for len(args) > 2 && args[0] == "-H" {
		name, value, _ := strings.Cut(args[1], ":")
		header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
		args = args[2:]
	}
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: http [-H 'Name: value'] METHOD URL [FILE|text]")
	}
	var body []byte
	if len(args) == 3 {
		body = []byte(args[2])
		if _, err := os.Stat(ts.MkAbs(args[2])); err == nil {
			body = []byte(ts.ReadFile(args[2]))
		}
	}
	resp, err := askWhenThere(args[0], args[1], header, body)
	ts.Check(err)
	defer resp.Body.Close()
	fmt.Fprintln(ts.Stdout(), resp.Proto, resp.Status)
	resp.Header.Del("Date")
	for _, name := range slices.Sorted(maps.Keys(resp.Header)) {
		for _, value := range resp.Header[name] {
			fmt.Fprintf(ts.Stdout(), "%s: %s\n", name, value)
		}
	}
	fmt.Fprintln(ts.Stdout())
	text, err := io.ReadAll(resp.Body)
	fmt.Fprintln(ts.Stdout(), string(text))
	if err != nil {
		fmt.Fprintln(ts.Stderr(), err)
	}
}

// askWhenThere sends the request as soon as somebody listens.
func askWhenThere(method, url string, header http.Header, body []byte) (*http.Response, error) {
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequest(method, url, bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		maps.Copy(req.Header, header)
		resp, err := http.DefaultTransport.RoundTrip(req)
		if op := (*net.OpError)(nil); err == nil || !errors.As(err, &op) || op.Op != "dial" {
			return resp, err
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			return nil, err
		}
	}
}
