package test

import (
	"encoding/json"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/emulator"
	"github.com/lumo-lambda/lumo-lambda/lumoproc"
)

// logOf runs the function that logs a line of every kind, and gives its answer and what it logged.
func logOf(t *testing.T, l lambda, env map[string]string) (answer, log string) {
	t.Helper()
	f := l.start(t, fixture("tools"), "tools.core/log-lines", func(c *emulator.Config) { c.Env = env })
	answer = f.answer(t, `{}`)
	return answer, strings.ReplaceAll(f.closedLog(t), "\r", "\n")
}

func TestLogOfAFunctionAsText(t *testing.T) {
	onBoth(t, func(t *testing.T, l lambda) {
		answer, log := logOf(t, l, nil)
		assert.Equal(t, `"debug"`, answer)
		for _, line := range []string{
			"\tTRACE\tt\n",
			"\tDEBUG\td {:n 1}\n",
			"\tINFO\torder placed {:order 7, :shop/id \"a\", :level 3}\n",
			"\tWARN\tw\nTypeError: no\n  src/tools/core.cljs:",
			"\tERROR\te {:k [1 #{:x}]}\nExceptionInfo: boom {:n 1}\n  src/tools/core.cljs:",
			"\tERROR\tconsole RangeError: far\n",
			"\tDEBUG\t{:tapped [1 2]}\n",
			"\n{\"_aws\":{\"Timestamp\":1}}\n",
			"\tINFO\tprinted\n",
		} {
			assert.Contains(t, log, line)
		}
	})
}

func TestLogOfAFunctionAsJSON(t *testing.T) {
	onBoth(t, func(t *testing.T, l lambda) {
		answer, log := logOf(t, l, map[string]string{"AWS_LAMBDA_LOG_FORMAT": "json", "AWS_LAMBDA_LOG_LEVEL": "info"})
		assert.Equal(t, `"no debug"`, answer)
		lines := map[string]map[string]any{}
		for _, line := range strings.Split(log, "\n") {
			var o map[string]any
			if json.Unmarshal([]byte(line), &o) != nil || o["message"] == nil {
				continue
			}
			assert.Regexp(t, `^\d{4}-.*\.\d{3}Z$`, o["timestamp"])
			lines[o["message"].(string)] = o
		}
		assert.NotContains(t, lines, "t")
		assert.NotContains(t, lines, "d")
		placed := lines["order placed"]
		require.NotNil(t, placed, log)
		assert.NotEmpty(t, placed["requestId"])
		delete(placed, "requestId")
		delete(placed, "timestamp")
		assert.Equal(t, map[string]any{"level": "INFO", "message": "order placed", "order": 7.0, "shop/id": "a", "level_": 3.0}, placed)
		assert.Equal(t, "TypeError", lines["w"]["errorType"])
		assert.Equal(t, "no", lines["w"]["errorMessage"])
		e := lines["e"]
		assert.Equal(t, []any{1.0, []any{"x"}}, e["k"])
		assert.Equal(t, "{:n 1}", e["errorData"])
		assert.Contains(t, e["stackTrace"].([]any)[0], "tools.core/log-lines (src/tools/core.cljs:")
		assert.Contains(t, log, `"errorType":"RangeError","errorMessage":"far"`)
		assert.Contains(t, log, "\n{\"_aws\":{\"Timestamp\":1}}\n")
		assert.NotContains(t, log, "tapped")
		assert.Equal(t, "INFO", lines["printed"]["level"])
	})
}

func TestTapIsStructuredInJSON(t *testing.T) {
	_, log := logOf(t, lambda{emulator.BuiltIn}, map[string]string{"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "DEBUG"})
	assert.Contains(t, log, `"message":"{:tapped [1 2]}","tap":{"tapped":[1,2]}}`)
}

func TestErrorOfAHandlerIsStructuredInJSON(t *testing.T) {
	f := lambda{emulator.BuiltIn}.start(t, fixture("faults"), "faults.core/handler", func(c *emulator.Config) {
		c.Env = map[string]string{"AWS_LAMBDA_LOG_FORMAT": "JSON"}
	})
	want := f.invoke(t, `{"do":"throw"}`).Payload
	log := f.closedLog(t)
	i := strings.Index(log, `{"level":"ERROR"`)
	require.GreaterOrEqual(t, i, 0, log)
	var line map[string]any
	require.NoError(t, json.NewDecoder(strings.NewReader(log[i:])).Decode(&line))
	assert.Equal(t, "ExceptionInfo: no such order", line["message"])
	for _, own := range []string{"level", "timestamp", "requestId", "message"} {
		delete(line, own)
	}
	got, err := json.Marshal(line)
	require.NoError(t, err)
	assert.JSONEq(t, string(want), string(got), "the log and the answer tell the same")
}

func TestCurrentRequestIsKnownEverywhere(t *testing.T) {
	f := lambda{emulator.BuiltIn}.start(t, fixture("tools"), "tools.core/who", nil)
	assert.JSONEq(t, `{"same":true,"left":true}`, f.answer(t, `{}`))
}

func TestShutdownHooksRunBeforeTheEnd(t *testing.T) {
	cmd := exec.Command(filepath.Join(layerDir, "lumo"), "--lambda", "tools.core/who")
	cmd.Dir = fixture("tools")
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	stop, err := lumoproc.Append(nil, 0, lumoproc.Stop{})
	require.NoError(t, err)
	_, err = stdin.Write(stop)
	require.NoError(t, err)
	reports, err := io.ReadAll(out)
	require.NoError(t, err)
	require.NoError(t, cmd.Wait())
	assert.Contains(t, string(reports), "this hook fails")
	assert.Contains(t, string(reports), "closing")
}

func TestRingHandlerAnswersRequests(t *testing.T) {
	f := lambda{emulator.BuiltIn}.start(t, fixture("tools"), "tools.core/web", nil)
	assert.JSONEq(t, `{"statusCode":202,"headers":{},"body":"post hé","isBase64Encoded":false}`, f.answer(t, `{"version":"2.0","rawPath":"/later",
		"body":"aMOp","isBase64Encoded":true,"requestContext":{"http":{"method":"POST"}}}`))
	assert.JSONEq(t, `{"statusCode":200,"body":"iVA=","isBase64Encoded":true,
		"multiValueHeaders":{"content-type":["image/png"],"set-cookie":["a=1","b=2"]}}`, f.answer(t, `{"path":"/bytes","httpMethod":"GET","requestContext":{}}`))
	assert.JSONEq(t, `{"statusCode":404,"statusDescription":"404 Not Found","headers":{},"body":"/x true ","isBase64Encoded":false}`,
		f.answer(t, `{"path":"/x","httpMethod":"GET","headers":{},"requestContext":{"elb":{}}}`))
	assert.Contains(t, f.fault(t, `{"Records":[]}`).ErrorMessage, "not a request of API Gateway")
}
