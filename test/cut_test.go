package test

import (
	"bytes"
	"io"
	"net"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/emulator"
)

// cutter stands between a runtime and its Runtime API, and breaks the connection of a streamed answer off in the middle.
type cutter struct {
	t     *testing.T
	log   *log // where the function's wrapper says where the API is
	l     net.Listener
	conns sync.WaitGroup
}

// cutAfter is how much of a streamed answer passes, in bytes.
const cutAfter = 1 << 20

func startCutter(t *testing.T) *cutter {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := &cutter{t: t, l: l}
	c.conns.Go(c.serve)
	return c
}

// config has a function reach its API through the cutter: see testdata/functions/streams/through.
func (c *cutter) config(cfg *emulator.Config) {
	cfg.InPlace = true // the wrapper is where it is
	cfg.Env = map[string]string{"AWS_LAMBDA_EXEC_WRAPPER": absolute(c.t, cfg.Function) + "/through", "THROUGH": c.l.Addr().String()}
}

// close ends the cutter, after the runtime.
func (c *cutter) close() {
	assert.NoError(c.t, c.l.Close())
	c.conns.Wait()
}

func (c *cutter) serve() {
	for {
		down, err := c.l.Accept()
		if err != nil {
			return // closed
		}
		c.conns.Go(func() { c.pass(down.(*net.TCPConn)) })
	}
}

var apiAddress = regexp.MustCompile(`runtime API at ([0-9.:]+[0-9])\.`)

// api is the last address that the log tells of: that of the bootstrap that runs.
func (c *cutter) api() string {
	var all [][]string
	if !assert.Eventually(c.t, func() bool {
		all = apiAddress.FindAllStringSubmatch(c.log.String(), -1)
		return len(all) > 0
	}, time.Minute, time.Millisecond, "the wrapper says where the API is") {
		return ""
	}
	return all[len(all)-1][1]
}

func (c *cutter) pass(down *net.TCPConn) {
	defer down.Close()
	up, err := net.Dial("tcp", c.api())
	if !assert.NoError(c.t, err) {
		return
	}
	defer up.Close()
	var back sync.WaitGroup
	back.Go(func() { _, _ = io.Copy(down, up); _ = down.CloseWrite() })
	defer back.Wait()
	defer up.Close()
	buf, streamed := make([]byte, 32<<10), 0
	for {
		n, err := down.Read(buf)
		if streamed > 0 || bytes.Contains(buf[:n], []byte("Lambda-Runtime-Function-Response-Mode: streaming\r\n")) {
			if streamed += n; streamed > cutAfter {
				return
			}
		}
		if _, writeErr := up.Write(buf[:n]); err != nil || writeErr != nil {
			return
		}
	}
}
