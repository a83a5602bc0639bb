package lumoproc

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Short lines without end: what a pipe holds of them takes longer to log than the caller of a missed deadline has.
func TestFloodIsLoggedWholeByWhomHasTheTime(t *testing.T) {
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	logged := 0
	p := newLogPipe(r, func(lines ...Line) { logged += len(lines) })
	written, err := w.Write(bytes.Repeat([]byte("flood\n"), 10_000)) // less than a pipe holds
	require.NoError(t, err)
	require.NoError(t, w.Close())

	p.hurry(time.Unix(1, 0))
	p.sync()
	assert.Positive(t, logged, "what one read gives is logged also in a hurry: it may be all there is")
	assert.Less(t, logged, 10_000)
	assert.Contains(t, p.lastWords(), "flood")
	p.end()
	p.run()
	assert.Equal(t, written/len("flood\n"), logged)
}
