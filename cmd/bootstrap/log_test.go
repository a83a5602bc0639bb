package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/lumo-lambda/lumo-lambda/lumoproc"
)

var allLevels = []lumoproc.Level{lumoproc.LevelTrace, lumoproc.LevelDebug, lumoproc.LevelInfo, lumoproc.LevelWarn,
	lumoproc.LevelError, lumoproc.LevelFatal}

// logAll writes one line of every level.
func logAll(env map[string]string) string {
	var b bytes.Buffer
	l := newLogger(&b, env)
	for _, level := range allLevels {
		l.line(lumoproc.Line{Label: "id", Level: level, Text: "text"})
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

func BenchmarkLogLine(b *testing.B) {
	for _, format := range []string{"Text", "JSON"} {
		b.Run(format, func(b *testing.B) {
			l := newLogger(discard{}, map[string]string{"AWS_LAMBDA_LOG_FORMAT": format})
			line := lumoproc.Line{Label: "8476a536-e9f4-11e8-9739-2dfe598c3fcd", Level: lumoproc.LevelInfo, Text: strings.Repeat("x", 80)}
			b.ReportAllocs()
			for b.Loop() {
				l.line(line)
			}
		})
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
