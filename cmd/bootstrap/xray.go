package main

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The cause of an error in the form that X-Ray shows.
type (
	xrayError struct {
		WorkingDirectory string          `json:"working_directory"`
		Exceptions       []xrayException `json:"exceptions"`
		Paths            []string        `json:"paths"`
	}
	xrayException struct {
		Type    string      `json:"type"`
		Message string      `json:"message"`
		Stack   []xrayFrame `json:"stack"`
	}
	xrayFrame struct {
		Path  string `json:"path"`
		Line  int    `json:"line"`
		Label string `json:"label"`
	}
)

// What is taken of an error, in bytes and pieces. It travels in a header of ASCII, where a byte may become six, and X-Ray
// takes 64 KiB: 6 × (1024 of the folder + 3 × (1024 + 128) + 2 × 2048, since paths are there twice) + 64 × 43 for the
// frames' names come to 54,208 at most.
const (
	xrayExceptions = 3
	xrayFrames     = 64
	xrayMessage    = 1024
	xrayType       = 128
	xrayFrameBytes = 2048
	xrayFolder     = 1024
)

// thrown is an error's JSON, as lumo and errors.go make it.
type thrown struct {
	Type    string          `json:"errorType"`
	Message string          `json:"errorMessage"`
	Stack   []string        `json:"stackTrace"`
	Cause   json.RawMessage `json:"cause"` // the same again
}

// frameOf reads a line of a stack: my-app.core/handler (src/my_app/core.cljs:3:7), or the place alone.
func frameOf(line string) (f xrayFrame, found bool) {
	place := line
	if i := strings.LastIndex(line, " ("); i >= 0 && strings.HasSuffix(line, ")") {
		f.Label, place = line[:i], line[i+2:len(line)-1]
	}
	place, column := cutLast(place)
	path, number := cutLast(place)
	_, columnErr := strconv.Atoi(column)
	n, err := strconv.Atoi(number)
	f.Path, f.Line = path, n
	return f, columnErr == nil && err == nil && path != ""
}

// cutLast cuts at the last colon.
func cutLast(s string) (before, after string) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return "", s
	}
	return s[:i], s[i+1:]
}

// xrayCause gives an error's cause for X-Ray, nil where the JSON is none of an error.
func xrayCause(body []byte) []byte {
	out := xrayError{Exceptions: []xrayException{}, Paths: []string{}}
	folder, _ := os.Getwd() // one that is gone has no name
	out.WorkingDirectory = first(folder, xrayFolder)
	frames, bytes := xrayFrames, xrayFrameBytes
	paths := map[string]bool{}
	for range xrayExceptions {
		var e thrown
		if json.Unmarshal(body, &e) != nil || e.Type == "" {
			break
		}
		x := xrayException{Type: first(e.Type, xrayType), Message: first(e.Message, xrayMessage), Stack: []xrayFrame{}}
		for _, line := range e.Stack {
			f, found := frameOf(line)
			if !found {
				continue // what lumo wrote, not a place
			}
			if frames--; frames < 0 || len(line) > bytes {
				break
			}
			bytes -= len(line)
			x.Stack = append(x.Stack, f)
			if !paths[f.Path] {
				paths[f.Path] = true
				out.Paths = append(out.Paths, f.Path)
			}
		}
		out.Exceptions = append(out.Exceptions, x)
		body = e.Cause
	}
	if len(out.Exceptions) == 0 {
		return nil
	}
	text, err := json.Marshal(out)
	if err != nil {
		panic("bug: strings and numbers are not JSON: " + err.Error())
	}
	return text
}

// first gives at most n bytes of a text, whole characters.
func first(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
