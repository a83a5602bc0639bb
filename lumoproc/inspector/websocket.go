package inspector

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
)

// maxMessage is the largest message that is read, in bytes: an answer is some stack frames.
const maxMessage = 4 << 20

// The parts of a frame's first two bytes (RFC 6455, 5.2).
const (
	final     = 0x80
	masked    = 0x80
	opBits    = 0x0f
	opText    = 0x1
	opClose   = 0x8
	opPing    = 0x9
	opPong    = 0xa
	length16  = 126
	length64  = 127
	sizeBits  = 0x7f
	smallSize = 125
)

// webSocket is an open connection.
type webSocket struct {
	conn net.Conn
	r    *bufio.Reader
}

// open makes the handshake. The key is any 16 bytes, in base64; what the server makes of it would prove that it is no cache
// that repeats an old response, which the random path proves already.
func open(conn net.Conn, at Address) (*webSocket, error) {
	const handshake = "GET /%s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: bHVtbyBvbiBsYW1iZGEuLg==\r\nSec-WebSocket-Version: 13\r\n\r\n"
	if _, err := fmt.Fprintf(conn, handshake, at.path, at.hostPort); err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	ws := &webSocket{conn, bufio.NewReader(conn)}
	for i := 0; ; i++ {
		line, err := ws.r.ReadSlice('\n')
		switch {
		case err != nil:
			return nil, fmt.Errorf("open: %w", err)
		case i == 0 && !strings.HasPrefix(string(line), "HTTP/1.1 101 "):
			return nil, fmt.Errorf("open: %.80q", line)
		case i == 100:
			return nil, errors.New("open: a head that does not end")
		case string(line) == "\r\n":
			return ws, nil
		}
	}
}

// send writes a text message. A client has to mask what it sends, so that it cannot make a proxy take it for something
// else; between two processes of one machine any mask will do, and that of zeros changes nothing.
func (ws *webSocket) send(text []byte) error { return ws.write(opText, text) }

func (ws *webSocket) write(op byte, payload []byte) error {
	frame := []byte{final | op}
	switch n := len(payload); {
	case n <= smallSize:
		frame = append(frame, masked|byte(n))
	case n <= 0xffff:
		frame = binary.BigEndian.AppendUint16(append(frame, masked|length16), uint16(n))
	default:
		frame = binary.BigEndian.AppendUint64(append(frame, masked|length64), uint64(n))
	}
	frame = append(frame, 0, 0, 0, 0) // the mask
	if _, err := ws.conn.Write(append(frame, payload...)); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	return nil
}

// receive reads the next message, putting its fragments together.
func (ws *webSocket) receive() (message []byte, err error) {
	for {
		head, payload, err := ws.readFrame(maxMessage - len(message))
		if err != nil {
			return nil, fmt.Errorf("receive: %w", err)
		}
		switch head & opBits {
		case opClose:
			return nil, errors.New("receive: the process closed the connection")
		case opPing:
			if err := ws.write(opPong, payload); err != nil {
				return nil, err
			}
			continue
		case opPong:
			continue
		}
		message = append(message, payload...)
		if head&final != 0 {
			return message, nil
		}
	}
}

func (ws *webSocket) readFrame(most int) (head byte, payload []byte, err error) {
	var b [8]byte
	if _, err := io.ReadFull(ws.r, b[:2]); err != nil {
		return 0, nil, err
	}
	head = b[0]
	if b[1]&masked != 0 {
		return 0, nil, errors.New("a masked frame, which only clients send")
	}
	size := uint64(b[1] & sizeBits)
	switch size {
	case length16:
		if _, err := io.ReadFull(ws.r, b[:2]); err != nil {
			return 0, nil, err
		}
		size = uint64(binary.BigEndian.Uint16(b[:]))
	case length64:
		if _, err := io.ReadFull(ws.r, b[:8]); err != nil {
			return 0, nil, err
		}
		size = binary.BigEndian.Uint64(b[:])
	}
	if size > uint64(most) {
		return 0, nil, fmt.Errorf("a message of more than %d bytes", maxMessage)
	}
	payload = make([]byte, size)
	if _, err := io.ReadFull(ws.r, payload); err != nil {
		return 0, nil, err
	}
	return head, payload, nil
}
