package runtimeapi

import (
	"bufio"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A sandbox may be frozen for hours between two events, and finds out when it is thawed how late it is.
func TestNextIsWaitedForWithoutALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // on a clock that jumps
		ours, theirs := net.Pipe()
		defer ours.Close()
		defer theirs.Close()
		requests := 0
		go func() {
			r := bufio.NewReader(theirs)
			for {
				if _, err := http.ReadRequest(r); err != nil {
					return // the test is over
				}
				requests++
				time.Sleep(30 * 24 * time.Hour)
				say(theirs, "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: late\r\nContent-Length: 0\r\n\r\n")
			}
		}()
		c := &conn{Conn: ours, r: bufio.NewReader(ours)}
		resp, err := c.roundTrip(t.Context(), "host", &request{method: "GET", path: base + "/invocation/next"})
		require.NoError(t, err)
		assert.Equal(t, "late", resp.get(headerRequestID))
		assert.Equal(t, 1, requests, "it did not ask again either")
	})
}

// Other servers and proxies in between write header names as they like.
func TestHeaderNamesAreFoundInAnyCase(t *testing.T) {
	addr := script(t, func(t *testing.T, c net.Conn) {
		expect(t, c, "GET /2018-06-01/runtime/invocation/next HTTP/1.1")
		say(c, "HTTP/1.1 200 OK\r\nLAMBDA-RUNTIME-AWS-REQUEST-ID: id\r\nlambda-runtime-trace-id:  Root=1\t\r\n"+
			"Lambda-Runtime-Client-Context: {\"k\":\"\xc3\xa9\"}\r\nlambda-runtime-cognito-identity:\r\ncontent-length: 2\r\n\r\n{}")
	})
	inv, err := newClient(t, addr, nil).next(t.Context())
	require.NoError(t, err)
	assert.Equal(t, Invocation{RequestID: "id", TraceID: "Root=1", ClientContext: `{"k":"é"}`, Event: []byte("{}")}, *inv)
}
