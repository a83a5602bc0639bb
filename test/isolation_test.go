package test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// isolatedVariable is set where this program runs in a network and a mount namespace of its own.
const isolatedVariable = "LUMO_TEST_ISOLATED"

// isolated runs the test again, as a process in a new network that has a loopback interface and nothing else, and in a
// mount namespace where files of the system can be hidden behind others. It returns true in there, and false in the
// test that was called, which then has nothing left to do: the process's result is its own.
func isolated(t *testing.T) bool {
	t.Helper()
	if os.Getenv(isolatedVariable) != "" {
		return true
	}
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v", "-test.count=1")
	cmd.Env = append(os.Environ(), isolatedVariable+"=1")
	namespaces(t, cmd, syscall.CLONE_NEWNET|syscall.CLONE_NEWNS)
	// The death signal comes when the thread that started the process ends, and this goroutine waits for it anyway.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("in a network of its own: %v\n%s", err, out)
	}
	if bytes.Contains(out, []byte("--- SKIP: "+t.Name()+" ")) {
		t.Skipf("in a network of its own:\n%s", out)
	}
	require.Contains(t, string(out), "--- PASS: "+t.Name()+" ", "bug: it did not run there")
	t.Logf("in a network of its own:\n%s", out)
	return false
}

// namespaces has cmd start in new namespaces, inside a new user namespace where root's rights are not enough or not had.
// Where neither is allowed the test is skipped.
func namespaces(t *testing.T, cmd *exec.Cmd, flags uintptr) {
	t.Helper()
	attempts := []syscall.SysProcAttr{userNamespace(flags)}
	if os.Geteuid() == 0 {
		attempts = append([]syscall.SysProcAttr{{Cloneflags: flags}}, attempts...)
	}
	var errs error
	for _, attr := range attempts {
		try := exec.Command("/proc/self/exe", "-test.list=^$")
		try.SysProcAttr = &attr
		err := try.Run()
		if err == nil {
			cmd.SysProcAttr = &attr
			return
		}
		errs = errors.Join(errs, err)
	}
	unavailable(t, "no namespaces here: %v", errs)
}

func userNamespace(flags uintptr) syscall.SysProcAttr {
	return syscall.SysProcAttr{
		Cloneflags:  flags | syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
}

// settle is called by TestMain: it does what a process in namespaces of its own has to do first.
func settle() error {
	if os.Getenv(isolatedVariable) == "" {
		return nil
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make the mounts private: %w", err)
	}
	return loopbackUp()
}

// loopbackUp switches the loopback interface on, which a new network has switched off.
func loopbackUp() error {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("switch loopback on: %w", err)
	}
	defer unix.Close(socket)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return fmt.Errorf("switch loopback on: %w", err)
	}
	request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, request); err != nil {
		return fmt.Errorf("switch loopback on: %w", err)
	}
	return nil
}

// systemFile puts a text in the place of a file of the system's, for this process and its children. Writing to the
// returned file changes it.
func systemFile(t *testing.T, path, text string) string {
	t.Helper()
	require.NotEmpty(t, os.Getenv(isolatedVariable), "bug: this would change the machine")
	file := filepath.Join(t.TempDir(), filepath.Base(path))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	if _, err := os.Stat(path); err != nil {
		unavailable(t, "this machine has no %s to put another in its place: %v", path, err)
	}
	require.NoError(t, unix.Mount(file, path, "", unix.MS_BIND, ""), "bind %s", path)
	t.Cleanup(func() { require.NoError(t, unix.Unmount(path, 0)) })
	return file
}
