package runtimeapi

import (
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
