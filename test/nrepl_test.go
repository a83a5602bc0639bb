package test

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The nREPL server itself is tried by testdata/script/lumo/nrepl.txtar; here it stands beside a handler.

var listening = regexp.MustCompile(`nREPL server started on port (\d+)`)

func TestWhatIsEvaluatedOverNREPLChangesTheNextAnswer(t *testing.T) {
	t.Cleanup(func() { _ = os.Remove(filepath.Join(fixture("live"), ".nrepl-port")) }) // its writer may have been killed
	d := startDirect(t, "live", "live.core/handler", "LUMO_NREPL=0")
	require.JSONEq(t, `{"answer":"before"}`, d.answer(`{}`, nil))
	port := listening.FindStringSubmatch(d.log())
	for port == nil { // it listens a moment after the function is ready
		d.answer(`{}`, nil)
		port = listening.FindStringSubmatch(d.log())
	}

	code := `(in-ns 'live.core) (defn handler [_] {:answer "after"})`
	conn, err := net.Dial("tcp", "127.0.0.1:"+port[1])
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(2*time.Minute))) // a watchdog
	_, err = fmt.Fprintf(conn, "d4:code%d:%s2:id1:12:op4:evale", len(code), code)
	require.NoError(t, err)
	answer := bufio.NewReader(conn)
	for text := ""; !regexp.MustCompile(`6:statusl4:done`).MatchString(text); {
		b, err := answer.ReadByte()
		require.NoError(t, err, "after %q", text)
		text += string(b)
	}

	require.JSONEq(t, `{"answer":"after"}`, d.answer(`{}`, nil))
}
