package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestXRayCauseHasPlacesAndCauses(t *testing.T) {
	folder, err := os.Getwd()
	require.NoError(t, err)
	want, err := json.Marshal(map[string]any{
		"working_directory": folder,
		"paths":             []string{"src/my_app/core.cljs", "<expr>"},
		"exceptions": []any{
			map[string]any{"type": "ExceptionInfo", "message": "no λ", "stack": []any{
				map[string]any{"path": "src/my_app/core.cljs", "line": 3, "label": "my-app.core/handler"},
				map[string]any{"path": "<expr>", "line": 1, "label": ""},
			}},
			map[string]any{"type": "TypeError", "message": "inner", "stack": []any{}},
		},
	})
	require.NoError(t, err)
	assert.JSONEq(t, string(want), string(xrayCause([]byte(`{"errorMessage":"no λ","errorType":"ExceptionInfo",
		"stackTrace":["my-app.core/handler (src/my_app/core.cljs:3:7)","<expr>:1:32","cljs.core/map","last words: 1:x",""],
		"cause":{"errorType":"TypeError","errorMessage":"inner","stackTrace":[]}}`))))
}

func TestXRayCauseOfWhatIsNoError(t *testing.T) {
	for _, body := range []string{"", "null", "[]", `"text"`, "{", `{"errorType":7}`} {
		assert.Nil(t, xrayCause([]byte(body)), body)
	}
}

// The platform counts 64 KiB; what is over it would be left out whole.
func TestXRayCauseIsWithinItsLimitInASCII(t *testing.T) {
	wide := strings.Repeat("é\x01\xff<", 50_000)
	e := thrown{Type: wide, Message: wide}
	for range 1000 {
		e.Stack = append(e.Stack, "é.é/é (é.cljs:1:1)", wide[:1000]+" (é.cljs:2:2)")
	}
	for range 5 {
		cause, err := json.Marshal(e)
		require.NoError(t, err)
		e.Cause = cause
	}
	body, err := json.Marshal(e)
	require.NoError(t, err)
	cause := string(xrayCause(body))
	size := asciiSize([]byte(cause))
	assert.Less(t, size, 64<<10)
	assert.Greater(t, size, 8<<10)
	var out xrayError
	require.NoError(t, json.Unmarshal([]byte(cause), &out))
	assert.Len(t, out.Exceptions, xrayExceptions)
}

func TestErrorsCarryTheirXRayCause(t *testing.T) {
	b := start(t, "ready")
	for script, want := range map[string]string{
		`fault Error {"errorMessage":"é","errorType":"Error","stackTrace":["a/b (c.cljs:1:2)"]}`: `"stack":[{"path":"c.cljs","line":1,"label":"a/b"}]`,
		"exit 3": `"type":"Runtime.ExitError"`,
	} {
		o := b.ask(script)
		cause := o.Header.Get("Lambda-Runtime-Function-Xray-Error-Cause")
		assert.Contains(t, cause, want)
		assert.NotContains(t, cause, "é")
		assert.True(t, json.Valid([]byte(cause)), cause)
	}
}

// asciiSize is what JSON takes when all that is not ASCII is escaped.
func asciiSize(text []byte) (size int) {
	for _, r := range string(text) {
		switch {
		case r <= '~':
			size++
		case r > 0xffff:
			size += 12
		default:
			size += 6
		}
	}
	return size
}
