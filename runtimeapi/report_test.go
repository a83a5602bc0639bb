package runtimeapi

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// platformFilter is what Lambda lets pass; anything else it makes Unknown.
var platformFilter = regexp.MustCompile(`^(Runtime|Function)\.[A-Z][a-zA-Z]+$`)

func TestTypesPassThePlatformsFilter(t *testing.T) {
	for in, want := range map[string]string{
		"Runtime.ExitError":               "Runtime.ExitError",
		"Function.ResponseSizeTooLarge":   "Function.ResponseSizeTooLarge",
		"TypeError":                       "Function.TypeError",
		"cljs.core/ExceptionInfo":         "Function.ExceptionInfo",
		"my.app$Thing":                    "Function.Thing",
		"Function.not-found":              "Function.Notfound",
		"Error2":                          "Function.Error",
		"":                                "Function.Unknown",
		"Runtime.":                        "Runtime.Unknown",
		"Runtime.é":                       "Runtime.Unknown",
		"a\r\nX-Evil: yes":                "Function.AXEvilyes",
		strings.Repeat("x", 10_000) + "y": "Function.X" + strings.Repeat("x", 100),
	} {
		got := headerType(in)
		assert.Equal(t, want, got, "%.40q", in)
		assert.Regexp(t, platformFilter, got)
	}
}

func TestXRayCauseIsOneLineOfASCIIOrLeftOut(t *testing.T) {
	assert.Equal(t, `{"a":"\u00e9\ud83d\ude00","b":1}`, headerJSON([]byte("{\n\t\"a\":\"é😀\",\r\n\"b\":1}")))
	assert.Empty(t, headerJSON(nil))
	assert.Empty(t, headerJSON([]byte("{")))
	assert.Empty(t, headerJSON([]byte(`"`+strings.Repeat("é", maxXRayCause)+`"`)))
}

func FuzzReport(f *testing.F) {
	f.Add("Runtime.X", []byte(`{"errorMessage":"m"}`))
	f.Add("é\n", []byte("\xff\x00"))
	f.Add("", []byte(`["a\u2028"]`))
	f.Fuzz(func(t *testing.T, errorType string, body []byte) {
		r := reportOf(reporter{Report{Type: errorType, Body: body, XRayCause: body}})
		if !json.Valid(r.Body) || len(r.Body) > maxReport {
			t.Fatalf("body of %d bytes: %.100q", len(r.Body), r.Body)
		}
		head := string(r.request("/x").head("host"))
		for i, line := range strings.Split(strings.TrimSuffix(head, "\r\n\r\n"), "\r\n") {
			if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Fatalf("line %d of the head is not safe: %q", i, line)
			}
		}
		if got := headerType(errorType); !platformFilter.MatchString(got) {
			t.Fatalf("%q does not pass the filter", got)
		}
		if cause := headerJSON(body); cause != "" && !json.Valid([]byte(cause)) {
			t.Fatalf("cause is no JSON: %q", cause)
		}
	})
}
