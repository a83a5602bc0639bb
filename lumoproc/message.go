package lumoproc

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"
)

// Message is a decoded frame: a command (Invoke, Stop) or a report (Ready, Result, Fault, Log).
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

	// Label names the request in log lines. It is not sent.
	Label string

	// Inspect is how long a child that has missed the request's deadline may take to tell where it is, before it is
	// killed; 0: it is not asked. It is not sent.
	Inspect time.Duration
}

// Stop asks the child to finish what is in flight, and to exit with status 0.
type Stop struct{}

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

func (m Invoke) tail() [2][]byte { return [2][]byte{m.Context, m.Event} }
func (m Stop) tail() [2][]byte   { return [2][]byte{} }
func (m Ready) tail() [2][]byte  { return [2][]byte{m.JSON} }
func (m Result) tail() [2][]byte { return [2][]byte{m.Answer} }
func (m Fault) tail() [2][]byte  { return [2][]byte{m.Body} }
func (m Log) tail() [2][]byte    { return [2][]byte{m.Text} }

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
	case TypeStop:
		if len(payload) > 0 {
			return bad("%d bytes where none belong", len(payload))
		}
		return Stop{}, nil
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
		for _, c := range rest[:n] {
			if c < ' ' || c > '~' {
				return bad("the type %.80q is not printable ASCII", rest[:n])
			}
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
	}
	panic("bug: payload of a type that parseHeader let through: " + t.String())
}
