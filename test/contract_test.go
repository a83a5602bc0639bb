package test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/emulator"
)

const uuid = `[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`

// The function that users of the existing runtime begin with.
func TestExistingRuntimesFunctionRunsUnchanged(t *testing.T) {
	onBoth(t, func(t *testing.T, l lambda) {
		f := l.start(t, fixture("existing"), "my-package.my-ns/my-handler", nil)
		var answer struct {
			Input struct {
				Event   json.RawMessage `json:"event"`
				Context map[string]any  `json:"context"`
			} `json:"my-input"`
		}
		require.NoError(t, json.Unmarshal([]byte(f.answer(t, `{"a":[1,{"b":"é"}],"c":null}`)), &answer))
		assert.Equal(t, `{"a":[1,{"b":"é"}],"c":null}`, string(answer.Input.Event))
		assert.Regexp(t, "^"+uuid+"$", answer.Input.Context["aws-request-id"])
		assert.Regexp(t, `^arn:aws:lambda:.*:function:existing$`, answer.Input.Context["lambda-runtime-invoked-function-arn"])
		assert.Contains(t, f.closedLog(t), "a line from the handler")
	})
}

func TestHandlerGetsItsEventInTheFormItAsksFor(t *testing.T) {
	cases := map[string]struct {
		handler, event, want string
	}{
		"one argument":    {"one", `{"b":1,"a":{"c":[2]}}`, `^{"event":{"b":1,"a":{"c":\[2\]}},"keys":\["a","b"\],"id":"` + uuid + `"}$`},
		"two arguments":   {"two", `[1,"two"]`, `^{"event":\[1,"two"\],"id":"` + uuid + `"}$`},
		"one or two":      {"either", `{}`, `^{"called-with":1,"keys":\["context","event"\]}$`},
		"keywords":        {"keywords", `{"name":"Ada","address":{"street":"Main"}}`, `^{"name":"Ada","street":"Main"}$`},
		"JavaScript":      {"js-object", `{"list":[1,2,3]}`, `^{"array\?":true,"sum":6}$`},
		"JSON":            {"json-text", `{ "a" : 1}`, `^{"text":"{ \\"a\\" : 1}","upper":"{ \\"A\\" : 1}"}$`},
		"event is text":   {"two", `"text"`, `^{"event":"text",`},
		"event is null":   {"two", `null`, `^{"event":null,`},
		"event is number": {"two", `-1.5e3`, `^{"event":-1500,`},
	}
	onBoth(t, func(t *testing.T, l lambda) {
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				f := l.start(t, fixture("contract"), "contract.core/"+c.handler, nil)
				assert.Regexp(t, c.want, f.answer(t, c.event))
			})
		}
	})
}

func TestAnswerIsTheHandlersValueAsJSON(t *testing.T) {
	cases := map[string]string{
		"string":    `"λ"`,
		"number":    `42.5`,
		"nil":       `null`,
		"false":     `false`,
		"undefined": `null`,
		"keyword":   `"plain"`,
		"vector":    `[1,[2,"three"],{"four":4}]`,
		"list":      `[1,2,3]`,
		"set":       `[1]`,
		"map":       `{"keyword":1,"string":2}`,
		"js":        `{"a":[1,null]}`,
		"bytes":     "\x00\xff\n",
		"stream":    `one,two`,
		"promise":   `{"soon":true}`,
		"later":     `["later"]`,
		"thenable":  `"then"`,
	}
	onBoth(t, func(t *testing.T, l lambda) {
		f := l.start(t, fixture("contract"), "contract.core/answers", nil)
		for kind, want := range cases {
			assert.Equal(t, want, f.answer(t, `"`+kind+`"`), kind)
		}
	})
}

func TestContextTellsAboutTheInvocation(t *testing.T) {
	onBoth(t, func(t *testing.T, l lambda) {
		f := l.start(t, fixture("contract"), "contract.core/about", func(c *emulator.Config) {
			c.Name, c.Memory, c.Timeout = "teller", 256, 20*time.Second
		})
		result, err := f.Invoke(t.Context(), []byte(`{}`), emulator.Options{ClientContext: `{"custom":{"k":"v"}}`, TenantID: "tenant-1"})
		require.NoError(t, err)
		require.False(t, result.FunctionError, "%s", result.Payload)
		var about struct {
			RequestID     string         `json:"aws-request-id"`
			ARN           string         `json:"invoked-function-arn"`
			Name          string         `json:"function-name"`
			Version       string         `json:"function-version"`
			Memory        int            `json:"memory-limit-mb"`
			LogGroup      string         `json:"log-group-name"`
			LogStream     string         `json:"log-stream-name"`
			Tenant        string         `json:"tenant-id"`
			ClientContext map[string]any `json:"client-context"`
			Deadline      float64        `json:"deadline-ms"`
			Remaining     float64        `json:"remaining"`
			Now           float64        `json:"now"`
		}
		require.NoError(t, json.Unmarshal(result.Payload, &about))
		assert.Regexp(t, "^"+uuid+"$", about.RequestID)
		assert.Regexp(t, ":function:teller$", about.ARN)
		assert.Equal(t, "teller", about.Name)
		assert.Equal(t, "$LATEST", about.Version)
		assert.Equal(t, 256, about.Memory)
		assert.Equal(t, "/aws/lambda/teller", about.LogGroup)
		assert.Contains(t, about.LogStream, "[$LATEST]")
		assert.Equal(t, "tenant-1", about.Tenant)
		assert.Equal(t, map[string]any{"custom": map[string]any{"k": "v"}}, about.ClientContext)
		assert.InDelta(t, about.Deadline-about.Now, about.Remaining, 50)
		assert.LessOrEqual(t, about.Remaining, 20000.0)
	})
}
