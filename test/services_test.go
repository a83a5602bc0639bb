package test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	region    = "eu-west-1"
	accessKey = "AKIAIOSFODNN7EXAMPLE" // of AWS's own examples
	secretKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

	// Where the servers behind the edge are: the network is the test's, so any port is free.
	s3Address  = "127.0.0.1:7070"
	awsAddress = "127.0.0.1:5000"
	behind     = "aws.test" // the name in the certificate of the server behind the edge
)

// awsDependency is a folder that `go run ./build deps` makes for the AWS SDK smoke.
func awsDependency(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.EvalSymlinks(filepath.Join(root, ".cache", "aws", name))
	if err != nil {
		unavailable(t, "a dependency of the AWS SDK smoke is missing (%v): run `go run ./build deps` first", err)
	}
	return path
}

// startS3 starts versitygw on a folder whose folders are buckets and whose files are objects. It takes buckets out of
// the host's name, as S3 does, and checks signatures.
func startS3(t *testing.T, folder string) {
	t.Helper()
	serve(t, s3Address, nil, filepath.Join(awsDependency(t, "versitygw"), "versitygw"),
		"--port", s3Address, "--access", accessKey, "--secret", secretKey,
		"--quiet", "--region", region, "--virtual-domain", "s3."+region+".amazonaws.com", "posix", folder)
}

// startAWS starts moto, which serves everything else. It has to speak TLS, since it writes its own scheme into the
// addresses of queues.
func startAWS(t *testing.T, a *authority) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		unavailable(t, "moto needs Python: %v", err)
	}
	certificate, key := certificateFiles(t, a, behind)
	host, port, err := net.SplitHostPort(awsAddress)
	require.NoError(t, err)
	serve(t, awsAddress, []string{"PYTHONPATH=" + awsDependency(t, "moto"), "PYTHONDONTWRITEBYTECODE=1"},
		python, "-m", "moto.server", "-H", host, "-p", port, "-c", certificate, "-k", key)
}

// certificateFiles writes a server's certificate and its key into files.
func certificateFiles(t *testing.T, a *authority, name string) (certificate, key string) {
	t.Helper()
	c, err := a.issue(name)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	require.NoError(t, err)
	folder := t.TempDir()
	for file, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: c.Certificate[0]},
		"key.pem":  {Type: "PRIVATE KEY", Bytes: private},
	} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, file), pem.EncodeToMemory(block), 0o600))
	}
	return filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
}

// serve starts a server, waits until it listens, and ends it with the test.
func serve(t *testing.T, address string, env []string, argv ...string) {
	t.Helper()
	var output bytes.Buffer // read when the process has ended
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started, ended := make(chan error), make(chan struct{})
	go func() {
		defer close(ended)
		runtime.LockOSThread() // the death signal comes when the thread that started the process ends
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			cmd.Wait() // it is killed: nothing to learn
		}
	}()
	require.NoError(t, <-started)
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-ended
		if t.Failed() {
			t.Logf("%s printed:\n%s", filepath.Base(argv[0]), shorten(output.String()))
		}
	})
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	for tick := time.NewTicker(10 * time.Millisecond); ; {
		select {
		case <-tick.C:
			if conn, err := net.Dial("tcp", address); err == nil {
				tick.Stop()
				conn.Close()
				return
			}
		case <-ended:
			t.Fatalf("%s ended before it listened:\n%s", argv[0], output.String())
		case <-deadline.C:
			t.Fatalf("%s does not listen on %s", argv[0], address)
		}
	}
}
