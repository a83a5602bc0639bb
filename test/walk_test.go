package test

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

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

// A fresh reader's walk through docs/getting-started.md: its commands, in one shell, from an empty folder, print what it shows.
// AWS is moto.
func TestGettingStartedIsWalked(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		unavailable(t, "the walk asks with curl: %v", err)
	}
	port := freePort(t)
	aws := "127.0.0.1:" + port
	serve(t, aws, []string{"PYTHONPATH=" + awsDependency(t, "moto"), "PYTHONDONTWRITEBYTECODE=1", "MOTO_IAM_LOAD_MANAGED_POLICIES=true"},
		"python3", "-m", "moto.server", "-H", "127.0.0.1", "-p", port)

	// The walk has a port of its own.
	front := freePort(t)
	own := strings.NewReplacer("127.0.0.1:3000", "127.0.0.1:"+front, "lumo-lambda dev", "lumo-lambda dev --address 127.0.0.1:"+front)

	const between = "-- the next command --"
	var script strings.Builder
	script.WriteString("set -m\n") // jobs have numbers
	steps := commandsOf(t, "docs/getting-started.md")
	require.Greater(t, len(steps), 10)
	for _, step := range steps {
		command := own.Replace(step.command)
		if strings.HasSuffix(command, " &") {
			// The reader reads on when the address is there.
			command = "coproc DEV { " + strings.TrimSuffix(command, " &") + "; }; read -r address <&${DEV[0]}; echo $address"
		}
		script.WriteString(command + "\necho '" + between + "'\n")
	}
	cmd := exec.Command("bash", "-c", script.String())
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "PATH="+dist+string(filepath.ListSeparator)+os.Getenv("PATH"), "LUMO_LAYER=",
		"AWS_ENDPOINT_URL=http://"+aws, "AWS_REGION="+region, "AWS_ACCESS_KEY_ID="+accessKey, "AWS_SECRET_ACCESS_KEY="+secretKey)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.Output()
	require.NoError(t, err, "%s\n%s", out, stderr.String())
	printed := strings.Split(string(out), between+"\n")
	for i, step := range steps {
		pattern := regexp.QuoteMeta(own.Replace(strings.Join(step.output, "\n")))
		pattern = strings.ReplaceAll(pattern, "…", "(?s:.*)")
		require.Less(t, i, len(printed), "the walk ended before %s\n%s", step.command, stderr.String())
		if !assert.Regexp(t, "^"+pattern+"\n?$", printed[i], step.command) {
			t.Log(shorten(stderr.String()))
		}
	}
}
