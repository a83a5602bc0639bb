package lumoproc

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// readBuffer holds a header and a small payload, so that they cost one read; a large payload is read past it.
const readBuffer = 16 << 10

// Decoder reads frames.
type Decoder struct {
	r *bufio.Reader
}

// NewDecoder returns a decoder of the frames in r.
func NewDecoder(r io.Reader) *Decoder { return &Decoder{bufio.NewReaderSize(r, readBuffer)} }

// Next returns the next message and the request it is about. At the end between two frames it returns io.EOF, for
// bytes that are no frame a *FrameError, else the reader's error. After an error the decoder is of no more use.
// The message owns its bytes.
func (d *Decoder) Next() (request uint32, m Message, err error) {
	b, err := d.peekHeader()
	if err != nil {
		return 0, nil, err
	}
	h, err := parseHeader(b)
	if err != nil {
		return 0, nil, err
	}
	if _, err := d.r.Discard(headerSize); err != nil {
		panic("bug: discard of bytes that were peeked: " + err.Error())
	}
	payload := make([]byte, h.length)
	if n, err := io.ReadFull(d.r, payload); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, nil, &FrameError{KindTruncated, fmt.Sprintf("%s ends after %d of %d bytes", h.typ, n, h.length)}
	} else if err != nil {
		return 0, nil, fmt.Errorf("read payload of %s: %w", h.typ, err)
	}
	m, err = decodePayload(h.typ, payload)
	return h.request, m, err
}

// peekHeader waits for the bytes of a header, and no longer than they may be one: a child that sends a short text must not
// be waited for.
func (d *Decoder) peekHeader() ([]byte, error) {
	const start = "LM\x01"
	for wanted := 1; ; {
		b, err := d.r.Peek(max(wanted, min(d.r.Buffered(), headerSize)))
		n := min(len(b), len(start))
		switch {
		case len(b) >= headerSize:
			return b, nil // parseHeader says what is wrong with it, if something is
		case string(b[:min(n, 2)]) != start[:min(n, 2)]:
			return nil, &FrameError{KindMagic, fmt.Sprintf("%q where a frame should begin", b)}
		case err == nil:
			wanted = len(b) + 1
			if n == len(start) {
				wanted = headerSize
			}
		case !errors.Is(err, io.EOF):
			return nil, fmt.Errorf("read frame header: %w", err)
		case len(b) == 0:
			return nil, io.EOF
		default:
			return nil, &FrameError{KindTruncated, fmt.Sprintf("a header ends after %d of %d bytes", len(b), headerSize)}
		}
	}
}

// buffers gives m's frame in up to three pieces, of which only the first, appended to head, is made here.
func buffers(head []byte, request uint32, m Message) ([3][]byte, error) {
	tail := m.tail()
	start := len(head)
	head = m.prefix(header{typ: m.Type(), request: request}.append(head))
	length := len(head) - start - headerSize + len(tail[0]) + len(tail[1])
	if length > MaxPayload {
		return [3][]byte{}, &TooLargeError{Type: m.Type(), Size: length}
	}
	// The length is known only now that the prefix is.
	header{m.Type(), request, uint32(length)}.append(head[:start])
	return [3][]byte{head, tail[0], tail[1]}, nil
}

// Append appends the frame of m to dst. It copies; the parent's writer does not.
func Append(dst []byte, request uint32, m Message) ([]byte, error) {
	b, err := buffers(dst, request, m)
	if err != nil {
		return dst, err
	}
	return append(append(b[0], b[1]...), b[2]...), nil
}
