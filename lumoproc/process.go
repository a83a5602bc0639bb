package lumoproc

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
)

// process is a child process that leads its own group.
type process struct {
	os *os.Process

	mu     sync.Mutex
	reaped bool // its number may belong to somebody else
}

// spawn starts cfg's program on p's child ends. The goroutine it starts calls exited when the process is over but not
// reaped, kills what is left of the group, reaps, and then calls reaped.
func spawn(cfg *Config, p pipes, reaped func(*os.ProcessState)) (*process, error) {
	type result struct {
		proc *process
		err  error
	}
	started := make(chan result)
	go func() {
		// The parent-death signal comes when the *thread* that forked ends, so this thread is kept as long as the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		osProc, err := os.StartProcess(cfg.Path, append([]string{cfg.Path}, cfg.Args...), &os.ProcAttr{
			Dir:   cfg.Dir,
			Env:   cfg.Env,
			Files: []*os.File{p.childIn, p.childOut, p.childErr},
			Sys:   &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL},
		})
		if err != nil {
			started <- result{err: &StartError{Path: cfg.Path, Err: startReason(cfg, err)}}
			return
		}
		proc := &process{os: osProc}
		started <- result{proc: proc}
		waitUnreaped(osProc.Pid)
		reaped(proc.reap())
	}()
	r := <-started
	return r.proc, r.err
}

// startReason tells a missing folder from a missing program: the kernel says ENOENT for both.
func startReason(cfg *Config, err error) error {
	if cfg.Dir != "" {
		if _, dirErr := os.Stat(cfg.Dir); dirErr != nil {
			return fmt.Errorf("its working directory: %w", dirErr)
		}
	}
	if path := (*os.PathError)(nil); errors.As(err, &path) {
		return path.Err // the path is in StartError
	}
	return err
}

// waitUnreaped returns when the process is a zombie, whose number, and so its group's, cannot be given to another.
func waitUnreaped(pid int) {
	const pPID = 1 // P_PID of waitid(2)
	for {
		_, _, errno := syscall.Syscall6(syscall.SYS_WAITID, pPID, uintptr(pid), 0, syscall.WEXITED|syscall.WNOWAIT, 0, 0)
		if errno != syscall.EINTR {
			return
		}
	}
}

// kill ends the whole group.
func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.reaped {
		_ = syscall.Kill(-p.os.Pid, syscall.SIGKILL) // ESRCH: nobody is left
	}
}

// signal sends a signal to the process alone.
func (p *process) signal(sig syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.reaped {
		_ = syscall.Kill(p.os.Pid, sig) // it may be a zombie, which takes all signals
	}
}

func (p *process) reap() *os.ProcessState {
	p.kill()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reaped = true
	state, err := p.os.Wait()
	if err != nil {
		panic("bug: wait for our own child: " + err.Error())
	}
	return state
}
