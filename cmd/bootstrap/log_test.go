package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/lumoproc"
)

var allLevels = []lumoproc.Level{lumoproc.LevelTrace, lumoproc.LevelDebug, lumoproc.LevelInfo, lumoproc.LevelWarn,
	lumoproc.LevelError, lumoproc.LevelFatal}

// logAll writes one line of every level.
func logAll(env map[string]string) string {
	var b bytes.Buffer
	l := newLogger(&b, env)
	for _, level := range allLevels {
		l.lines(lumoproc.Line{Label: "id", Level: level, Text: "text"})
	}
	return b.String()
}

func TestLevelsAreFiltered(t *testing.T) {
	for level, want := range map[string]string{
		"":      "TRACE DEBUG INFO WARN ERROR FATAL",
		"trace": "TRACE DEBUG INFO WARN ERROR FATAL",
		"Debug": "DEBUG INFO WARN ERROR FATAL",
		"INFO":  "INFO WARN ERROR FATAL",
		"warn":  "WARN ERROR FATAL",
		"ERROR": "ERROR FATAL",
		"fatal": "FATAL",
		"loud":  "TRACE DEBUG INFO WARN ERROR FATAL",
	} {
		var got []string
		for _, line := range strings.Split(strings.TrimSpace(logAll(map[string]string{"AWS_LAMBDA_LOG_LEVEL": level})), "\n") {
			got = append(got, strings.Split(line, "\t")[2])
		}
		assert.Equal(t, want, strings.Join(got, " "), level)
	}
}

func TestTextLine(t *testing.T) {
	var b bytes.Buffer
	l := newLogger(&b, nil)
	l.warn("", "one\ntwo\r\nthree\tfour")
	l.error("id", "é")
	assert.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\t-\tWARN\tone\rtwo\rthree\tfour\n`+
		`[^\t]{24}\tid\tERROR\té\n$`, b.String())
}

// writes keeps what each write brought.
type writes []string

func (w *writes) Write(p []byte) (int, error) {
	*w = append(*w, string(p))
	return len(p), nil
}

func TestLinesOfOneMomentAreOneWrite(t *testing.T) {
	var w writes
	l := newLogger(&w, map[string]string{"AWS_LAMBDA_LOG_LEVEL": "INFO"})
	l.lines(lumoproc.Line{Level: lumoproc.LevelInfo, Text: "one"}, lumoproc.Line{Level: lumoproc.LevelDebug, Text: "hidden"},
		lumoproc.Line{Level: lumoproc.LevelInfo, Text: "two"})
	l.lines(lumoproc.Line{Level: lumoproc.LevelDebug, Text: "hidden"})
	require.Len(t, w, 1)
	assert.Regexp(t, `^[^\t]{24}\t-\tINFO\tone\n[^\t]{24}\t-\tINFO\ttwo\n$`, w[0])
}

func TestJSONLineOfEveryFormatName(t *testing.T) {
	for _, format := range []string{"JSON", "json", "Json"} {
		var b bytes.Buffer
		l := newLogger(&b, map[string]string{"AWS_LAMBDA_LOG_FORMAT": format})
		l.warn("", "a \"b\"\nc")
		l.warn("id", "\xff")
		assert.Regexp(t, `^{"level":"WARN","timestamp":"[^"]{24}","message":"a \\"b\\"\\nc"}\n`+
			`{"level":"WARN","timestamp":"[^"]{24}","message":"\\ufffd","requestId":"id"}\n$`, b.String())
	}
	assert.Contains(t, logAll(map[string]string{"AWS_LAMBDA_LOG_FORMAT": "Text"}), "\tTRACE\t")
}

func TestRecordsMembersAreTheLines(t *testing.T) {
	var b bytes.Buffer
	l := newLogger(&b, map[string]string{"AWS_LAMBDA_LOG_FORMAT": "JSON"})
	l.lines(lumoproc.Line{Label: "id\x00tenant", Level: lumoproc.LevelWarn, Record: true, Text: `{"message":"m","n":1}`})
	l.lines(lumoproc.Line{Level: lumoproc.LevelInfo, Record: true, Text: ` { } `})
	l.lines(lumoproc.Line{Label: "id\x00tenant", Level: lumoproc.LevelInfo, Text: "t"})
	const head = `"timestamp":"[^"]{24}"`
	assert.Regexp(t, `^{"level":"WARN",`+head+`,"requestId":"id","tenantId":"tenant","message":"m","n":1}\n`+
		`{"level":"INFO",`+head+` }\n`+
		`{"level":"INFO",`+head+`,"message":"t","requestId":"id","tenantId":"tenant"}\n$`, b.String())
	for _, line := range strings.Split(strings.TrimSpace(b.String()), "\n") {
		assert.True(t, json.Valid([]byte(line)), line)
	}
}

func TestRecordInTextIsItsText(t *testing.T) {
	var b bytes.Buffer
	newLogger(&b, nil).lines(lumoproc.Line{Label: "id\x00tenant", Level: lumoproc.LevelWarn, Record: true, Text: `{"n":1}`})
	assert.Regexp(t, `^[^\t]{24}\tid\tWARN\t{"n":1}\n$`, b.String())
}

func TestMetricsAreALineOfTheirOwnAtEveryLevel(t *testing.T) {
	const metrics = `{"_aws":{"Timestamp":1},"a":2}`
	for _, format := range []string{"Text", "JSON"} {
		var b bytes.Buffer
		l := newLogger(&b, map[string]string{"AWS_LAMBDA_LOG_FORMAT": format, "AWS_LAMBDA_LOG_LEVEL": "FATAL"})
		l.lines(lumoproc.Line{Label: "id", Level: lumoproc.LevelInfo, Text: metrics})
		l.lines(lumoproc.Line{Label: "id", Level: lumoproc.LevelInfo, Text: metrics + "\nmore"})
		assert.Equal(t, metrics+"\n", b.String(), format)
	}
}

func TestErrorInJSONIsMembers(t *testing.T) {
	var b bytes.Buffer
	l := newLogger(&b, map[string]string{"AWS_LAMBDA_LOG_FORMAT": "JSON"})
	l.report("id", &report{errorType: "Runtime.X", message: "m", stack: []string{"s"}, source: []string{"f:1:2"}})
	assert.Regexp(t, `"requestId":"id","message":"Runtime.X: m","errorType":"Runtime.X","errorMessage":"m","errorSource":\["f:1:2"\],`+
		`"stackTrace":\["s"\]}\n$`, b.String())
}

// The metrics at the start, against the embedded metric format's specification: every name that the directive uses is a
// member of the object, a dimension of a text, a metric of a number.
func TestStartMetricsAreInTheEmbeddedFormat(t *testing.T) {
	now := time.UnixMilli(1767323045000)
	for _, function := range []string{"f", ""} {
		var m map[string]any
		require.NoError(t, json.Unmarshal(startMetrics(function, lumoproc.Info{StartMS: 50.5, LoadMS: 30, CompileMS: 20},
			now, now.Add(-120*time.Millisecond)), &m))
		aws, _ := m["_aws"].(map[string]any)
		assert.EqualValues(t, now.UnixMilli(), aws["Timestamp"])
		directives, _ := aws["CloudWatchMetrics"].([]any)
		require.Len(t, directives, 1)
		d, _ := directives[0].(map[string]any)
		assert.Equal(t, "Lumo", d["Namespace"])
		for _, set := range d["Dimensions"].([]any) {
			for _, name := range set.([]any) {
				assert.NotEmpty(t, m[name.(string)].(string))
			}
		}
		values := map[string]any{}
		for _, metric := range d["Metrics"].([]any) {
			metric := metric.(map[string]any)
			assert.Equal(t, "Milliseconds", metric["Unit"])
			values[metric["Name"].(string)] = m[metric["Name"].(string)]
		}
		assert.Equal(t, map[string]any{"Spawn": 50.5, "Load": 30.0, "Compile": 20.0, "FirstNext": 120.0}, values)
		_, named := m["FunctionName"]
		assert.Equal(t, function != "", named)
	}
}

func BenchmarkLogLine(b *testing.B) {
	for _, format := range []string{"Text", "JSON"} {
		b.Run(format, func(b *testing.B) {
			l := newLogger(discard{}, map[string]string{"AWS_LAMBDA_LOG_FORMAT": format})
			line := lumoproc.Line{Label: "8476a536-e9f4-11e8-9739-2dfe598c3fcd", Level: lumoproc.LevelInfo, Text: strings.Repeat("x", 80)}
			b.ReportAllocs()
			for b.Loop() {
				l.lines(line)
			}
		})
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
