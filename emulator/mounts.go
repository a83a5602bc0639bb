package emulator

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// tmpSize is the size of the function's /tmp: Lambda's default, 512 MB.
const tmpSize = "512m"

// mountRoot makes spec.Root look like Lambda's root: this machine's folders, read-only,
// except /opt and /var/task, which are the function's, and an empty /tmp.
func mountRoot(spec sandboxSpec) error {
	// What is mounted from here on must not reach the machine's own namespace.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make the mounts private: %w", err)
	}
	root := spec.Root
	if err := unix.Mount("tmpfs", root, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755"); err != nil {
		return fmt.Errorf("mount the root: %w", err)
	}
	if err := mirror("/", root, "opt", "tmp", "var"); err != nil {
		return err
	}
	if err := mirror("/var", filepath.Join(root, "var"), "task", "runtime", "lang", "rapid"); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(root, runtimeDir), 0o755); err != nil {
		return err
	}
	for from, to := range map[string]string{spec.Task: taskRoot, spec.Opt: optRoot} {
		if err := bind(from, filepath.Join(root, to), true); err != nil {
			return err
		}
	}
	tmp := filepath.Join(root, "tmp")
	if err := os.Mkdir(tmp, 0o755); err != nil {
		return err
	}
	if err := unix.Mount("tmpfs", tmp, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=1777,size="+tmpSize); err != nil {
		return fmt.Errorf("mount /tmp: %w", err)
	}
	return readOnly(root, 0)
}

// mirror makes the folder to show what the folder from holds, except the named
// entries: folders are bound, links made again. Plain files at these places are no
// part of a Linux system.
func mirror(from, to string, except ...string) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	skip := map[string]bool{}
	for _, name := range except {
		skip[name] = true
	}
	for _, entry := range entries {
		here, there := filepath.Join(from, entry.Name()), filepath.Join(to, entry.Name())
		switch {
		case skip[entry.Name()]:
		case entry.Type()&os.ModeSymlink != 0:
			target, err := os.Readlink(here)
			if err != nil {
				return err
			}
			if err := os.Symlink(target, there); err != nil {
				return err
			}
		case entry.IsDir():
			// Devices must stay writable, and /proc knows its own rules.
			if err := bind(here, there, here != "/dev" && here != "/proc"); err != nil {
				return err
			}
		}
	}
	return nil
}

// bind shows the folder from, and what is mounted below it, at to.
func bind(from, to string, ro bool) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	if err := unix.Mount(from, to, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("bind %s: %w", from, err)
	}
	if !ro {
		return nil
	}
	return readOnly(to, unix.AT_RECURSIVE)
}

// readOnly makes the mount at path read-only; mount_setattr (Linux 5.12) leaves the
// mount's other flags alone, which a namespace of ours may not change.
func readOnly(path string, flags uint) error {
	attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}
	if err := unix.MountSetattr(unix.AT_FDCWD, path, flags, &attr); err != nil {
		return fmt.Errorf("make %s read-only: %w", path, err)
	}
	return nil
}
