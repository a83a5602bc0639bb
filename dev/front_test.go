package dev

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/emulator"
)

// function is an Invoker that answers by itself, and keeps what it was asked.
type function struct {
	answer func(event []byte, opts emulator.Options) (emulator.Result, error)
	event  []byte
	opts   emulator.Options
}

func (f *function) Invoke(_ context.Context, event []byte, opts emulator.Options) (emulator.Result, error) {
	f.event, f.opts = event, opts
	return f.answer(event, opts)
}

func answering(payload string) *function {
	return &function{answer: func([]byte, emulator.Options) (emulator.Result, error) {
		return emulator.Result{Payload: []byte(payload)}, nil
	}}
}

func failing(payload string) *function {
	return &function{answer: func([]byte, emulator.Options) (emulator.Result, error) {
		return emulator.Result{Payload: []byte(payload), FunctionError: true}, nil
	}}
}

// streaming writes the chunks, then ends with the result.
func streaming(contentType string, end emulator.Result, chunks ...string) *function {
	return &function{answer: func(_ []byte, opts emulator.Options) (emulator.Result, error) {
		w := opts.Stream(contentType)
		for _, chunk := range chunks {
			if _, err := io.WriteString(w, chunk); err != nil {
				break
			}
		}
		end.Streamed = true
		return end, nil
	}}
}

func serveFunction(t *testing.T, f *function) *httptest.Server {
	t.Helper()
	front := &Front{Function: f, History: NewHistory(t.TempDir())}
	server := httptest.NewServer(front.Handler())
	t.Cleanup(server.Close)
	return server
}

// ask sends a request, and returns the response with its body read.
func ask(t *testing.T, server *httptest.Server, method, path, body string, header http.Header) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
	require.NoError(t, err)
	for name, values := range header {
		req.Header[name] = values
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, string(text)
}

func TestRequestBecomesAnEventOfVersion2(t *testing.T) {
	f := answering(`""`)
	server := serveFunction(t, f)
	ask(t, server, "POST", "/orders/a%20b?x=1&x=2&y=%2F", `{"n":1}`, http.Header{
		"Cookie": {"a=1; b=2"}, "Content-Type": {"application/json"}, "X-Many": {"one", "two"}, "User-Agent": {"test"},
	})
	var e events.APIGatewayV2HTTPRequest
	require.NoError(t, json.Unmarshal(f.event, &e))
	assert.Equal(t, "2.0", e.Version)
	assert.Equal(t, "/orders/a%20b", e.RawPath)
	assert.Equal(t, "x=1&x=2&y=%2F", e.RawQueryString)
	assert.Equal(t, map[string]string{"x": "1,2", "y": "/"}, e.QueryStringParameters)
	assert.Equal(t, []string{"a=1", "b=2"}, e.Cookies)
	assert.Equal(t, "one,two", e.Headers["x-many"])
	assert.NotContains(t, e.Headers, "cookie")
	assert.Equal(t, strings.TrimPrefix(server.URL, "http://"), e.Headers["host"])
	assert.Equal(t, "127.0.0.1", e.Headers["x-forwarded-for"])
	assert.Equal(t, `{"n":1}`, e.Body)
	assert.False(t, e.IsBase64Encoded)
	assert.Equal(t, "POST", e.RequestContext.HTTP.Method)
	assert.Equal(t, "test", e.RequestContext.HTTP.UserAgent)
	assert.NotZero(t, e.RequestContext.TimeEpoch)
}

func TestBodyThatIsNoTextIsInBase64(t *testing.T) {
	f := answering(`""`)
	server := serveFunction(t, f)
	for _, c := range []struct {
		body   string
		header http.Header
		text   bool
	}{
		{"plain", http.Header{"Content-Type": {"text/plain; charset=utf-8"}}, true},
		{"<a/>", http.Header{"Content-Type": {"image/svg+xml"}}, true},
		{"a=1", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, true},
		{"\x89PNG\xff", http.Header{"Content-Type": {"image/png"}}, false},
		{"looks like text", http.Header{"Content-Type": {"application/octet-stream"}}, false},
		{"packed", http.Header{"Content-Type": {"text/plain"}, "Content-Encoding": {"gzip"}}, false},
		{"\xff", http.Header{"Content-Type": {"text/plain"}}, false},
		{"untyped", nil, false},
	} {
		ask(t, server, "POST", "/", c.body, c.header)
		var e events.APIGatewayV2HTTPRequest
		require.NoError(t, json.Unmarshal(f.event, &e))
		want := c.body
		if !c.text {
			want = base64.StdEncoding.EncodeToString([]byte(c.body))
		}
		assert.Equal(t, want, e.Body)
		assert.Equal(t, !c.text, e.IsBase64Encoded, c.body)
	}
}

func TestAnswerBecomesAResponse(t *testing.T) {
	for _, c := range []struct {
		payload string
		status  int
		header  string // Content-Type
		body    string
	}{
		{`{"statusCode":201,"headers":{"content-type":"text/plain"},"body":"made"}`, 201, "text/plain", "made"},
		{`{"statusCode":200,"body":"iVBO/w==","isBase64Encoded":true,"headers":{"Content-Type":"image/png"}}`, 200, "image/png", "\x89PN\xff"},
		{`{"statusCode":204}`, 204, "application/json", ""},
		{`{"sum":6}`, 200, "application/json", `{"sum":6}`},
		{`"just text"`, 200, "application/json", "just text"},
		{`null`, 200, "application/json", "null"},
		{`[1,2]`, 200, "application/json", "[1,2]"},
	} {
		resp, body := ask(t, serveFunction(t, answering(c.payload)), "GET", "/", "", nil)
		assert.Equal(t, c.status, resp.StatusCode, c.payload)
		assert.Equal(t, c.header, resp.Header.Get("Content-Type"), c.payload)
		assert.Equal(t, c.body, body, c.payload)
	}
	resp, _ := ask(t, serveFunction(t, answering(`{"statusCode":200,"cookies":["a=1; HttpOnly","b=2"]}`)), "GET", "/", "", nil)
	assert.Equal(t, []string{"a=1; HttpOnly", "b=2"}, resp.Header.Values("Set-Cookie"))
}

func TestWhatIsNoResponseIsStatus502WithTheReason(t *testing.T) {
	for _, c := range []struct {
		f    *function
		want string
	}{
		{failing(`{"errorType":"Oops","errorMessage":"did not work"}`), "did not work"},
		{answering(`{"statusCode":"many"}`), "no response of payload version 2.0"},
		{answering(`{"statusCode":7}`), "statusCode is 7"},
		{answering(`{"statusCode":200,"body":"%","isBase64Encoded":true}`), "its body is in base64"},
		{&function{answer: func([]byte, emulator.Options) (emulator.Result, error) {
			return emulator.Result{}, errors.New("no sandbox")
		}}, "no sandbox"},
		{streaming(httpIntegration, emulator.Result{}, "{}"), "ended before its head"},
		{streaming(httpIntegration, emulator.Result{}, "no JSON\x00\x00\x00\x00\x00\x00\x00\x00"), "head is none of an HTTP response"},
		{streaming(httpIntegration, emulator.Result{Payload: []byte(`{"errorMessage":"early"}`), FunctionError: true}), "early"},
	} {
		resp, body := ask(t, serveFunction(t, c.f), "GET", "/", "", nil)
		assert.Equal(t, http.StatusBadGateway, resp.StatusCode)
		assert.Contains(t, body, c.want)
	}
}

func TestStreamedAnswerIsPassedOnAsItComes(t *testing.T) {
	release := make(chan struct{})
	f := &function{answer: func(_ []byte, opts emulator.Options) (emulator.Result, error) {
		w := opts.Stream(httpIntegration)
		// The head in two pieces, the end of it together with the body's beginning.
		io.WriteString(w, `{"statusCode":202,"headers":{"content-type":"text/html"},`)
		io.WriteString(w, `"cookies":["a=1"]}`+"\x00\x00\x00\x00\x00\x00\x00\x00first ")
		<-release
		io.WriteString(w, "second")
		return emulator.Result{Streamed: true}, nil
	}}
	resp, err := http.Get(serveFunction(t, f).URL)
	require.NoError(t, err)
	defer resp.Body.Close()
	assert.Equal(t, 202, resp.StatusCode)
	assert.Equal(t, "text/html", resp.Header.Get("Content-Type"))
	assert.Equal(t, []string{"a=1"}, resp.Header.Values("Set-Cookie"))
	first := make([]byte, len("first "))
	_, err = io.ReadFull(resp.Body, first)
	require.NoError(t, err)
	assert.Equal(t, "first ", string(first))
	close(release) // the second is made after the first was read
	rest, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, "second", string(rest))
}

func TestStreamThatEndsWithAnErrorBreaksOff(t *testing.T) {
	f := streaming("text/plain", emulator.Result{Payload: []byte(`{}`), FunctionError: true}, "half")
	resp, err := http.Get(serveFunction(t, f).URL)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	assert.Equal(t, "half", string(body))
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

func TestInvokeOfLambdasAPI(t *testing.T) {
	f := answering(`{"ok":true}`)
	server := serveFunction(t, f)
	const path = "/2015-03-31/functions/app/invocations"
	resp, body := ask(t, server, "POST", path, `{"n":1}`, http.Header{"X-Amz-Client-Context": {base64.StdEncoding.EncodeToString([]byte(`{"a":1}`))}})
	assert.Equal(t, 200, resp.StatusCode)
	assert.Equal(t, `{"ok":true}`, body)
	assert.Equal(t, `{"n":1}`, string(f.event))
	assert.Equal(t, `{"a":1}`, f.opts.ClientContext)
	assert.Empty(t, resp.Header.Get("X-Amz-Function-Error"))

	resp, _ = ask(t, server, "POST", path, "{n:1}", nil)
	assert.Equal(t, 400, resp.StatusCode)
	assert.Equal(t, "InvalidRequestContentException", resp.Header.Get("X-Amzn-ErrorType"))

	resp, body = ask(t, serveFunction(t, failing(`{"errorMessage":"x"}`)), "POST", path, "", nil)
	assert.Equal(t, 200, resp.StatusCode)
	assert.Equal(t, "Unhandled", resp.Header.Get("X-Amz-Function-Error"))
	assert.Equal(t, `{"errorMessage":"x"}`, body)
}
