// Package inspectortest is an inspector for tests: as much of Node's as package inspector asks for.
package inspectortest

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
)

// Path is the only path that is served.
const Path = "/1f0c5f5c-inspector"

// Listen opens a loopback port and gives the line that Node says on stderr about it.
func Listen() (net.Listener, string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	return l, "Debugger listening on ws://" + l.Addr().String() + Path, nil
}

// Serve takes one connection and sends what answer gives for each expression: whole messages, each in as many fragments
// as it says. It returns when the client has gone.
func Serve(l net.Listener, answer func(expression string) []Message) error {
	conn, err := l.Accept()
	if err != nil {
		return err
	}
	defer conn.Close()
	r := bufio.NewReader(conn)
	first := ""
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		if first == "" {
			first = line
		}
		if line == "\r\n" {
			break
		}
	}
	if !strings.HasPrefix(first, "GET "+Path+" ") {
		_, err := io.WriteString(conn, "HTTP/1.0 400 Bad Request\r\n\r\n")
		return err
	}
	if _, err := io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"); err != nil {
		return err
	}
	for {
		text, err := read(r)
		if err != nil {
			return err
		}
		var q struct {
			Params struct{ Expression string }
		}
		if err := json.Unmarshal(text, &q); err != nil {
			return fmt.Errorf("%q: %w", text, err)
		}
		for _, m := range answer(q.Params.Expression) {
			if _, err := conn.Write(m.frames()); err != nil {
				return err
			}
		}
	}
}

// Message is one message to the client.
type Message struct {
	Text      string
	Op        byte // 1, text, where it is 0
	Fragments int  // 1 where it is 0
}

// Value is the message that answers the client's question with a string.
func Value(s string) Message {
	text, err := json.Marshal(s)
	if err != nil {
		panic("bug: a string is not JSON: " + err.Error())
	}
	return Message{Text: `{"id":1,"result":{"result":{"type":"string","value":` + string(text) + `}}}`}
}

func (m Message) frames() (b []byte) {
	op, left, n := max(m.Op, 1), m.Text, max(m.Fragments, 1)
	for i := range n {
		part := left[:len(left)/(n-i)]
		left = left[len(part):]
		head := op
		if i == n-1 {
			head |= 0x80
		}
		switch size := len(part); {
		case size < 126:
			b = append(b, head, byte(size))
		case size <= 0xffff:
			b = binary.BigEndian.AppendUint16(append(b, head, 126), uint16(size))
		default:
			b = binary.BigEndian.AppendUint64(append(b, head, 127), uint64(size))
		}
		b = append(b, part...)
		op = 0 // what continues a message
	}
	return b
}

// read gives the payload of the client's next frame, which has to be masked.
func read(r *bufio.Reader) ([]byte, error) {
	var b [8]byte
	if _, err := io.ReadFull(r, b[:2]); err != nil {
		return nil, err
	}
	size := uint64(b[1] & 0x7f)
	if b[1]&0x80 == 0 {
		return nil, fmt.Errorf("a frame of %d bytes is not masked", size)
	}
	switch size {
	case 126:
		if _, err := io.ReadFull(r, b[:2]); err != nil {
			return nil, err
		}
		size = uint64(binary.BigEndian.Uint16(b[:]))
	case 127:
		if _, err := io.ReadFull(r, b[:8]); err != nil {
			return nil, err
		}
		size = binary.BigEndian.Uint64(b[:])
	}
	payload := make([]byte, 4+size)
	if _, err := io.ReadFull(r, payload); err != nil {
		return nil, err
	}
	for i := range payload[4:] {
		payload[4+i] ^= payload[i%4]
	}
	return payload[4:], nil
}
