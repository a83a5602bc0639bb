package test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// terminal is a program at a pseudo-terminal. What it writes is read to the end by one goroutine, which the test waits for.
type terminal struct {
	t      *testing.T
	cmd    *exec.Cmd
	master *os.File
	output chan []byte
	ended  chan error
	seen   bytes.Buffer // what it has written and nobody has waited for
	home   string
}

// openTerminal gives both ends of a new pseudo-terminal of 80 columns.
func openTerminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	fd := int(master.Fd())
	require.NoError(t, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	require.NoError(t, err)
	require.NoError(t, unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80}))
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	return master, slave
}

// startTerminal starts lumo as the program in the foreground of a terminal, with home as HOME.
func startTerminal(t *testing.T, home string, env []string, args ...string) *terminal {
	t.Helper()
	return startAtTerminal(t, home, env, filepath.Join(layerDir, "lumo"), args...)
}

// startAtTerminal does so with any program.
func startAtTerminal(t *testing.T, home string, env []string, program string, args ...string) *terminal {
	t.Helper()
	master, slave := openTerminal(t)
	defer slave.Close()
	cmd := exec.Command(program, args...)
	cmd.Dir = home
	cmd.Env = append([]string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "TERM=xterm"}, env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	require.NoError(t, cmd.Start())
	x := &terminal{t: t, cmd: cmd, master: master, output: make(chan []byte), ended: make(chan error, 1), home: home}
	go x.read()
	t.Cleanup(x.close)
	return x
}

func (x *terminal) read() {
	defer close(x.output)
	for {
		buffer := make([]byte, 4096)
		n, err := x.master.Read(buffer)
		if n > 0 {
			x.output <- buffer[:n]
		}
		if err != nil { // EIO: the last program has closed its end
			x.ended <- x.cmd.Wait()
			return
		}
	}
}

// shows waits until the program has written text, and drops what it wrote before and that.
func (x *terminal) shows(text string) {
	x.t.Helper()
	limit := time.After(2 * time.Minute)
	for {
		if at := bytes.Index(x.seen.Bytes(), []byte(text)); at >= 0 {
			x.seen.Next(at + len(text))
			return
		}
		select {
		case more, ok := <-x.output:
			if !ok {
				x.t.Fatalf("the program has ended, and did not write %q but\n%q", text, x.seen.String())
			}
			x.seen.Write(more)
		case <-limit:
			x.t.Fatalf("the program has not written %q but\n%q", text, x.seen.String())
		}
	}
}

func (x *terminal) types(keys string) {
	x.t.Helper()
	_, err := io.WriteString(x.master, keys)
	require.NoError(x.t, err)
}

// ends waits for the end of the program and returns its status.
func (x *terminal) ends() int {
	x.t.Helper()
	for range x.output {
	}
	<-x.ended
	x.ended <- nil
	return x.cmd.ProcessState.ExitCode()
}

func (x *terminal) close() {
	if x.cmd.ProcessState == nil {
		_ = x.cmd.Process.Kill() // it may have ended meanwhile
	}
	for range x.output {
	}
	<-x.ended
	x.master.Close()
}

func (x *terminal) history() string {
	x.t.Helper()
	text, err := os.ReadFile(filepath.Join(x.home, ".lumo_history"))
	require.NoError(x.t, err)
	return strings.ReplaceAll(string(text), "\v", "␋")
}
