package lumoproc

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// Message is a decoded frame: a command (Invoke, Stop, Credit, Cancel) or a report (the others).
type Message interface {
	Type() Type
	// prefix appends the part of the payload that is made here; tail is the rest of it, which is not copied.
	prefix(dst []byte) []byte
	tail() [2][]byte
}

// Invoke asks for an answer to Event.
type Invoke struct {
	Context []byte // what the child should know about the request; JSON by the child's contract
	Event   []byte // any bytes, may be empty

	// What follows is not sent.

	// Label names the request in log lines.
	Label string

	// Inspect is how long a child that has missed the request's deadline, and has no other in flight, may take to tell where
	// it is, before it is killed; 0: it is not asked.
	Inspect time.Duration

	// Stream opens the way for a streamed answer; nil where it cannot be one.
	Stream OpenStream
}

// OpenStream opens the way that a streamed answer takes. It is called once the answer begins, as are Write calls, by the
// caller of [Keeper.Invoke]; a Write that waits holds up the child. The context is that of the request: when it is over, a
// Write must return.
type OpenStream func(ctx context.Context, contentType string) (io.Writer, error)

// Stop asks the child to finish what is in flight, and to exit with status 0.
type Stop struct{}

// Credit lets the child send so many more bytes of a request's streamed answer.
type Credit struct {
	Bytes uint32
}

// Cancel says that nobody waits for a request's answer any more. The child ends the request, as it does any other.
type Cancel struct{}

// Ready says that the child takes requests.
type Ready struct {
	JSON []byte // a JSON object; Info decodes it
}

// Info is what a child tells about itself when it is ready.
type Info struct {
	PID           int    `json:"pid"`
	Lumo          string `json:"lumo"`
	ClojureScript string `json:"clojurescript"`
	Node          string `json:"node"`
	Handler       string `json:"handler"`
	Shutdown      bool   `json:"shutdown"` // it wants to be told to stop, and has something to do then

	// Where its start went, in milliseconds: from the process's start to its own code, loading the handler, and compiling
	// as a part of that.
	StartMS   float64 `json:"startMs"`
	LoadMS    float64 `json:"loadMs"`
	CompileMS float64 `json:"compileMs"`
}

// Result is the answer to one Invoke.
type Result struct {
	Answer []byte
}

// Fault is the error that one Invoke ended in; for request 0, the error that made the child useless.
type Fault struct {
	ErrorType string // ASCII without control characters
	Body      []byte // the error as JSON, made by the child
}

// Log is a line for the log.
type Log struct {
	Level  Level
	Text   []byte
	Record bool // Text is a JSON object, which is to be written as part of the line's
}

// recordBit is set in the level's byte where the text is a record.
const recordBit = 0x80

// Begin says that the answer to one Invoke is streamed: Chunks follow, then End or, where it failed on its way, Fault.
type Begin struct {
	ContentType string // ASCII without control characters
}

// Chunk is the next part of a streamed answer.
type Chunk struct {
	Data []byte
}

// End says that a streamed answer is whole.
type End struct{}

// Level is how much a log line matters.
type Level byte

// The levels of log lines, with their numbers on the wire.
const (
	LevelTrace Level = 1 + iota
	LevelDebug
	LevelInfo
	LevelWarn
	LevelError
	LevelFatal
)

func (Invoke) Type() Type { return TypeInvoke }
func (Stop) Type() Type   { return TypeStop }
func (Ready) Type() Type  { return TypeReady }
func (Result) Type() Type { return TypeResult }
func (Fault) Type() Type  { return TypeFault }
func (Log) Type() Type    { return TypeLog }
func (Credit) Type() Type { return TypeCredit }
func (Cancel) Type() Type { return TypeCancel }
func (Begin) Type() Type  { return TypeBegin }
func (Chunk) Type() Type  { return TypeChunk }
func (End) Type() Type    { return TypeEnd }

func (m Invoke) prefix(dst []byte) []byte {
	return binary.BigEndian.AppendUint32(dst, uint32(len(m.Context)))
}
func (m Stop) prefix(dst []byte) []byte   { return dst }
func (m Ready) prefix(dst []byte) []byte  { return dst }
func (m Result) prefix(dst []byte) []byte { return dst }
func (m Fault) prefix(dst []byte) []byte {
	return append(binary.BigEndian.AppendUint16(dst, uint16(len(m.ErrorType))), m.ErrorType...)
}
func (m Log) prefix(dst []byte) []byte {
	level := byte(m.Level)
	if m.Record {
		level |= recordBit
	}
	return append(dst, level)
}
func (m Credit) prefix(dst []byte) []byte { return binary.BigEndian.AppendUint32(dst, m.Bytes) }
func (m Cancel) prefix(dst []byte) []byte { return dst }
func (m Begin) prefix(dst []byte) []byte  { return append(dst, m.ContentType...) }
func (m Chunk) prefix(dst []byte) []byte  { return dst }
func (m End) prefix(dst []byte) []byte    { return dst }

func (m Invoke) tail() [2][]byte { return [2][]byte{m.Context, m.Event} }
func (m Stop) tail() [2][]byte   { return [2][]byte{} }
func (m Ready) tail() [2][]byte  { return [2][]byte{m.JSON} }
func (m Result) tail() [2][]byte { return [2][]byte{m.Answer} }
func (m Fault) tail() [2][]byte  { return [2][]byte{m.Body} }
func (m Log) tail() [2][]byte    { return [2][]byte{m.Text} }
func (m Credit) tail() [2][]byte { return [2][]byte{} }
func (m Cancel) tail() [2][]byte { return [2][]byte{} }
func (m Begin) tail() [2][]byte  { return [2][]byte{} }
func (m Chunk) tail() [2][]byte  { return [2][]byte{m.Data} }
func (m End) tail() [2][]byte    { return [2][]byte{} }

// Info decodes what the child told. A field that is missing or of another type stays empty: it is for people to read.
func (m Ready) Info() Info {
	var info Info
	_ = json.Unmarshal(m.JSON, &info)
	return info
}

func isObject(b []byte) bool {
	return json.Valid(b) && bytes.HasPrefix(bytes.TrimLeft(b, " \t\r\n"), []byte("{"))
}

// decodePayload gives the message in payload, which it keeps parts of.
func decodePayload(t Type, payload []byte) (Message, error) {
	bad := func(format string, args ...any) (Message, error) {
		return nil, &FrameError{KindPayload, t.String() + ": " + fmt.Sprintf(format, args...)}
	}
	switch t {
	case TypeInvoke:
		if len(payload) < 4 {
			return bad("%d bytes have no room for the context's length", len(payload))
		}
		n, rest := binary.BigEndian.Uint32(payload), payload[4:]
		if uint64(n) > uint64(len(rest)) {
			return bad("a context of %d bytes in %d", n, len(rest))
		}
		return Invoke{Context: rest[:n:n], Event: rest[n:]}, nil
	case TypeStop, TypeCancel, TypeEnd:
		if len(payload) > 0 {
			return bad("%d bytes where none belong", len(payload))
		}
		switch t {
		case TypeCancel:
			return Cancel{}, nil
		case TypeEnd:
			return End{}, nil
		}
		return Stop{}, nil
	case TypeCredit:
		if len(payload) != 4 || binary.BigEndian.Uint32(payload) == 0 {
			return bad("%x is not a number of bytes", payload)
		}
		return Credit{Bytes: binary.BigEndian.Uint32(payload)}, nil
	case TypeReady:
		if !isObject(payload) {
			return bad("not a JSON object: %.80q", payload)
		}
		return Ready{JSON: payload}, nil
	case TypeResult:
		return Result{Answer: payload}, nil
	case TypeFault:
		if len(payload) < 2 {
			return bad("%d bytes have no room for the type's length", len(payload))
		}
		n, rest := int(binary.BigEndian.Uint16(payload)), payload[2:]
		if n > len(rest) {
			return bad("a type of %d bytes in %d", n, len(rest))
		}
		if !printable(rest[:n]) {
			return bad("the type %.80q is not printable ASCII", rest[:n])
		}
		return Fault{ErrorType: string(rest[:n]), Body: rest[n:]}, nil
	case TypeLog:
		if len(payload) < 1 {
			return bad("no level")
		}
		m := Log{Level: Level(payload[0] &^ recordBit), Text: payload[1:], Record: payload[0]&recordBit != 0}
		if m.Level < LevelTrace || m.Level > LevelFatal {
			return bad("level %d", payload[0])
		}
		if m.Record && !isObject(m.Text) {
			return bad("a record that is not a JSON object: %.80q", m.Text)
		}
		return m, nil
	case TypeBegin:
		if !printable(payload) {
			return bad("the content type %.80q is not printable ASCII", payload)
		}
		return Begin{ContentType: string(payload)}, nil
	case TypeChunk:
		return Chunk{Data: payload}, nil
	}
	panic("bug: payload of a type that parseHeader let through: " + t.String())
}

func printable(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}
