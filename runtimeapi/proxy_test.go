package runtimeapi

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// lambdasAddress is where Lambda's documentation has its APIs: not on loopback, where every client leaves proxies alone.
const lambdasAddress = "169.254.100.1"

const insideEnv = "RUNTIMEAPI_TEST_INSIDE"

// A user's proxy is for the function's own requests. Sent through it, the runtime's would never arrive.
func TestProxyOfTheEnvironmentIsNotUsed(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), insideEnv+"=1", "GORACE=atexit_sleep_ms=0")
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"} {
		cmd.Env = append(cmd.Env, name+"=http://127.0.0.1:1")
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Start()
	if err != nil && os.Getenv("CI") != "true" {
		t.Skipf("a network of its own cannot be had: %v", err)
	}
	require.NoError(t, err)
	require.NoError(t, cmd.Wait(), "%s", out.String())
}

// inside is the other half of the test, in a network that has nothing but Lambda's address.
func inside() error {
	if err := haveAddress(); err != nil {
		return fmt.Errorf("set up the network: %w", err)
	}
	l, err := net.Listen("tcp", lambdasAddress+":9001")
	if err != nil {
		return err
	}
	go func() {
		_ = http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // ends with the process
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", "direct")
			_, _ = io.WriteString(w, r.RequestURI)
		}))
	}()
	// The test can fail: Go's own client takes the proxy.
	if resp, err := http.Get("http://" + lambdasAddress + ":9001/"); err == nil {
		_ = resp.Body.Close()
		return fmt.Errorf("the proxy was not taken by net/http either")
	}
	c, err := New(lambdasAddress+":9001", nil)
	if err != nil {
		return err
	}
	inv, err := c.next(context.Background())
	if err != nil {
		return err
	}
	if got := string(inv.Event); inv.RequestID != "direct" || got != base+"/invocation/next" {
		return fmt.Errorf("the API saw %q", got)
	}
	return nil
}

// haveAddress gives the loopback device of this network Lambda's address.
func haveAddress() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	r, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	if err := r.SetInet4Addr(net.ParseIP(lambdasAddress).To4()); err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFADDR, r); err != nil {
		return err
	}
	r.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, r)
}
