package main

import (
	"io"
	"strings"
	"time"

	"go.uber.org/zap/buffer"
	"go.uber.org/zap/zapcore"

	"github.com/lumo-lambda/lumo-lambda/lumoproc"
)

// logger writes lines in the form of the managed Node runtime. It uses zap's core without its front: the front links
// net/http, and a line here has no caller, no name and no sampling.
type logger struct {
	core zapcore.Core
}

// traceLevel is below zap's lowest: Lambda's levels begin with TRACE.
const traceLevel = zapcore.DebugLevel - 1

// timeFormat is JavaScript's toISOString.
const timeFormat = "2006-01-02T15:04:05.000Z"

const requestID = "requestId"

func newLogger(w io.Writer, env map[string]string) *logger {
	encoder := newTextEncoder()
	if strings.EqualFold(env["AWS_LAMBDA_LOG_FORMAT"], "JSON") {
		encoder = newJSONEncoder()
	}
	return &logger{zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(w)), parseLevel(env["AWS_LAMBDA_LOG_LEVEL"]))}
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

func (l *logger) line(line lumoproc.Line)    { l.write(zapLevel(line.Level), line.Label, line.Text) }
func (l *logger) warn(request, text string)  { l.write(zapcore.WarnLevel, request, text) }
func (l *logger) error(request, text string) { l.write(zapcore.ErrorLevel, request, text) }

func (l *logger) write(level zapcore.Level, request, text string) {
	if !l.core.Enabled(level) {
		return
	}
	var fields []zapcore.Field
	if request != "" {
		fields = []zapcore.Field{{Key: requestID, Type: zapcore.StringType, String: request}}
	}
	// A log that cannot be written is no reason to fail an invocation, and there is nowhere to say so.
	_ = l.core.Write(zapcore.Entry{Level: level, Time: time.Now(), Message: text}, fields)
}

func newJSONEncoder() zapcore.Encoder {
	return zapcore.NewJSONEncoder(zapcore.EncoderConfig{
		TimeKey:    "timestamp",
		LevelKey:   "level",
		MessageKey: "message",
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
	request := "-"
	for _, f := range fields {
		if f.Key == requestID {
			request = f.String
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
