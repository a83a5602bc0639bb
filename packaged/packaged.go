// Package packaged is what `lumo-lambda package` writes beside a function and bootstrap reads: the function compiled ahead of
// time, so that it starts without the compiler.
//
// # Layout
//
// In the folder .lumo below the function's root:
//
//	package.json  what the package was made of, and with which lumo (Package)
//	app.js        every namespace that the function needs and the runtime has not, in their order; its value tells of the handler
//	app.cache     V8's code cache of app.js
//	places.json   from the lines of app.js to those of the sources, for stack traces
//	app.snapshot  where it was asked for and possible, a V8 start-up snapshot in which all of it has been loaded
//
// Beside lumo, in the layer:
//
//	lumo.snapshot a V8 start-up snapshot of ClojureScript's library and the child's side of bootstrap's frames, without the compiler
//	lumo.json     what identifies the two; a package is for one lumo
//
// lumo starts from one of the snapshots where the variable LUMO_SNAPSHOT names it.
package packaged

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strings"
)

const (
	Folder   = ".lumo"
	File     = "package.json"
	Snapshot = "app.snapshot"

	RuntimeSnapshot = "lumo.snapshot"
	idFile          = "lumo.json"

	SnapshotVar = "LUMO_SNAPSHOT"
)

// Package is package.json. Names are relative to the function's root.
type Package struct {
	Lumo    string   `json:"lumo"`    // the id of the lumo that it was made with
	Handler string   `json:"handler"` // the one handler that it starts
	Files   []Source `json:"files"`   // what it was compiled from
	Absent  []string `json:"absent"`  // files that would have been loaded in place of one of these
	// Env is what the application read of the environment while it was loaded into app.snapshot, nil for variables that were not
	// set. It is nil where there is no such snapshot.
	Env map[string]*string `json:"env"`
}

// Source is a file and what identifies its content.
type Source struct {
	Name string `json:"name"`
	Sum  string `json:"sum"`
}

// ID is what identifies the lumo in a folder, which is an error where it cannot start packages.
func ID(folder string) (string, error) {
	var lumo struct {
		ID string `json:"id"`
	}
	err := ReadJSON(filepath.Join(folder, idFile), &lumo)
	return lumo.ID, err
}

// jarTail is how much of a JAR counts, at its end: its directory, which has a checksum of each file.
const jarTail = 256 * 1024

// Sum gives what identifies a file's content: its size and a checksum of it, or of a JAR's end. It is to tell whether somebody
// has edited the file, and is computed whenever a packaged function starts: a digest that withstands forgery would link all of
// Go's cryptography into bootstrap.
func Sum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	if strings.HasSuffix(path, ".jar") {
		if _, err := f.Seek(max(0, info.Size()-jarTail), io.SeekStart); err != nil {
			return "", err
		}
	}
	sum := crc32.NewIEEE()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d-%08x", info.Size(), sum.Sum32()), nil
}

// ReadJSON reads a file of JSON.
func ReadJSON(path string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}
