package test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A shell's job in the background may not read the terminal: the kernel would stop all of it.
func TestDevServesInTheBackgroundOfATerminal(t *testing.T) {
	home := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(home, "src"), os.DirFS(filepath.Join(root, "examples", "hello", "src"))))
	address := "127.0.0.1:" + freePort(t)
	command := absolute(t, filepath.Join("..", "dist", "lumo-lambda"))
	shell := startAtTerminal(t, home, []string{"LUMO=" + command, "ADDRESS=" + address}, "/bin/sh", "-mc",
		`$LUMO dev . --address $ADDRESS --handler hello.core/handler & read line; kill %1; wait; echo "read $line"`)
	shell.shows("http://" + address)
	client := http.Client{Timeout: time.Minute} // a watchdog
	for range 2 {
		answer, err := client.Post("http://"+address+"/2015-03-31/functions/hello/invocations", "application/json", strings.NewReader("{}"))
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, answer.StatusCode)
	}
	shell.types("what is typed is the shell's\n")
	shell.shows("read what is typed is the shell's")
	assert.Equal(t, 0, shell.ends())
}
