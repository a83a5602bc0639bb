package emulator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// sandboxName is argv[0] of this program when it is started again to set a
// function's file system up.
const sandboxName = "lumo-lambda-sandbox"

// sandboxStatus is the exit status of a sandbox that could not be set up.
const sandboxStatus = 125

// sandboxSpec is what the sandbox is told, as JSON in argv[1].
type sandboxSpec struct {
	Task string // becomes /var/task
	Opt  string // becomes /opt
	Root string // an empty folder on which the new root is mounted
	// Program is run in the sandbox with Args (argv[0] included). Inside: its path is
	// one in the sandbox, not one of this machine. Empty: try everything, run nothing.
	Program string
	Inside  bool
	Args    []string
}

// Inside is to be called first thing in main. It returns at once unless this
// process was started to be a function's sandbox; then it never returns.
func Inside() {
	if os.Args[0] != sandboxName {
		return
	}
	err := errors.New("started without a description: bug")
	if len(os.Args) == 2 {
		var spec sandboxSpec
		if err = json.Unmarshal([]byte(os.Args[1]), &spec); err == nil {
			err = enterSandbox(spec)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(sandboxStatus)
	}
	os.Exit(0)
}

// command returns the command that runs program, with its arguments, where the
// function's processes run. inside: program's path is one that the function sees.
func (l *layout) command(env []string, inside bool, program string, args ...string) (*exec.Cmd, error) {
	var cmd *exec.Cmd
	if l.real {
		var err error
		cmd, err = l.sandboxCommand(sandboxSpec{Program: program, Inside: inside, Args: append([]string{program}, args...)})
		if err != nil {
			return nil, err
		}
	} else {
		cmd = exec.Command(program, args...)
		cmd.Dir = l.task
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.Env = env
	return cmd, nil
}

// sandboxCommand returns the command that starts this program again in a mount
// namespace of its own, and with l.user in a user namespace, whose root we are.
func (l *layout) sandboxCommand(spec sandboxSpec) (*exec.Cmd, error) {
	spec.Task, spec.Opt, spec.Root = l.task, l.opt, filepath.Join(l.work, "root")
	if err := os.MkdirAll(spec.Root, 0o700); err != nil {
		return nil, fmt.Errorf("make the sandbox's root: %w", err)
	}
	text, err := json.Marshal(spec)
	if err != nil {
		return nil, fmt.Errorf("describe the sandbox: %w", err)
	}
	cmd := &exec.Cmd{Path: "/proc/self/exe", Args: []string{sandboxName, string(text)}}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if l.user {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	return cmd, nil
}

// probeSandbox sets the sandbox up and runs nothing in it. Only trying tells whether
// namespaces are allowed here, and which: seccomp, AppArmor and sysctl all have a say, and
// root in a container may need a user namespace like everybody else.
func (l *layout) probeSandbox(ctx context.Context) error {
	var err error
	for _, user := range []bool{false, true} {
		if l.user = user; !user && os.Geteuid() != 0 {
			continue
		}
		if err = ctx.Err(); err != nil {
			return err
		}
		if err = l.trySandbox(); err == nil {
			return nil
		}
	}
	return fmt.Errorf("no mount namespace here: %w", err)
}

func (l *layout) trySandbox() error {
	cmd, err := l.sandboxCommand(sandboxSpec{})
	if err != nil {
		return err
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	err = cmd.Run()
	if said := strings.TrimSpace(stderr.String()); err != nil && said != "" {
		return errors.New(said)
	}
	return err
}

// enterSandbox makes the function's file system in this process's new mount
// namespace and becomes the program. It returns on an error, or when there is no program.
func enterSandbox(spec sandboxSpec) error {
	runtime.LockOSThread()
	if err := mountRoot(spec); err != nil {
		return err
	}
	program := spec.Program
	if program != "" && !spec.Inside {
		// Opened before the root changes: it may lie in a folder that is hidden afterwards.
		f, err := os.Open(program)
		if err != nil {
			return fmt.Errorf("open the program: %w", err)
		}
		defer f.Close()
		program = fmt.Sprintf("/proc/self/fd/%d", f.Fd())
	}
	if err := syscall.Chroot(spec.Root); err != nil {
		return fmt.Errorf("change the root: %w", err)
	}
	if err := os.Chdir(taskRoot); err != nil {
		return fmt.Errorf("change to the function's folder: %w", err)
	}
	if program == "" {
		return nil
	}
	// The kernel forgets the death signal when a namespace changes the credentials.
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(syscall.SIGKILL), 0, 0, 0); err != nil {
		return fmt.Errorf("set the death signal: %w", err)
	}
	if err := syscall.Exec(program, spec.Args, os.Environ()); err != nil {
		return fmt.Errorf("run %s: %w", spec.Program, err)
	}
	return nil
}
