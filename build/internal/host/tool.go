package host

import (
	"fmt"
	"os/exec"
	"path/filepath"
)

// getting says where each tool that a build may ask for comes from. The package names are Debian's, which most others
// share.
var getting = map[string]string{
	"gcc":                 "apt-get install gcc libc6-dev",
	"java":                "apt-get install default-jre-headless, or any JRE of version 17 or newer",
	"mvn":                 "apt-get install maven",
	"npm":                 "apt-get install npm, or any Node.js of version 20 or newer",
	"python3":             "apt-get install python3 python3-pip",
	"qemu-aarch64-static": "apt-get install qemu-user-static",
	"qemu-x86_64-static":  "apt-get install qemu-user-static",
}

// MissingToolError is a tool that is not on the PATH, or a file that is not at its place: its name, what it was wanted for,
// and how to get it.
type MissingToolError struct {
	Tool, Purpose, Getting string
}

func (e *MissingToolError) Error() string {
	where := "is not on the PATH"
	if filepath.IsAbs(e.Tool) {
		where = "is not there"
	}
	text := fmt.Sprintf("%s %s; it %s", e.Tool, where, e.Purpose)
	if e.Getting != "" {
		text += ". To get it: " + e.Getting
	}
	return text
}

// Find is the path of a tool; purpose completes the sentence "it …" for when there is none.
func Find(tool, purpose string) (string, error) {
	path, err := exec.LookPath(tool)
	if err != nil {
		return "", &MissingToolError{Tool: tool, Purpose: purpose, Getting: getting[tool]}
	}
	return path, nil
}
