package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lumo-lambda/lumo-lambda/emulator"
)

const devHelp = `  Enter, r    replay the newest event
  r NUMBER    replay that event
  l           list the recorded events
  q           quit
`

// readKeys does what the user types, a line at a time, until standard input ends.
func (d *devServer) readKeys(ctx context.Context, quit context.CancelCauseFunc) {
	// The kernel stops a job in the background that reads its terminal, and its server with it. Ignored, the read fails: no keys.
	signal.Ignore(syscall.SIGTTIN)
	lines := bufio.NewScanner(d.s.in)
	for lines.Scan() && ctx.Err() == nil {
		var err error
		word, rest, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		switch word {
		case "", "r":
			err = d.replay(ctx, strings.TrimSpace(rest))
		case "l":
			err = d.list()
		case "q":
			quit(nil)
			return
		default:
			fmt.Fprint(d.s.err, devHelp)
		}
		if err != nil {
			fmt.Fprintln(d.s.err, colours(d.s.err).red("lumo-lambda:"), err)
		}
	}
}

// replay invokes the function once more with a recorded event; its answer goes to standard output.
func (d *devServer) replay(ctx context.Context, which string) error {
	number := 0
	if which != "" {
		n, err := strconv.Atoi(which)
		if err != nil || n < 1 {
			return errors.New("an event has a number, such as 7; l lists them")
		}
		number = n
	}
	number, event, err := d.history.Event(number)
	if err != nil {
		return err
	}
	fmt.Fprintf(d.s.err, "event %d again:\n", number)
	result, err := d.runner.Invoke(ctx, event, emulator.Options{})
	if err != nil {
		return err
	}
	return printAnswer(d.s.out, result)
}

func (d *devServer) list() error {
	numbers, err := d.history.Numbers()
	if err != nil {
		return err
	}
	for _, number := range numbers {
		_, event, err := d.history.Event(number)
		if err != nil {
			return err
		}
		fmt.Fprintf(d.s.err, "%d\t%s\n", number, summary(event))
	}
	return nil
}

// summary is what an event is about, on one line: the request, or its beginning.
func summary(event []byte) string {
	const most = 100
	var request events.APIGatewayV2HTTPRequest
	if json.Unmarshal(event, &request) == nil && request.RequestContext.HTTP.Method != "" {
		return request.RequestContext.HTTP.Method + " " + request.RawPath
	}
	text := []rune(strings.Join(strings.Fields(string(event)), " "))
	if len(text) > most {
		return string(text[:most]) + "…"
	}
	return string(text)
}
