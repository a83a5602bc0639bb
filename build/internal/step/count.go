package step

import (
	"bytes"
	"io"
	"os"
	"regexp"
	"strconv"
)

// programMark begins the line of a log that names the program that prints what follows.
const programMark = "$ "

// countTail is how much of a log's end is searched for a count; a line of a compiler's warnings is far shorter.
const countTail = 64 << 10

// count is how far a program is, by its own word.
type count struct{ done, total int }

// ninjaCount is how ninja begins the line of each thing that it makes, where it does not print to a terminal.
var ninjaCount = regexp.MustCompile(`(?m)^\[(\d+)/(\d+)\] `)

// lastCount is the newest count in a log, of the program that prints to it now; nil where there is none.
func lastCount(log string) *count {
	f, err := os.Open(log)
	if err != nil {
		return nil // no log, no count: the line goes without
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil
	}
	text, err := io.ReadAll(io.NewSectionReader(f, max(0, info.Size()-countTail), countTail))
	if err != nil {
		return nil
	}
	if at := bytes.LastIndex(text, []byte("\n"+programMark)); at >= 0 {
		text = text[at:]
	}
	all := ninjaCount.FindAllSubmatch(text, -1)
	if len(all) == 0 {
		return nil
	}
	last := all[len(all)-1]
	done, errDone := strconv.Atoi(string(last[1]))
	total, errTotal := strconv.Atoi(string(last[2]))
	if errDone != nil || errTotal != nil {
		return nil
	}
	return &count{done, total}
}
