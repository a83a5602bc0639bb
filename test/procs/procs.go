// Package procs looks at processes from outside, for tests, as /proc shows them. What is gone in the middle of a look has
// nothing.
package procs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Children gives the processes that a process has started and not reaped.
func Children(pid int) (pids []int) {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid)) // the pattern is right
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil {
			continue // a thread that has ended since
		}
		for _, field := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(field); err == nil {
				pids = append(pids, child)
			}
		}
	}
	return pids
}

// Descriptors gives what a process has open, as the kernel names it.
func Descriptors(pid int) (targets []string) {
	links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil {
			targets = append(targets, target)
		}
	}
	return targets
}

// killedWithin is a watchdog: a killed process is dead as soon as it is scheduled.
const killedWithin = 30 * time.Second

// SignalChildren sends a signal to a process's children, and to nobody who got the number of one. It returns when those that
// it kills are dead: until then one may take an event out of its pipe that it will never handle, which is lost with it.
func SignalChildren(parent int, signal syscall.Signal) {
	for _, pid := range Children(parent) {
		fd, err := unix.PidfdOpen(pid, 0)
		if err != nil {
			continue
		}
		if parentOf(pid) == parent { // the descriptor is of a child, and stays so
			sent := unix.PidfdSendSignal(fd, signal, nil, 0)
			for err := error(unix.EINTR); sent == nil && signal == syscall.SIGKILL && errors.Is(err, unix.EINTR); {
				_, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(killedWithin/time.Millisecond))
			}
		}
		_ = unix.Close(fd)
	}
}

// parentOf gives a process's parent, 0 where it is gone.
func parentOf(pid int) (parent int) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	_, _ = fmt.Sscanf(rest, "%s %d", new(string), &parent)
	return parent
}

// Memory gives what a process has resident, in bytes.
func Memory(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	var size, resident int64
	_, _ = fmt.Sscanf(string(text), "%d %d", &size, &resident)
	return resident * int64(os.Getpagesize())
}

// Threads gives how many threads a process has.
func Threads(pid int) int {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
	return len(tasks)
}
