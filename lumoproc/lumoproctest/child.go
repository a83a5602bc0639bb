// Package lumoproctest is a child for tests: it speaks the frames of lumoproc and misbehaves as it is told.
//
// A test binary becomes the child by calling [Main] first thing in its TestMain, and by being started with [Env] in its
// environment. The value is the script that the child runs when it starts; each event is the script that it runs
// for that request, up to the event's first line end. A script is a list of commands separated by "; ":
//
//	ready              send Ready, then serve
//	listen TEXT        before ready: ask to be told of the end, and write TEXT to stderr then
//	answer TEXT        Result with TEXT; event, context, env NAME, args, cwd, pid, flags: with what these name
//	fault TYPE BODY    Fault of the request, of the child in the start script
//	log LEVEL TEXT     Log at the level's number; logbytes N: one of N bytes
//	err TEXT           a line on stderr; errpart TEXT: without its end; errbytes N: N bytes in lines; errflood: for ever
//	out TEXT           a line on stdout, where frames belong
//	frame HEX          bytes on stdout
//	result N TEXT      Result about request N
//	part N TEXT        the first N bytes of a Result's frame with TEXT
//	pause MS           go on after that many milliseconds
//	exit N, kill N     exit with a status, end by a signal
//	begin TYPE         open a streamed answer; chunk TEXT, end: go on with it
//	flow N             N bytes of a streamed answer, as credit comes; "stalled N" on stderr each time that it has to wait
//	park               leave the request open and go on; it ends by result, or when it is cancelled
//	hang               never go on; deaf: in the start script, do not read requests after Ready
//	closeout, closein  close stdout, stdin
//	orphan             leave a process in the group that holds stderr; stray: the same out of the group; flooder: one out of the
//	                   group that floods stderr; all log its pid
//	later TEXT         after the answer, write TEXT to stderr
//	inspector TEXT     open an inspector on SIGUSR1, which answers with TEXT, where EXPRESSION is what was asked; mute: never; die: it
//	                   ends instead; exit: it ends in place of opening it
//	silent             take SIGUSR1 and do nothing
package lumoproctest

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/lumo-lambda/lumo-lambda/lumoproc"
	"github.com/lumo-lambda/lumo-lambda/lumoproc/inspector/inspectortest"
)

// Env names the variable that makes a test binary a child.
const Env = "LUMOPROCTEST_CHILD"

// RaceEnv keeps a child that is built with the race detector from sleeping for a second at its exit.
const RaceEnv = "GORACE=atexit_sleep_ms=0"

// Main runs the child and exits, where this process is meant to be one; else it returns at once.
func Main() {
	script, isChild := os.LookupEnv(Env)
	if !isChild {
		return
	}
	c := &child{in: lumoproc.NewDecoder(os.Stdin), open: map[uint32]bool{}}
	c.run(script, 0, lumoproc.Invoke{})
	for {
		request, m := c.next()
		switch m := m.(type) {
		case lumoproc.Invoke:
			line, _, _ := bytes.Cut(m.Event, []byte("\n"))
			c.open[request] = true
			c.run(string(line), request, m)
			if c.later != "" {
				fmt.Fprintln(os.Stderr, c.later)
				c.later = ""
			}
		case lumoproc.Cancel:
			fmt.Fprintln(os.Stderr, "cancelled", request)
			if c.open[request] {
				c.send(request, lumoproc.Fault{ErrorType: "Cancelled", Body: []byte("{}")})
			}
		case lumoproc.Stop:
			if c.last != "" {
				fmt.Fprintln(os.Stderr, c.last)
			}
			os.Exit(0)
		}
	}
}

type child struct {
	in    *lumoproc.Decoder
	open  map[uint32]bool
	later string
	last  string
}

// next reads a command. At the end of them the child ends.
func (c *child) next() (uint32, lumoproc.Message) {
	request, m, err := c.in.Next()
	if errors.Is(err, io.EOF) {
		os.Exit(0)
	}
	must(err)
	return request, m
}

// flow streams n bytes. It reports whether the request was cancelled before.
func (c *child) flow(request uint32, n int) (cancelled bool) {
	credit, sent := lumoproc.StreamWindow, 0
	for sent < n {
		if piece := min(credit, n-sent, 50_000); piece > 0 {
			c.send(request, lumoproc.Chunk{Data: bytes.Repeat([]byte("x"), piece)})
			credit, sent = credit-piece, sent+piece
			continue
		}
		fmt.Fprintln(os.Stderr, "stalled", sent)
		about, m := c.next()
		if got, ok := m.(lumoproc.Credit); ok && about == request {
			credit += int(got.Bytes)
			continue
		}
		if _, ok := m.(lumoproc.Cancel); !ok || about != request {
			must(fmt.Errorf("%v about request %d where credit was wanted", m.Type(), about))
		}
		fmt.Fprintln(os.Stderr, "cancelled", request)
		c.send(request, lumoproc.Fault{ErrorType: "Cancelled", Body: []byte("{}")})
		return true
	}
	return false
}

func (c *child) run(script string, request uint32, m lumoproc.Invoke) {
	send := c.send
	answer := func(b []byte) { send(request, lumoproc.Result{Answer: b}) }
	for _, command := range strings.Split(script, "; ") {
		name, arg, _ := strings.Cut(command, " ")
		switch name {
		case "":
		case "ready":
			send(0, lumoproc.Ready{JSON: fmt.Appendf(nil, `{"pid":%d,"lumo":"test","handler":%q,"shutdown":%t}`,
				os.Getpid(), arg, c.last != "")})
		case "listen":
			c.last = arg
		case "answer":
			answer([]byte(arg))
		case "event":
			answer(m.Event)
		case "context":
			answer(m.Context)
		case "env":
			value, found := os.LookupEnv(arg)
			answer(fmt.Appendf(nil, "%t %s", found, value))
		case "args":
			answer([]byte(strings.Join(os.Args[1:], " ")))
		case "cwd":
			dir, err := os.Getwd()
			must(err)
			answer([]byte(dir))
		case "pid":
			answer([]byte(strconv.Itoa(os.Getpid())))
		case "flags":
			var flags []string
			for fd := range 3 {
				f, _, _ := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_GETFL, 0)
				flags = append(flags, strconv.FormatBool(f&syscall.O_NONBLOCK != 0))
			}
			answer([]byte(strings.Join(flags, " ")))
		case "fault":
			kind, body, _ := strings.Cut(arg, " ")
			send(request, lumoproc.Fault{ErrorType: kind, Body: []byte(body)})
		case "log":
			level, text, _ := strings.Cut(arg, " ")
			send(request, lumoproc.Log{Level: lumoproc.Level(number(level)), Text: []byte(text)})
		case "logbytes":
			send(request, lumoproc.Log{Level: lumoproc.LevelInfo, Text: bytes.Repeat([]byte("x"), number(arg))})
		case "err":
			fmt.Fprintln(os.Stderr, arg)
		case "errpart":
			fmt.Fprint(os.Stderr, arg)
		case "errbytes":
			line := []byte(strings.Repeat("x", 99) + "\n")
			for n := number(arg); n > 0; n -= len(line) {
				write(os.Stderr, line[:min(n, len(line))])
			}
		case "errflood":
			for line := bytes.Repeat([]byte("flood\n"), 1000); ; {
				write(os.Stderr, line)
			}
		case "out":
			fmt.Fprintln(os.Stdout, arg)
		case "frame":
			b, err := hex.DecodeString(arg)
			must(err)
			write(os.Stdout, b)
		case "result":
			n, text, _ := strings.Cut(arg, " ")
			send(uint32(number(n)), lumoproc.Result{Answer: []byte(text)})
		case "part":
			n, text, _ := strings.Cut(arg, " ")
			frame, err := lumoproc.Append(nil, request, lumoproc.Result{Answer: []byte(text)})
			must(err)
			write(os.Stdout, frame[:min(number(n), len(frame)-1)])
		case "pause":
			time.Sleep(time.Duration(number(arg)) * time.Millisecond)
		case "exit":
			os.Exit(number(arg))
		case "kill":
			// Go's runtime makes something else of some signals, a shell does not.
			must(syscall.Exec("/bin/sh", []string{"sh", "-c", "kill -" + arg + " $$"}, nil))
		case "begin":
			send(request, lumoproc.Begin{ContentType: arg})
		case "chunk":
			send(request, lumoproc.Chunk{Data: []byte(arg)})
		case "end":
			send(request, lumoproc.End{})
		case "flow":
			if c.flow(request, number(arg)) {
				return
			}
		case "park":
		case "hang", "deaf":
			hang()
		case "closeout":
			must(os.Stdout.Close())
		case "closein":
			must(os.Stdin.Close())
		case "orphan", "stray", "flooder":
			cmd := exec.Command("sleep", "600")
			if name == "flooder" {
				cmd = exec.Command("yes")
				cmd.Stdout = os.Stderr
			}
			cmd.Stderr = os.Stderr
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: name != "orphan"}
			must(cmd.Start())
			fmt.Fprintf(os.Stderr, "%s %d\n", name, cmd.Process.Pid)
		case "later":
			c.later = arg
		case "silent":
			signal.Ignore(syscall.SIGUSR1)
		case "inspector":
			asked := make(chan os.Signal, 1)
			signal.Notify(asked, syscall.SIGUSR1)
			go inspect(asked, arg)
		default:
			must(fmt.Errorf("unknown command %q", command))
		}
	}
}

// inspect does as Node does when it is told to open its inspector.
func inspect(asked <-chan os.Signal, answer string) {
	<-asked
	if answer == "exit" {
		os.Exit(1)
	}
	l, line, err := inspectortest.Listen()
	must(err)
	fmt.Fprintln(os.Stderr, line)
	fmt.Fprintln(os.Stderr, "For help, see: https://nodejs.org/learn/getting-started/debugging")
	err = inspectortest.Serve(l, func(expression string) []inspectortest.Message {
		switch answer {
		case "mute":
			return nil
		case "die":
			os.Exit(1)
		}
		fmt.Fprintln(os.Stderr, "Debugger attached.")
		return []inspectortest.Message{inspectortest.Value(strings.ReplaceAll(answer, "EXPRESSION", expression))}
	})
	if !errors.Is(err, io.EOF) {
		must(err)
	}
}

func (c *child) send(request uint32, m lumoproc.Message) {
	switch m.(type) {
	case lumoproc.Result, lumoproc.Fault, lumoproc.End:
		delete(c.open, request)
	}
	frame, err := lumoproc.Append(nil, request, m)
	must(err)
	write(os.Stdout, frame)
}

func write(w io.Writer, b []byte) {
	_, err := w.Write(b)
	must(err)
}

// hang waits for the end of the process, in a read that nothing ends.
func hang() {
	r, w, err := os.Pipe()
	must(err)
	_, _ = r.Read(make([]byte, 1))
	runtime.KeepAlive(w)
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	must(err)
	return n
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "lumoproctest:", err)
		os.Exit(97)
	}
}
