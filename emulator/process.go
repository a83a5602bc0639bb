package emulator

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// drainGrace is how long a process's last output is waited for once it is gone.
// What is left in the pipe by then comes from a process that it left behind.
const drainGrace = 200 * time.Millisecond

// process is a program in a process group of its own, whose output is copied to
// writers. Whoever starts one calls end.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr *logPipe
	done           chan struct{} // closed when the process is reaped

	mu     sync.Mutex
	reaped bool // its number may be another process's
}

// startProcess starts cmd. Its standard output goes to stdout and its standard error to
// stderr, or both to stdout, in order, when stderr is nil.
func startProcess(cmd *exec.Cmd, stdout, stderr io.Writer) (*process, error) {
	p := &process{cmd: cmd, done: make(chan struct{})}
	var err error
	if p.stdout, err = newLogPipe(stdout); err != nil {
		return nil, err
	}
	p.stderr = p.stdout
	if stderr != nil {
		if p.stderr, err = newLogPipe(stderr); err != nil {
			p.stdout.finish(0)
			return nil, err
		}
	}
	cmd.Stdout, cmd.Stderr = p.stdout.in, p.stderr.in
	cmd.SysProcAttr.Setpgid = true
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	started := make(chan error)
	go func() {
		// The death signal comes when the thread that started the process ends, so
		// this goroutine keeps its thread for as long as the process lives.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			p.reap()
		}
	}()
	if err := <-started; err != nil {
		p.finishLogs(0)
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return p, nil
}

// say puts a line of the platform's into the log, after what the process has written.
func (p *process) say(format string, args ...any) {
	fmt.Fprintf(p.stdout.in, format+"\n", args...)
}

// reap waits for the process to exit, kills what is left of its group, and only then
// frees its number: a group's number is no other's while its leader is not reaped.
func (p *process) reap() {
	for errors.Is(unix.Waitid(unix.P_PID, p.cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil), unix.EINTR) {
	}
	p.signalGroup(syscall.SIGKILL)
	p.mu.Lock()
	p.reaped = true
	p.cmd.Wait() // what it would report is in cmd.ProcessState
	p.mu.Unlock()
	close(p.done)
}

func (p *process) signalGroup(signal syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.reaped {
		syscall.Kill(-p.cmd.Process.Pid, signal)
	}
}

// end kills the process's group, where it still runs, and all that the run has left
// elsewhere, and waits for the logs.
func (p *process) end(run string) {
	p.signalGroup(syscall.SIGKILL)
	<-p.done
	sweep(run)
	p.finishLogs(drainGrace)
}

func (p *process) finishLogs(grace time.Duration) {
	p.stdout.finish(grace)
	if p.stderr != p.stdout {
		p.stderr.finish(grace)
	}
}
