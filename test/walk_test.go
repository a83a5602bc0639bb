package test

import (
	"bytes"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A document is walked as a fresh reader would: its commands, in one shell, print what it shows.
//
//   - A block marked as console holds commands, which begin with "$ " and may go on in lines that begin with "> ", each with its output.
//     In that … is any text, and on a line of its own any lines.
//   - A walk begins in an empty folder, that of an example in a copy of the example, that of the README in the tree itself.
//   - A command that ends in " &" goes on while the reader does, who reads on when it has printed its first line.
//   - What stands in blocks of other kinds is not run: commands that ask a registry, or AWS itself. Nor are make and go, which build
//     and test this tree.
//
// Documents name the ports that people expect; each walk has others in their place.

// walk is what a document's walk needs beside the layer.
type walk struct {
	in    string            // the folder of the tree that it begins in a copy of; "." is the tree itself
	aws   bool              // an AWS of this machine
	links map[string]string // what a registry would have brought: a name in the folder, and the folder of .cache that it is
}

var theSDK = map[string]string{"node_modules": "aws/sdk/nodejs/node_modules"}

var walks = map[string]walk{
	"README.md":                         {in: "."},
	"docs/from-babashka.md":             {},
	"docs/from-lumo.md":                 {},
	"docs/from-nbb.md":                  {},
	"docs/from-shadow-cljs.md":          {},
	"docs/getting-started.md":           {aws: true},
	"docs/editors.md":                   {},
	"docs/operating.md":                 {},
	"docs/packaging.md":                 {},
	"docs/releasing.md":                 {aws: true},
	"docs/security.md":                  {aws: true},
	"examples/aws-sdk/README.md":        {in: "examples/aws-sdk", aws: true, links: theSDK},
	"examples/hello/README.md":          {in: "examples/hello"},
	"examples/http-api/README.md":       {in: "examples/http-api"},
	"examples/layers/README.md":         {in: "examples/layers", aws: true, links: map[string]string{"npm/nodejs/node_modules/ms": "testdeps/node_modules/ms"}},
	"examples/s3-csv/README.md":         {in: "examples/s3-csv", aws: true, links: theSDK},
	"examples/sqs-orders/README.md":     {in: "examples/sqs-orders"},
	"examples/streaming-html/README.md": {in: "examples/streaming-html"},
}

func TestDocumentsAreWalked(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		unavailable(t, "the walks ask with curl: %v", err)
	}
	for _, document := range slices.Sorted(maps.Keys(walks)) {
		t.Run(document, func(t *testing.T) {
			t.Parallel()
			walks[document].of(t, document)
		})
	}
}

// No document escapes: each that shows commands is walked.
func TestEveryDocumentWithCommandsIsWalked(t *testing.T) {
	for _, document := range documents(t) {
		_, walked := walks[document]
		assert.Equal(t, len(commandsOf(t, document)) > 0, walked, "%s has commands, and whether it is walked", document)
	}
}

// shown is a command of a document's, and what the document says that it prints.
type shown struct {
	command string
	output  []string
}

// commandsOf reads the blocks of a document that are marked as console.
func commandsOf(t *testing.T, document string) []shown {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, document))
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
			require.NotEmpty(t, all, "output before the first command of %s", document)
			last := &all[len(all)-1]
			if more, goesOn := strings.CutPrefix(line, "> "); goesOn && last.output == nil {
				last.command += "\n" + more
			} else {
				last.output = append(last.output, line)
			}
		}
	}
	return slices.DeleteFunc(all, func(s shown) bool { return ofTheTree.MatchString(s.command) })
}

// ofTheTree is a command that builds or tests the tree itself.
var ofTheTree = regexp.MustCompile(`^([A-Z_]+=\S+ )*(make|go)( |$)`)

// pattern is what the output has to match.
func (s shown) pattern(own func(string) string) string {
	lines := make([]string, len(s.output))
	for i, line := range s.output {
		if line == "…" {
			lines[i] = "(?s:.*)"
		} else {
			lines[i] = strings.ReplaceAll(regexp.QuoteMeta(own(line)), "…", ".*")
		}
	}
	return "^" + strings.Join(lines, "\n") + "\n?$"
}

// notice is what lumo-lambda says about this machine: that it fetches the emulator, or has none.
var notice = regexp.MustCompile(`(?m)^lumo-lambda: .*emulator.*\n`)

// of walks through a document.
func (w walk) of(t *testing.T, document string) {
	own := ownPorts(t)
	env := []string{
		"PATH=" + strings.Join([]string{dist, layerDir, os.Getenv("PATH")}, string(filepath.ListSeparator)),
		"HOME=" + homeOfReader(t), "LUMO_LAYER=",
	}
	if cache, err := os.UserCacheDir(); err == nil {
		env = append(env, "XDG_CACHE_HOME="+cache) // where the genuine emulator is kept
	}
	if w.aws {
		address := own("127.0.0.1:5000")
		_, port, err := net.SplitHostPort(address)
		require.NoError(t, err)
		serve(t, address, []string{"PYTHONPATH=" + awsDependency(t, "moto"), "PYTHONDONTWRITEBYTECODE=1", "MOTO_IAM_LOAD_MANAGED_POLICIES=true"},
			"python3", "-m", "moto.server", "-H", "127.0.0.1", "-p", port)
		env = append(env, "AWS_ENDPOINT_URL=http://"+address, "AWS_REGION="+region, "AWS_ACCESS_KEY_ID="+accessKey, "AWS_SECRET_ACCESS_KEY="+secretKey)
	}

	const between = "-- the next command --"
	var script strings.Builder
	script.WriteString("set -m\n") // jobs have numbers
	steps := commandsOf(t, document)
	for _, step := range steps {
		command := own(strings.ReplaceAll(step.command, "lumo-lambda dev", "lumo-lambda dev --address 127.0.0.1:3000"))
		switch {
		case strings.HasSuffix(command, " &"):
			command = "coproc JOB { " + strings.TrimSuffix(command, " &") + "; }; read -r line <&${JOB[0]}; echo \"$line\""
		case strings.HasPrefix(command, "kill %"):
			command += "; wait 2>/dev/null" // its number and its port are free for the next
		}
		script.WriteString(command + "\necho '" + between + "'\n")
	}
	cmd := exec.Command("bash", "-c", script.String())
	cmd.Dir = w.folder(t)
	cmd.Env = append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	runtime.LockOSThread() // the death signal comes when the thread that started the process ends
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.Output()
	require.NoError(t, err, "%s\n%s", out, stderr.String())
	printed := strings.Split(string(out), between+"\n")
	for i, step := range steps {
		require.Less(t, i, len(printed), "the walk ended before %s\n%s", step.command, stderr.String())
		if !assert.Regexp(t, step.pattern(own), notice.ReplaceAllString(printed[i], ""), step.command) {
			t.Log(shorten(stderr.String()))
		}
	}
}

// ownPorts gives the walk ports that nobody has, in place of those that documents name.
func ownPorts(t *testing.T) func(string) string {
	ports := map[string]string{"3000": "", "5000": "", "5555": "", "7888": ""}
	for port := range ports {
		ports[port] = freePort(t)
	}
	place := regexp.MustCompile(`(127\.0\.0\.1:|port |--nrepl |--socket-repl |-n )(` + strings.Join(slices.Sorted(maps.Keys(ports)), "|") + `)\b`)
	return func(text string) string {
		return place.ReplaceAllStringFunc(text, func(found string) string {
			parts := place.FindStringSubmatch(found)
			return parts[1] + ports[parts[2]]
		})
	}
}

// freePort is a port of loopback that nobody has.
func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	return port
}

// homeOfReader is a home folder whose Maven repository has the library that documents and examples use.
func homeOfReader(t *testing.T) string {
	home := t.TempDir()
	const library = "core.rrb-vector-0.2.0"
	folder := filepath.Join(home, ".m2", "repository", "org", "clojure", "core.rrb-vector", "0.2.0")
	require.NoError(t, os.MkdirAll(folder, 0o755))
	require.NoError(t, linkOrCopy(dependency(t, rrbVector), filepath.Join(folder, library+".jar")))
	pom := "<project><groupId>org.clojure</groupId><artifactId>core.rrb-vector</artifactId><version>0.2.0</version></project>"
	require.NoError(t, os.WriteFile(filepath.Join(folder, library+".pom"), []byte(pom), 0o644))
	return home
}

// folder is where the walk begins.
func (w walk) folder(t *testing.T) string {
	t.Helper()
	if w.in == "." {
		return root
	}
	folder := t.TempDir()
	if w.in != "" {
		require.NoError(t, os.CopyFS(folder, os.DirFS(filepath.Join(root, w.in))))
	}
	for name, of := range w.links {
		to, err := filepath.EvalSymlinks(filepath.Join(root, ".cache", of))
		if err != nil {
			unavailable(t, "a dependency of the tests is missing (%v): run `go run ./build deps` first", err)
		}
		link := filepath.Join(folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(link), 0o755))
		require.NoError(t, linkAll(to, link))
	}
	return folder
}

// The function that the README shows is the one that it runs.
func TestReadmeShowsTheExampleAsItIs(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	require.NoError(t, err)
	example, err := os.ReadFile(filepath.Join(root, "examples", "hello", "src", "hello", "core.cljs"))
	require.NoError(t, err)
	assert.Contains(t, string(readme), fmt.Sprintf("```clojure\n%s```\n", example))
}
