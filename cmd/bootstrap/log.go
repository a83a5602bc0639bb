package main

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap/buffer"
	"go.uber.org/zap/zapcore"

	"github.com/lumo-lambda/lumo-lambda/lumoproc"
	"github.com/lumo-lambda/lumo-lambda/runtimeapi"
)

// logger writes lines in the form of the managed Node runtime. It uses zap's encoders without its front, which links net/http,
// and without its core, which writes each line by itself: what a child has written by then is one write here.
type logger struct {
	encoder zapcore.Encoder
	level   zapcore.Level // the lowest that is logged
	json    bool

	mu sync.Mutex // held while w is written to
	w  io.Writer
}

// traceLevel is below zap's lowest: Lambda's levels begin with TRACE.
const traceLevel = zapcore.DebugLevel - 1

// timeFormat is JavaScript's toISOString.
const timeFormat = "2006-01-02T15:04:05.000Z"

// The keys of a line's fields.
const (
	requestID = "requestId"
	tenantID  = "tenantId"
	record    = "record" // a JSON object, whose members become the line's own
)

func newLogger(w io.Writer, env map[string]string) *logger {
	encoder := newTextEncoder()
	asJSON := strings.EqualFold(env["AWS_LAMBDA_LOG_FORMAT"], "JSON") || env[concurrencyVar] != "" // lines of many would be mixed up
	if asJSON {
		encoder = newRecordEncoder()
	}
	return &logger{encoder: encoder, level: parseLevel(env["AWS_LAMBDA_LOG_LEVEL"]), json: asJSON, w: w}
}

// parseLevel gives the lowest level that is logged.
func parseLevel(name string) zapcore.Level {
	for _, level := range []zapcore.Level{traceLevel, zapcore.DebugLevel, zapcore.InfoLevel, zapcore.WarnLevel,
		zapcore.ErrorLevel, zapcore.FatalLevel} {
		if strings.EqualFold(name, levelName(level)) {
			return level
		}
	}
	return traceLevel
}

func levelName(level zapcore.Level) string {
	if level == traceLevel {
		return "TRACE"
	}
	return level.CapitalString()
}

// zapLevel gives zap's level for a child's.
func zapLevel(level lumoproc.Level) zapcore.Level {
	switch level {
	case lumoproc.LevelTrace:
		return traceLevel
	case lumoproc.LevelDebug:
		return zapcore.DebugLevel
	case lumoproc.LevelWarn:
		return zapcore.WarnLevel
	case lumoproc.LevelError:
		return zapcore.ErrorLevel
	case lumoproc.LevelFatal:
		return zapcore.FatalLevel
	default:
		return zapcore.InfoLevel
	}
}

// label names a request in the log: its id and its tenant's.
func label(inv *runtimeapi.Invocation) string {
	if inv.TenantID == "" {
		return inv.RequestID
	}
	return inv.RequestID + "\x00" + inv.TenantID
}

// lines writes what a child has to say.
func (l *logger) lines(lines ...lumoproc.Line) {
	all := textPool.Get()
	defer all.Free()
	for _, line := range lines {
		if line.Record {
			l.encode(all, zapLevel(line.Level), line.Label, "", []byte(line.Text))
		} else {
			l.encode(all, zapLevel(line.Level), line.Label, line.Text, nil)
		}
	}
	l.put(all)
}

func (l *logger) warn(label, text string)  { l.write(zapcore.WarnLevel, label, text, nil) }
func (l *logger) error(label, text string) { l.write(zapcore.ErrorLevel, label, text, nil) }

// metrics writes a JSON object in CloudWatch's embedded metric format, as a line of its own.
func (l *logger) metrics(object []byte) { l.write(zapcore.InfoLevel, "", string(object), nil) }

// write logs text or, in place of it, a record.
func (l *logger) write(level zapcore.Level, label, text string, object []byte) {
	line := textPool.Get()
	defer line.Free()
	l.encode(line, level, label, text, object)
	l.put(line)
}

// encode adds a line to those that are to be written, where its level is logged.
func (l *logger) encode(to *buffer.Buffer, level zapcore.Level, label, text string, object []byte) {
	if level < l.level && !isMetrics(text) {
		return
	}
	fields := make([]zapcore.Field, 0, 3)
	if request, tenant, tenanted := strings.Cut(label, "\x00"); request != "" {
		fields = append(fields, zapcore.Field{Key: requestID, Type: zapcore.StringType, String: request})
		if tenanted {
			fields = append(fields, zapcore.Field{Key: tenantID, Type: zapcore.StringType, String: tenant})
		}
	}
	if object != nil {
		fields = append(fields, zapcore.Field{Key: record, Type: zapcore.ByteStringType, Interface: object})
	}
	line, err := l.encoder.EncodeEntry(zapcore.Entry{Level: level, Time: time.Now(), Message: text}, fields)
	if err != nil {
		panic("bug: a line of texts cannot be encoded: " + err.Error())
	}
	_, _ = to.Write(line.Bytes()) // a buffer takes all
	line.Free()
}

// put writes whole lines. A log that cannot be written is no reason to fail an invocation, and there is nowhere to say so.
func (l *logger) put(lines *buffer.Buffer) {
	if lines.Len() == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = l.w.Write(lines.Bytes())
}

// isMetrics is true for a line in CloudWatch's embedded metric format. CloudWatch looks for the object alone, so nothing is
// put around it, and no level filters it.
func isMetrics(text string) bool {
	return strings.HasPrefix(text, `{"_aws":`) && !strings.Contains(text, "\n")
}

// raw gives a line of nothing but its text.
func raw(text string) *buffer.Buffer {
	b := textPool.Get()
	b.AppendString(text)
	b.AppendByte('\n')
	return b
}

// recordEncoder writes a JSON object a line. The members of a record stand where the message would.
type recordEncoder struct {
	zapcore.Encoder                 // for lines of text
	records         zapcore.Encoder // without a message
}

func newRecordEncoder() zapcore.Encoder {
	return recordEncoder{newJSONEncoder("message"), newJSONEncoder("")}
}

func (e recordEncoder) Clone() zapcore.Encoder { return newRecordEncoder() }

func (e recordEncoder) EncodeEntry(entry zapcore.Entry, fields []zapcore.Field) (*buffer.Buffer, error) {
	if isMetrics(entry.Message) {
		return raw(entry.Message), nil
	}
	last := len(fields) - 1
	if last < 0 || fields[last].Key != record {
		return e.Encoder.EncodeEntry(entry, fields)
	}
	b, err := e.records.EncodeEntry(entry, fields[:last])
	if err != nil {
		return b, err
	}
	head := bytes.TrimSuffix(b.Bytes(), []byte("}\n"))
	members, _ := fields[last].Interface.([]byte)
	members = bytes.TrimPrefix(bytes.TrimSpace(members), []byte("{")) // lumo writes it on one line
	line := textPool.Get()
	_, _ = line.Write(head) // a buffer takes all
	if !bytes.HasPrefix(bytes.TrimSpace(members), []byte("}")) {
		line.AppendByte(',')
	}
	_, _ = line.Write(members)
	line.AppendByte('\n')
	b.Free()
	return line, nil
}

func newJSONEncoder(messageKey string) zapcore.Encoder {
	return zapcore.NewJSONEncoder(zapcore.EncoderConfig{
		TimeKey:    "timestamp",
		LevelKey:   "level",
		MessageKey: messageKey,
		EncodeTime: func(t time.Time, enc zapcore.PrimitiveArrayEncoder) {
			enc.AppendString(t.UTC().Format(timeFormat))
		},
		EncodeLevel: func(level zapcore.Level, enc zapcore.PrimitiveArrayEncoder) {
			enc.AppendString(levelName(level))
		},
	})
}

// textEncoder writes time, request, level and message. A message with line ends stays one event of the log: CloudWatch
// shows carriage returns as lines.
type textEncoder struct {
	zapcore.ObjectEncoder // for With, which this program does not use
}

var (
	textPool = buffer.NewPool()
	oneLine  = strings.NewReplacer("\r\n", "\r", "\n", "\r")
)

func newTextEncoder() zapcore.Encoder { return textEncoder{zapcore.NewMapObjectEncoder()} }

func (e textEncoder) Clone() zapcore.Encoder { return newTextEncoder() }

func (e textEncoder) EncodeEntry(entry zapcore.Entry, fields []zapcore.Field) (*buffer.Buffer, error) {
	if isMetrics(entry.Message) {
		return raw(entry.Message), nil
	}
	request := "-"
	for _, f := range fields {
		switch f.Key {
		case requestID:
			request = f.String
		case record: // from a lumo that was told another format
			if members, ok := f.Interface.([]byte); ok {
				entry.Message = string(members)
			}
		}
	}
	b := textPool.Get()
	b.AppendTime(entry.Time.UTC(), timeFormat)
	for _, part := range []string{request, levelName(entry.Level), oneLine.Replace(entry.Message)} {
		b.AppendByte('\t')
		b.AppendString(part)
	}
	b.AppendByte('\n')
	return b, nil
}
