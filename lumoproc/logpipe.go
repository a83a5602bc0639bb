package lumoproc

import (
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/lumo-lambda/lumo-lambda/lumoproc/inspector"
)

// Line is one line for the log.
type Line struct {
	Label   string // of the request that it belongs to; "" where none or more than one could be meant
	Request uint32 // that request's number, 0 where Label is ""
	Level   Level
	Text    string // without its line end; of any bytes where it came from a pipe
	Record  bool   // Text is a JSON object
}

// logPipe reads a child's stderr into lines. Its goroutine reads when something arrives; turn and sync read what is there
// already, in the caller's goroutine and without waiting, so that an answer never overtakes the log.
type logPipe struct {
	f     *os.File
	raw   syscall.RawConn
	size  int // of the pipe in bytes: at most this much can be in it at one moment
	log   func(...Line)
	ended atomic.Bool
	done  chan struct{} // closed when the goroutine is over

	mu      sync.Mutex // held while bytes are read and their lines are logged, which keeps them in order
	buf     []byte
	split   splitter
	lines   []Line // of buf, not logged yet
	tail    tail
	request uint32
	label   string
	until   time.Time                // when turn and sync have to be done with what is there; zero: never
	address chan<- inspector.Address // where the child's inspector listens; nil while nobody has asked it to
}

func newLogPipe(f *os.File, log func(...Line)) *logPipe {
	p := &logPipe{f: f, raw: rawConn(f), log: log, done: make(chan struct{}), buf: make([]byte, 32<<10)}
	p.size = enlarge(p.raw)
	p.split.emit = func(line []byte) {
		text := string(line)
		if p.address != nil && p.takeNotice(&text) {
			return
		}
		// Raw output has no level; CloudWatch counts what has none as INFO.
		p.lines = append(p.lines, Line{Label: p.label, Request: p.request, Level: LevelInfo, Text: text})
	}
	return p
}

// run reads until the end of the pipe, or until end is called.
func (p *logPipe) run() {
	defer close(p.done)
	_ = p.raw.Read(func(fd uintptr) (done bool) { // only a deadline ends it early
		for !p.ended.Load() {
			if empty, eof := p.piece(fd); empty {
				return eof
			}
		}
		return true
	})
	p.hurry(time.Time{})
	p.sync()
}

// piece is one read, for the goroutine: whoever waits for the log has the lock next.
func (p *logPipe) piece(fd uintptr) (empty, eof bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, eof := p.read(fd)
	return n < len(p.buf), eof // a short read has emptied the pipe; more is a new event of the poller
}

// read logs what one read gives. It is called with the lock held.
func (p *logPipe) read(fd uintptr) (n int, eof bool) {
	n, err := read(fd, p.buf)
	if p.address == nil { // what the inspector says is no last word of the program's
		p.tail.write(p.buf[:n])
	}
	p.split.write(p.buf[:n])
	p.emit()
	return n, n == 0 && err != syscall.EAGAIN
}

// emit logs the lines that are whole.
func (p *logPipe) emit() {
	if len(p.lines) > 0 {
		p.log(p.lines...)
		clear(p.lines)
		p.lines = p.lines[:0]
	}
}

// catchUp logs what is in the pipe at the moment of the call, and reports whether it got to the end of that. It is called with
// the lock held.
func (p *logPipe) catchUp() (all bool) {
	_ = p.raw.Control(func(fd uintptr) {
		// A writer that never pauses must not hold us: what was there at the call is no more than the pipe holds.
		for left := p.size; left > 0; {
			n, _ := p.read(fd)
			if left -= n; n < len(p.buf) {
				break
			}
			if !p.until.IsZero() && time.Now().After(p.until) {
				return
			}
		}
		all = true
	})
	return all
}

// turn logs all that was written so far under the label that holds now, and lets what comes after have another.
func (p *logPipe) turn(request uint32, label string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.catchUp()
	if p.request == request {
		return
	}
	p.split.flush()
	p.emit()
	if request != 0 {
		p.tail.reset() // an error must not quote an earlier request
	}
	p.request, p.label = request, label
}

// sync logs all that was written so far, an unfinished line included.
func (p *logPipe) sync() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.catchUp() {
		p.split.flush()
		p.emit()
	}
}

// hurry bounds what turn and sync take from now on: of a flood, the goroutine logs the rest.
func (p *logPipe) hurry(until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until = until
}

// inspected has the log leave out what the child's inspector says from now on, and gives the channel that its address comes on.
func (p *logPipe) inspected() <-chan inspector.Address {
	p.sync()
	p.mu.Lock()
	defer p.mu.Unlock()
	address := make(chan inspector.Address, 1)
	p.address = address
	return address
}

// takeNotice takes the inspector's words out of a line, and reports whether nothing is left of it.
func (p *logPipe) takeNotice(line *string) (all bool) {
	rest, address, found := inspector.Notice(*line)
	if address != (inspector.Address{}) {
		select {
		case p.address <- address:
		default: // the first one counts
		}
	}
	*line = rest
	return found && rest == ""
}

// end makes run finish with what is in the pipe, whoever else holds it open.
func (p *logPipe) end() {
	p.ended.Store(true)
	_ = p.f.SetReadDeadline(time.Unix(1, 0)) // fails only when closed
}

// note adds bytes that came another way to the tail.
func (p *logPipe) note(b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tail.write(b)
}

func (p *logPipe) lastWords() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tail.String()
}
