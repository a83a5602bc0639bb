// Package inspector asks a Node.js process one question through its inspector: the value of an expression.
//
// The process takes the question between two steps of whatever it is doing, so also in the middle of a loop that never
// ends; the functions that it is in are then on the stack of the expression. Only what does not come back from native code
// cannot be asked.
//
// # The wire
//
// A process opens its inspector on SIGUSR1 and says where on stderr: a WebSocket's address, with a random path that proves
// to the process that its peer has read that line. The client here speaks as much of WebSocket (RFC 6455) as that takes:
// the opening handshake, one masked text frame, and the frames of the answer, fragmented or not. It connects to loopback
// addresses alone.
package inspector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"
)

// Address is where an inspector listens.
type Address struct {
	hostPort string
	path     string
}

// listening is what Node says on stderr, in front of the address.
const listening = "Debugger listening on ws://"

// Notice tells what Node's inspector writes on stderr about itself. found is what was sought: a line of the inspector's,
// which is no part of the program's output; rest is what the program had written in front of it without a line end.
// The address is the zero Address where the line has none, or one that is not of this machine.
func Notice(line string) (rest string, address Address, found bool) {
	if i := strings.Index(line, listening); i >= 0 {
		return line[:i], parse(line[i+len(listening):]), true
	}
	for _, other := range []string{"Debugger attached.", "Debugger ending on ws://", "Waiting for the debugger to disconnect",
		"For help, see: https://nodejs.org/"} {
		if i := strings.Index(line, other); i >= 0 {
			return line[:i], Address{}, true
		}
	}
	return line, Address{}, false
}

func parse(text string) Address {
	hostPort, path, _ := strings.Cut(strings.TrimSpace(text), "/")
	if addr, err := netip.ParseAddrPort(hostPort); err != nil || !addr.Addr().IsLoopback() || unsafe(path) {
		return Address{}
	}
	return Address{hostPort, path}
}

// unsafe is true for what would end the request line that it is to be part of.
func unsafe(path string) bool {
	return strings.ContainsFunc(path, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}

// Evaluate gives the string that the expression's value is. It returns when ctx is over.
func Evaluate(ctx context.Context, at Address, expression string) (string, error) {
	if at.hostPort == "" {
		return "", errors.New("inspector: no address")
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", at.hostPort)
	if err != nil {
		return "", fmt.Errorf("inspector: %w", err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // fails only when closed
	defer stop()

	answer, err := ask(conn, at, expression)
	if ctx.Err() != nil {
		err = ctx.Err() // the broken connection is our doing
	}
	if err != nil {
		return "", fmt.Errorf("inspector: %w", err)
	}
	return answer, nil
}

// request and reply are of the Chrome DevTools protocol, Runtime.evaluate.
type request struct {
	ID     int    `json:"id"`
	Method string `json:"method"`
	Params struct {
		Expression    string `json:"expression"`
		ReturnByValue bool   `json:"returnByValue"`
	} `json:"params"`
}

type reply struct {
	ID    int `json:"id"`
	Error *struct {
		Message string `json:"message"`
	} `json:"error"`
	Result struct {
		Result struct {
			Type  string          `json:"type"`
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		Exception *struct {
			Text      string `json:"text"`
			Exception struct {
				Description string `json:"description"`
			} `json:"exception"`
		} `json:"exceptionDetails"`
	} `json:"result"`
}

func ask(conn net.Conn, at Address, expression string) (string, error) {
	ws, err := open(conn, at)
	if err != nil {
		return "", err
	}
	q := request{ID: 1, Method: "Runtime.evaluate"}
	q.Params.Expression, q.Params.ReturnByValue = expression, true
	text, err := json.Marshal(q)
	if err != nil {
		panic("bug: strings and a number are not JSON: " + err.Error())
	}
	if err := ws.send(text); err != nil {
		return "", err
	}
	for {
		text, err := ws.receive()
		if err != nil {
			return "", err
		}
		var r reply
		if err := json.Unmarshal(text, &r); err != nil {
			return "", fmt.Errorf("read answer: %w", err)
		}
		if r.ID == q.ID { // else an event, which nobody asked for
			return r.value()
		}
	}
}

func (r *reply) value() (s string, err error) {
	switch {
	case r.Error != nil:
		return "", fmt.Errorf("refused: %s", r.Error.Message)
	case r.Result.Exception != nil:
		return "", fmt.Errorf("the expression threw: %s %s", r.Result.Exception.Text, r.Result.Exception.Exception.Description)
	case r.Result.Result.Type != "string":
		return "", fmt.Errorf("the expression is a %s, not a string", r.Result.Result.Type)
	}
	if err := json.Unmarshal(r.Result.Result.Value, &s); err != nil {
		return "", fmt.Errorf("read answer: %w", err)
	}
	return s, nil
}
