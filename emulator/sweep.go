package emulator

import (
	"bytes"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// runVariable is in the environment of every process of one emulator, with a value of
// its own. A process that left its group, or whose parent is gone, is found by it.
const runVariable = "LUMO_LAMBDA_RUN"

// sweep kills the processes that carry the run's mark, whoever their parents are by now,
// as Lambda does when it resets a sandbox. It repeats until it finds none, because one may
// start another meanwhile, but not forever: one that hangs in the kernel cannot be waited for.
func sweep(run string) {
	mark := []byte(runVariable + "=" + run)
	for range 1000 {
		if sweepOnce(mark) == 0 {
			return
		}
	}
}

func sweepOnce(mark []byte) (killed int) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		if killMarked(pid, mark) {
			killed++
		}
	}
	return killed
}

// killMarked holds the process by a descriptor, so that the one whose environment it
// reads is the one that it kills. What it may not read is not ours.
func killMarked(pid int, mark []byte) bool {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	environ, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ") // empty for a zombie
	if err != nil {
		return false
	}
	for variable := range bytes.SplitSeq(environ, []byte{0}) {
		if bytes.Equal(variable, mark) {
			return unix.PidfdSendSignal(fd, syscall.SIGKILL, nil, 0) == nil
		}
	}
	return false
}
