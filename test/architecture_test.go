package test

import (
	"encoding/hex"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hexBlocks gives the bytes of ARCHITECTURE.md's blocks of a kind: on each line the hex digits before two spaces.
func hexBlocks(t *testing.T, kind string) (blocks [][]byte) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	require.NoError(t, err)
	for _, block := range regexp.MustCompile("(?s)```hex "+kind+"\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		var all []byte
		for line := range strings.Lines(block[1]) {
			digits, _, _ := strings.Cut(line, "  ")
			bytes, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
			require.NoError(t, err, line)
			all = append(all, bytes...)
		}
		blocks = append(blocks, all)
	}
	return blocks
}

// The bytes that ARCHITECTURE.md shows are those that lumo takes and sends.
func TestArchitecturesFramesAreReal(t *testing.T) {
	invoke, reports := hexBlocks(t, "invoke"), hexBlocks(t, "report")
	require.Len(t, invoke, 1)
	require.Len(t, reports, 2)

	cmd := exec.Command(filepath.Join(layerDir, "lumo"), "--lambda", "hello.core/handler")
	cmd.Dir = filepath.Join(root, "examples", "hello")
	in, childIn := pipe(t)
	out, childOut := pipe(t)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, childOut, os.Stderr
	require.NoError(t, cmd.Start())
	require.NoError(t, childOut.Close())

	ready := frame(t, out)
	require.Equal(t, "4c4d018100000000", hex.EncodeToString(ready[:8]))
	_, err := childIn.Write(invoke[0])
	require.NoError(t, err)
	for _, want := range reports {
		assert.Equal(t, hex.Dump(want), hex.Dump(frame(t, out)))
	}
	require.NoError(t, childIn.Close())
	assert.NoError(t, cmd.Wait(), "at the end of its stdin lumo exits with status 0")
}

// pipe makes the kind of pipe that lumo claims; os/exec's own would be copied to.
func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = r.Close() // one of the ends is closed by the test
		_ = w.Close()
	})
	return r, w
}

// frame reads one.
func frame(t *testing.T, r io.Reader) []byte {
	t.Helper()
	header := make([]byte, 12)
	_, err := io.ReadFull(r, header)
	require.NoError(t, err)
	length := int(header[8])<<24 | int(header[9])<<16 | int(header[10])<<8 | int(header[11])
	payload := make([]byte, length)
	_, err = io.ReadFull(r, payload)
	require.NoError(t, err)
	return append(header, payload...)
}
