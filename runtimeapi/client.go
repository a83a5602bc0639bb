package runtimeapi

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Client speaks to one Runtime API.
type Client struct {
	addr string
	log  func(requestID, text string)

	mu   sync.Mutex
	idle []*conn
}

// New makes a client of the API at addr, a host and a port as AWS_LAMBDA_RUNTIME_API gives them. log takes what a person
// should know although the loop goes on.
func New(addr string, log func(requestID, text string)) (*Client, error) {
	_, port, err := net.SplitHostPort(addr)
	if _, portErr := strconv.ParseUint(port, 10, 16); err != nil || portErr != nil || strings.ContainsFunc(addr, unsafeInHead) {
		return nil, fmt.Errorf("address of the runtime API %q: not host:port", addr)
	}
	return &Client{addr: addr, log: log}, nil
}

// Connect opens a connection and keeps it for the first request. It is never needed.
func (c *Client) Connect(ctx context.Context) error {
	conn, err := c.dial(ctx)
	if err != nil {
		return err
	}
	c.put(conn)
	return nil
}

// Close closes the connections that are not in use.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.idle {
		conn.close()
	}
	c.idle = nil
}

// conn is one connection. It belongs to one request at a time.
type conn struct {
	net.Conn
	r    *bufio.Reader
	kept bool // it has been idle
}

func (c *conn) close() { _ = c.Conn.Close() } // nothing is lost with a request that is over

func (c *Client) dial(ctx context.Context) (*conn, error) {
	// Keep-alive probes would be timers in a sandbox that freezes.
	d := net.Dialer{KeepAlive: -1, FallbackDelay: -1}
	nc, err := d.DialContext(ctx, "tcp", c.addr)
	if err != nil {
		return nil, fmt.Errorf("connect to the runtime API: %w", err)
	}
	return &conn{Conn: nc, r: bufio.NewReaderSize(nc, 8<<10)}, nil
}

func (c *Client) put(conn *conn) {
	conn.kept = true
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle = append(c.idle, conn)
}

// get gives an idle connection that is still open, or a new one.
func (c *Client) get(ctx context.Context) (*conn, error) {
	for {
		c.mu.Lock()
		n := len(c.idle) - 1
		if n < 0 {
			c.mu.Unlock()
			return c.dial(ctx)
		}
		conn := c.idle[n]
		c.idle = c.idle[:n]
		c.mu.Unlock()
		if conn.open() {
			return conn, nil
		}
		conn.close()
	}
}

// open reports whether the server has neither closed an idle connection nor sent what nobody asked for.
func (c *conn) open() bool {
	sc, ok := c.Conn.(syscall.Conn)
	if !ok || c.r.Buffered() > 0 {
		return false
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return false
	}
	quiet := false
	err = raw.Control(func(fd uintptr) {
		_, _, err := syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		quiet = err == syscall.EAGAIN
	})
	return err == nil && quiet
}

// do sends a request and reads its response. resent says that the server may have seen the request twice.
func (c *Client) do(ctx context.Context, req *request) (resp *response, resent bool, err error) {
	for {
		conn, err := c.get(ctx)
		if err != nil {
			return nil, resent, err
		}
		resp, err := conn.roundTrip(ctx, c.addr, req)
		if err == nil {
			if resp.keep {
				c.put(conn)
			} else {
				conn.close()
			}
			return resp, resent, nil
		}
		conn.close()
		if ctx.Err() != nil {
			return nil, resent, ctx.Err()
		}
		if !conn.kept || resent || !errors.Is(err, errNoResponse) || !hungUp(err) {
			return nil, resent, err
		}
		resent = true
	}
}

// hungUp reports whether the server ended the connection, as against anything on our side.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// manyBytes is more than the socket is sure to take at once.
const manyBytes = 32 << 10

// roundTrip is one request and its response. There is no deadline but the end of ctx.
func (c *conn) roundTrip(ctx context.Context, host string, req *request) (*response, error) {
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(interrupted)
		_ = c.SetDeadline(time.Unix(1, 0)) // fails only when closed
	})
	defer func() {
		if !stop() {
			<-interrupted
		}
	}()
	if len(req.body) <= manyBytes {
		writeErr := req.write(c.Conn, host)
		resp, err := readResponse(c.r) // also after a failed write: the server may have said why
		if err != nil {
			return nil, errors.Join(err, writeErr)
		}
		resp.keep = resp.keep && writeErr == nil
		return resp, nil
	}
	// A server that refuses a large body answers before it has read it, so write and read at the same time.
	wrote := make(chan error, 1)
	go func() { wrote <- req.write(c.Conn, host) }()
	resp, err := readResponse(c.r)
	if err != nil {
		c.close()
		return nil, errors.Join(err, <-wrote)
	}
	select {
	case writeErr := <-wrote:
		resp.keep = resp.keep && writeErr == nil
	default:
		// Either the answer came early, or the writer has not been scheduled since its last byte; tell them apart
		// without waiting for a server that may never read the rest.
		if e := c.SetWriteDeadline(time.Unix(1, 0)); e != nil {
			c.close()
		}
		writeErr := <-wrote
		resp.keep = resp.keep && writeErr == nil && c.SetWriteDeadline(time.Time{}) == nil
	}
	return resp, nil
}
