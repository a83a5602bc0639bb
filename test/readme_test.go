package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// shown is a command of the README's, and what the README says that it prints.
type shown struct {
	command string
	output  []string // lines; … stands for any text
}

// commandsOf reads the blocks marked as console: a line that begins with "$ " is a command, what follows its output.
func commandsOf(t *testing.T, file string) []shown {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	require.NoError(t, err)
	var all []shown
	inside := false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		switch command, isCommand := strings.CutPrefix(line, "$ "); {
		case !inside:
			inside = line == "```console"
		case line == "```":
			inside = false
		case isCommand:
			all = append(all, shown{command: command})
		default:
			require.NotEmpty(t, all, "output before the first command of %s", file)
			last := &all[len(all)-1]
			last.output = append(last.output, line)
		}
	}
	return all
}

// notice is what lumo-lambda says about this machine: that it fetches the emulator, or has none.
var notice = regexp.MustCompile(`(?m)^lumo-lambda: .*\n`)

// The README cannot go stale: its commands that run what is built print what it says.
func TestReadmesCommandsPrintWhatItShows(t *testing.T) {
	ran := 0
	for _, c := range commandsOf(t, "README.md") {
		if !strings.HasPrefix(c.command, "dist/") {
			continue // make
		}
		ran++
		t.Run(c.command, func(t *testing.T) {
			// The README is written on x86_64.
			cmd := exec.Command("/bin/sh", "-c", strings.ReplaceAll(c.command, "dist/x86_64/", "dist/"+filepath.Base(layerDir)+"/"))
			cmd.Dir = root
			got, err := cmd.Output()
			if exit := (*exec.ExitError)(nil); err != nil {
				require.ErrorAs(t, err, &exit) // an error may be what is shown
			}
			pattern := strings.ReplaceAll(regexp.QuoteMeta(strings.Join(c.output, "\n")), "…", ".*")
			assert.Regexp(t, "^"+pattern+"\n$", notice.ReplaceAllString(string(got), ""))
		})
	}
	assert.GreaterOrEqual(t, ran, 5, "commands of the README")
}

// The function that the README shows is the one that it runs.
func TestReadmeShowsTheExampleAsItIs(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	require.NoError(t, err)
	example, err := os.ReadFile(filepath.Join(root, "examples", "hello", "src", "hello", "core.cljs"))
	require.NoError(t, err)
	assert.Contains(t, string(readme), "```clojure\n"+string(example)+"```\n")
}
