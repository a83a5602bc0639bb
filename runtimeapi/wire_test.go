package runtimeapi

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestResponsesOfEveryFraming(t *testing.T) {
	for name, c := range map[string]struct {
		raw  string
		want response
		rest string // what must be left unread
	}{
		"length": {
			raw:  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nA: b\r\n\r\nhelloHTTP",
			want: response{status: 200, body: []byte("hello"), keep: true, fields: []field{{"Content-Length", "5"}, {"A", "b"}}},
			rest: "HTTP",
		},
		"length 0, bare line feeds, no reason": {
			raw:  "HTTP/1.1 202\ncontent-length:0\n\n",
			want: response{status: 202, body: []byte{}, keep: true, fields: []field{{"content-length", "0"}}},
		},
		"the same length twice": {
			raw:  "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
			want: response{status: 200, body: []byte("x"), keep: true, fields: []field{{"Content-Length", "1"}, {"Content-Length", "1"}}},
		},
		"chunks, with extension and trailers": {
			raw: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n002\r\nlo\r\n0\r\nT: u\r\n\r\nrest",
			want: response{status: 200, body: []byte("hello"), keep: true,
				fields: []field{{"Transfer-Encoding", "chunked"}}},
			rest: "rest",
		},
		"until the end": {
			raw:  "HTTP/1.1 200 OK\r\n\r\nhello",
			want: response{status: 200, body: []byte("hello")},
		},
		"an old server": {
			raw:  "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx",
			want: response{status: 200, body: []byte("x"), fields: []field{{"Content-Length", "1"}}},
		},
		"a connection to be closed": {
			raw: "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 0\r\n\r\n",
			want: response{status: 200, body: []byte{},
				fields: []field{{"Connection", "x, Close"}, {"Content-Length", "0"}}},
		},
		"interim responses": {
			raw:  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
			want: response{status: 200, body: []byte("x"), keep: true, fields: []field{{"Content-Length", "1"}}},
		},
		"no content": {
			raw:  "HTTP/1.1 204 No Content\r\n\r\nrest",
			want: response{status: 204, keep: true},
			rest: "rest",
		},
		"values with spaces, colons and UTF-8": {
			raw:  "HTTP/1.1 204 x\r\nA:  b: é \t\r\nB:\r\n\r\n",
			want: response{status: 204, keep: true, fields: []field{{"A", "b: é"}, {"B", ""}}},
		},
	} {
		for way, wrap := range map[string]func(io.Reader) io.Reader{
			"at once": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader} {
			r := bufio.NewReader(wrap(strings.NewReader(c.raw)))
			got, err := readResponse(r)
			require.NoError(t, err, "%s, %s", name, way)
			assert.Equal(t, &c.want, got, "%s, %s", name, way)
			rest, err := io.ReadAll(r)
			require.NoError(t, err)
			assert.Equal(t, c.rest, string(rest), "%s, %s", name, way)
		}
	}
}

func TestBytesThatAreNoResponse(t *testing.T) {
	for name, raw := range map[string]string{
		"text":              "hello\r\n\r\n",
		"HTTP/2":            "HTTP/2 200 OK\r\n\r\n",
		"status of letters": "HTTP/1.1 abc OK\r\n\r\n",
		"status of 2":       "HTTP/1.1 20 OK\r\n\r\n",
		"status below 100":  "HTTP/1.1 099 OK\r\n\r\n",
		"switch":            "HTTP/1.1 101 Switching\r\n\r\n",
		"no colon":          "HTTP/1.1 200 OK\r\nhello\r\n\r\n",
		"space in a name":   "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
		"folded line":       "HTTP/1.1 200 OK\r\nA: b\r\n c: d\r\n\r\n",
		"negative length":   "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		"two lengths":       "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
		"gzip":              "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
		"cut status":        "HTTP/1.1 20",
		"cut head":          "HTTP/1.1 200 OK\r\nA: b\r\n",
		"huge head":         "HTTP/1.1 200 OK\r\nA: " + strings.Repeat("x", maxHead) + "\r\n\r\n",
	} {
		_, err := readResponse(bufio.NewReader(strings.NewReader(raw)))
		require.Error(t, err, name)
		assert.NotErrorIs(t, err, errNoResponse, name)
	}
	_, err := readResponse(bufio.NewReader(strings.NewReader("")))
	assert.ErrorIs(t, err, errNoResponse)
}

func TestBodiesThatAreNotWholeKeepTheirHead(t *testing.T) {
	for name, raw := range map[string]string{
		"length":        "Content-Length: 9\r\n\r\nhello",
		"huge length":   "Content-Length: 99999999999\r\n\r\nhello",
		"chunk":         "Transfer-Encoding: chunked\r\n\r\n9\r\nhello",
		"chunk size":    "Transfer-Encoding: chunked\r\n\r\nxyz\r\nhello",
		"huge chunk":    "Transfer-Encoding: chunked\r\n\r\nfffffffffff\r\nhello",
		"chunk's end":   "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloXX\r\n0\r\n\r\n",
		"last chunk":    "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
		"trailers' end": "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
	} {
		resp, err := readResponse(bufio.NewReader(strings.NewReader("HTTP/1.1 200 OK\r\nId: 7\r\n" + raw)))
		require.NoError(t, err, name)
		assert.Equal(t, "7", resp.get("id"), name)
		assert.Error(t, resp.cut, name)
		assert.False(t, resp.keep, name)
	}
}

// script is a server that answers connections one after another, each with a function.
func script(t *testing.T, conns ...func(*testing.T, net.Conn)) string {
	t.Helper()
	checkLeaks(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var served sync.WaitGroup
	served.Go(func() {
		for _, serve := range conns {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serve(t, c)
			_ = c.Close()
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		served.Wait()
	})
	return l.Addr().String()
}

// expect reads one request and checks its first line.
func expect(t *testing.T, c net.Conn, line string) {
	got := readRequest(c)
	assert.True(t, strings.HasPrefix(got, line), "request %.80q, want %q", got, line)
}

func readRequest(c net.Conn) string {
	var got []byte
	one := make([]byte, 1)
	for !bytes.HasSuffix(got, []byte("\r\n\r\n")) {
		if _, err := c.Read(one); err != nil {
			return string(got)
		}
		got = append(got, one...)
	}
	return string(got)
}

func say(c net.Conn, s string) { _, _ = io.WriteString(c, s) }

const (
	nextLine = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n"
	event    = "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: id\r\nContent-Length: 1\r\n\r\n1"
	accepted = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
)

func TestPostIsOneWrite(t *testing.T) {
	addr := script(t, func(t *testing.T, c net.Conn) {
		buf := make([]byte, 4096)
		n, err := c.Read(buf)
		assert.NoError(t, err)
		assert.True(t, bytes.HasSuffix(buf[:n], []byte("\r\n\r\nanswer")), "%q", buf[:n])
		say(c, accepted)
	})
	require.NoError(t, newClient(t, addr, nil).respond(t.Context(), &Invocation{RequestID: "id"}, []byte("answer")))
}

func TestConnectionIsKept(t *testing.T) {
	addr := script(t, func(t *testing.T, c net.Conn) {
		for range 3 {
			expect(t, c, nextLine)
			say(c, event)
		}
	})
	c := newClient(t, addr, nil)
	require.NoError(t, c.Connect(t.Context()))
	for range 3 {
		_, err := c.next(t.Context())
		require.NoError(t, err)
	}
}

func TestRequestIDIsEncodedInThePath(t *testing.T) {
	addr := script(t, func(t *testing.T, c net.Conn) {
		expect(t, c, nextLine)
		say(c, "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: a b/c?d#é%41\r\nContent-Length: 0\r\n\r\n")
		expect(t, c, "POST /2018-06-01/runtime/invocation/a%20b%2Fc%3Fd%23%C3%A9%2541/response HTTP/1.1\r\n")
		say(c, accepted)
	})
	client := newClient(t, addr, nil)
	inv, err := client.next(t.Context())
	require.NoError(t, err)
	require.NoError(t, client.respond(t.Context(), inv, nil))
}

func TestKeptConnectionThatWasClosedIsNotUsed(t *testing.T) {
	closed := make(chan struct{})
	addr := script(t, func(t *testing.T, c net.Conn) {
		expect(t, c, nextLine)
		say(c, event)
		_ = c.Close()
		close(closed)
	}, func(t *testing.T, c net.Conn) {
		expect(t, c, nextLine)
		say(c, event)
	})
	client := newClient(t, addr, nil)
	_, err := client.next(t.Context())
	require.NoError(t, err)
	<-closed
	_, resent, err := client.do(t.Context(), &request{method: "GET", path: base + "/invocation/next"})
	require.NoError(t, err)
	assert.False(t, resent, "the request went out on a closed connection first")
}

func TestKeptConnectionClosedWithoutAnAnswerIsTriedOnceMore(t *testing.T) {
	hangUp := func(t *testing.T, c net.Conn) { expect(t, c, nextLine) }
	t.Run("kept", func(t *testing.T) {
		addr := script(t, func(t *testing.T, c net.Conn) {
			expect(t, c, nextLine)
			say(c, event)
			hangUp(t, c)
		}, func(t *testing.T, c net.Conn) {
			expect(t, c, nextLine)
			say(c, event)
		})
		client := newClient(t, addr, nil)
		for range 2 {
			_, err := client.next(t.Context())
			require.NoError(t, err)
		}
	})
	t.Run("kept, then new", func(t *testing.T) {
		addr := script(t, func(t *testing.T, c net.Conn) {
			expect(t, c, nextLine)
			say(c, event)
			hangUp(t, c)
		}, hangUp)
		client := newClient(t, addr, nil)
		_, err := client.next(t.Context())
		require.NoError(t, err)
		_, err = client.next(t.Context())
		require.ErrorIs(t, err, errNoResponse)
	})
	t.Run("new", func(t *testing.T) {
		_, err := newClient(t, script(t, hangUp), nil).next(t.Context())
		require.ErrorIs(t, err, errNoResponse)
	})
	t.Run("after a part of the answer", func(t *testing.T) {
		addr := script(t, func(t *testing.T, c net.Conn) {
			expect(t, c, nextLine)
			say(c, event)
			expect(t, c, nextLine)
			say(c, "HTTP/1.1 200")
		})
		client := newClient(t, addr, nil)
		_, err := client.next(t.Context())
		require.NoError(t, err)
		_, err = client.next(t.Context())
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	})
}

// A post that is sent twice may have been taken the first time: then the second is refused, and the invocation is closed.
func TestPostThatIsSentTwiceMayBeRefusedTheSecondTime(t *testing.T) {
	for _, status := range []string{"400", "403", "202"} {
		t.Run(status, func(t *testing.T) {
			post := "POST /2018-06-01/runtime/invocation/id/response HTTP/1.1\r\n"
			addr := script(t, func(t *testing.T, c net.Conn) {
				expect(t, c, nextLine)
				say(c, event)
				expect(t, c, post)
			}, func(t *testing.T, c net.Conn) {
				expect(t, c, post)
				say(c, "HTTP/1.1 "+status+" x\r\nContent-Length: 0\r\n\r\n")
			})
			client := newClient(t, addr, func(string, string) {})
			inv, err := client.next(t.Context())
			require.NoError(t, err)
			assert.NoError(t, client.respond(t.Context(), inv, nil))
		})
	}
}

// A server that refuses a body without reading it answers while the body is still being written.
func TestLargeBodyThatIsRefusedEarly(t *testing.T) {
	release := make(chan struct{})
	addr := script(t, func(t *testing.T, c net.Conn) {
		expect(t, c, "POST ")
		say(c, "HTTP/1.1 413 x\r\nContent-Length: 0\r\n\r\n")
		<-release // the rest of the body stays unread, the connection open
	}, func(t *testing.T, c net.Conn) {
		expect(t, c, nextLine)
		say(c, event)
	})
	client := newClient(t, addr, func(string, string) {})
	require.NoError(t, client.respond(t.Context(), &Invocation{RequestID: "id"}, make([]byte, 20<<20)))
	close(release)
	_, err := client.next(t.Context())
	require.NoError(t, err, "the half written connection was used again")
}

func TestLargeBodyThatNobodyReadsEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	release := make(chan struct{})
	addr := script(t, func(t *testing.T, c net.Conn) {
		expect(t, c, "POST ")
		cancel()
		<-release
	})
	err := newClient(t, addr, func(string, string) {}).respond(ctx, &Invocation{RequestID: "id"}, make([]byte, 20<<20))
	assert.ErrorIs(t, err, context.Canceled)
	close(release)
}

func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := l.Addr().String()
	require.NoError(t, l.Close())
	c := newClient(t, addr, nil)
	assert.ErrorContains(t, c.Connect(t.Context()), "connect to the runtime API")
	_, err = c.next(t.Context())
	assert.ErrorContains(t, err, "next: connect to the runtime API")
}

func TestAddressMustBeHostAndPort(t *testing.T) {
	for _, addr := range []string{"", "localhost", "http://x", "a b:1", "a\r\nb:1", "é:1"} {
		_, err := New(addr, nil)
		assert.Error(t, err, "%q", addr)
	}
	for _, addr := range []string{"127.0.0.1:9001", "169.254.100.1:9001", "[::1]:1", "host.docker.internal:80"} {
		_, err := New(addr, nil)
		assert.NoError(t, err, addr)
	}
}

func BenchmarkEcho(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	var served sync.WaitGroup
	served.Go(func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		buf := make([]byte, 4096)
		for { // what the client sends at once arrives at once here
			n, err := c.Read(buf)
			switch {
			case err != nil:
				return
			case bytes.HasPrefix(buf[:n], []byte("GET")):
				say(c, event)
			default:
				say(c, accepted)
			}
		}
	})
	client, err := New(l.Addr().String(), nil)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		inv, err := client.next(b.Context())
		require.NoError(b, err)
		require.NoError(b, client.respond(b.Context(), inv, inv.Event))
	}
	client.Close()
	_ = l.Close()
	served.Wait()
}
