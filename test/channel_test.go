package test

import (
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/runtimeapi/runtimeapitest"
)

func TestFirstValueOfAChannelIsTheAnswer(t *testing.T) {
	d := startDirect(t, "channels", "channels.core/handler")
	for event, want := range map[string]string{
		"value": `{"soon":true}`, "nested": `3`, "alts": `"first"`, "closed": `null`, "promise": `"both"`,
	} {
		o := d.ask(event)
		require.Equal(t, "response", o.Call, "%s: %s", event, o.Body)
		assert.Equal(t, want, string(o.Body), event)
	}
}

func TestRingHandlersResponseMayComeThroughAChannel(t *testing.T) {
	d := startDirect(t, "channels", "channels.core/app")
	o := d.do(runtimeapitest.Event{Body: []byte(`{"rawPath": "/here", "requestContext": {"http": {"method": "GET", "path": "/here"}}}`)})
	require.Equal(t, "response", o.Call, "%s", o.Body)
	assert.JSONEq(t, `{"statusCode": 201, "headers": {}, "body": "/here", "isBase64Encoded": false}`, string(o.Body))
}

func TestErrorsInGoBlocksAreTheRequests(t *testing.T) {
	d := startDirect(t, "channels", "channels.core/handler")
	for event, want := range map[string][2]string{
		"error":  {"Function.Error", "refused"},
		"throws": {"Runtime.UncaughtException", "in the block"},
	} {
		o := d.ask(event)
		require.Equal(t, "error", o.Call, "%s: %s", event, o.Body)
		assert.Equal(t, want[0], o.Header.Get("Lambda-Runtime-Function-Error-Type"), event)
		assert.Contains(t, string(o.Body), want[1], event)
		assert.Equal(t, `{"soon":true}`, string(d.ask("value").Body), "after %s", event)
	}
}

func TestAnswerIsStreamedFromAChannel(t *testing.T) {
	d := startDirect(t, "channels", "channels.core/stream")
	o := d.ask("chunks")
	require.Equal(t, "response", o.Call, "%s", o.Body)
	assert.Equal(t, "one two", string(o.Body))
	assert.Empty(t, o.Trailer.Get("Lambda-Runtime-Function-Error-Type"))

	o = d.ask("error")
	assert.Equal(t, "one ", string(o.Body))
	assert.Equal(t, "Function.ExceptionInfo", o.Trailer.Get("Lambda-Runtime-Function-Error-Type"))
}

func TestChannelOfAReaderThatGoesAwayIsClosed(t *testing.T) {
	d := startDirect(t, "channels", "channels.core/stream")
	assert.Equal(t, "false", string(d.ask("closed?").Body))
	d.do(runtimeapitest.Event{Body: []byte(`"endless"`), Read: func(r io.Reader) error {
		_, _ = io.ReadFull(r, make([]byte, 1<<20))
		return errors.New("enough")
	}})
	assert.Equal(t, "true", string(d.ask("closed?").Body))
}
