package lumoproc

import (
	"encoding/binary"
	"fmt"
)

const (
	headerSize = 12
	version    = 0x01

	// MaxPayload is the largest payload of a frame, in bytes: well over Lambda's 6 MiB, well under a small sandbox's memory.
	MaxPayload = 16 << 20
)

// Type is the kind of a frame.
type Type byte

// The types of frames. Those below 0x80 are commands to the child, the others are its reports.
const (
	TypeInvoke Type = 0x01
	TypeStop   Type = 0x02
	TypeCredit Type = 0x03
	TypeCancel Type = 0x04
	TypeReady  Type = 0x81
	TypeResult Type = 0x82
	TypeFault  Type = 0x83
	TypeLog    Type = 0x84
	TypeBegin  Type = 0x85
	TypeChunk  Type = 0x86
	TypeEnd    Type = 0x87
)

func (t Type) String() string {
	switch t {
	case TypeInvoke:
		return "Invoke"
	case TypeStop:
		return "Stop"
	case TypeCredit:
		return "Credit"
	case TypeCancel:
		return "Cancel"
	case TypeReady:
		return "Ready"
	case TypeResult:
		return "Result"
	case TypeFault:
		return "Fault"
	case TypeLog:
		return "Log"
	case TypeBegin:
		return "Begin"
	case TypeChunk:
		return "Chunk"
	case TypeEnd:
		return "End"
	}
	return fmt.Sprintf("Type(%#02x)", byte(t))
}

func (t Type) known() bool {
	switch t {
	case TypeInvoke, TypeStop, TypeCredit, TypeCancel, TypeReady, TypeResult, TypeFault, TypeLog, TypeBegin, TypeChunk, TypeEnd:
		return true
	}
	return false
}

// header is the first 12 bytes of a frame, decoded.
type header struct {
	typ     Type
	request uint32
	length  uint32
}

func (h header) append(dst []byte) []byte {
	dst = append(dst, 'L', 'M', version, byte(h.typ))
	dst = binary.BigEndian.AppendUint32(dst, h.request)
	return binary.BigEndian.AppendUint32(dst, h.length)
}

// parseHeader decodes b, which holds headerSize bytes.
func parseHeader(b []byte) (header, error) {
	switch {
	case b[0] != 'L' || b[1] != 'M':
		return header{}, &FrameError{KindMagic, fmt.Sprintf("%q where a frame should begin", b[:headerSize])}
	case b[2] != version:
		return header{}, &FrameError{KindVersion, fmt.Sprintf("version %d, want %d", b[2], version)}
	case !Type(b[3]).known():
		return header{}, &FrameError{KindType, fmt.Sprintf("type %#02x is not known", b[3])}
	}
	h := header{Type(b[3]), binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:])}
	if h.length > MaxPayload {
		return header{}, &FrameError{KindLength, fmt.Sprintf("%s of %d bytes, at most %d are allowed", h.typ, h.length, MaxPayload)}
	}
	return h, nil
}

// Kind says which rule of the frame format some bytes broke. The values are those of testdata/frames.json.
type Kind string

// The rules, in the order in which they are checked.
const (
	KindMagic     Kind = "magic"
	KindVersion   Kind = "version"
	KindType      Kind = "type"
	KindLength    Kind = "length"
	KindTruncated Kind = "truncated"
	KindPayload   Kind = "payload"
)

// FrameError is what a [Decoder] returns for bytes that are not a frame.
type FrameError struct {
	Kind   Kind
	Detail string
}

func (e *FrameError) Error() string { return fmt.Sprintf("bad frame (%s): %s", e.Kind, e.Detail) }
