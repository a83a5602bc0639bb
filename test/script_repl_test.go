package test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func nreplCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: nrepl PORT NAMESPACE FORM")
	}
	conn := dialWhenThere(ts, args[0])
	defer conn.Close()
	r := bufio.NewReader(conn)
	_, err := fmt.Fprintf(conn, "d%s%s%s%s%s%s%s%se", bencode("code"), bencode(args[2]), bencode("id"), bencode("1"),
		bencode("ns"), bencode(args[1]), bencode("op"), bencode("eval"))
	ts.Check(err)
	for {
		value, err := unbencode(r)
		ts.Check(err)
		answer, ok := value.(map[string]any)
		if !ok {
			ts.Fatalf("nREPL answered %v", value)
		}
		for _, key := range []string{"value", "err"} {
			if text, ok := answer[key]; ok {
				fmt.Fprintln(ts.Stdout(), text)
			}
		}
		if status, ok := answer["status"]; ok && strings.Contains(fmt.Sprint(status), "done") {
			return
		}
	}
}

func socketREPLCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: socket-repl PORT FORM")
	}
	conn := dialWhenThere(ts, args[0])
	defer conn.Close()
	_, err := fmt.Fprintf(conn, "%s\n:cljs/quit\n", args[1])
	ts.Check(err)
	said, err := io.ReadAll(conn)
	ts.Check(err)
	fmt.Fprintln(ts.Stdout(), string(said))
}

// dialWhenThere connects as soon as somebody listens.
func dialWhenThere(ts *testscript.TestScript, port string) net.Conn {
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			return conn
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			ts.Check(err)
		}
	}
}

func bencode(text string) string { return strconv.Itoa(len(text)) + ":" + text }

// unbencode reads one value: a string, an int, a list or a map.
func unbencode(r *bufio.Reader) (any, error) {
	kind, err := r.ReadByte()
	if err != nil {
		return nil, err
	}
	switch kind {
	case 'i':
		text, err := r.ReadString('e')
		if err != nil {
			return nil, err
		}
		return strconv.Atoi(strings.TrimSuffix(text, "e"))
	case 'l', 'd':
		var items []any
		for {
			next, err := r.Peek(1)
			if err != nil {
				return nil, err
			}
			if next[0] == 'e' {
				r.Discard(1)
				break
			}
			item, err := unbencode(r)
			if err != nil {
				return nil, err
			}
			items = append(items, item)
		}
		if kind == 'l' {
			return items, nil
		}
		m := map[string]any{}
		for i := 0; i+1 < len(items); i += 2 {
			key, ok := items[i].(string)
			if !ok {
				return nil, errors.New("a key that is no string")
			}
			m[key] = items[i+1]
		}
		return m, nil
	}
	length, err := r.ReadString(':')
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(string(kind) + strings.TrimSuffix(length, ":"))
	if err != nil {
		return nil, err
	}
	text := make([]byte, n)
	_, err = io.ReadFull(r, text)
	return string(text), err
}
