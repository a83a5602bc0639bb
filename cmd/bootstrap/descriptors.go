package main

import (
	"strconv"
	"syscall"
)

// keepDescriptors keeps the platform's descriptors from lumo and its children. Go opens its own ones so that a child does not
// get them; one that this process was started with is handed on unless that is said.
func keepDescriptors(env map[string]string) {
	if fd, err := strconv.Atoi(env["_LAMBDA_TELEMETRY_LOG_FD"]); err == nil && fd > 2 {
		syscall.CloseOnExec(fd)
	}
}
