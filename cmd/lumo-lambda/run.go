package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime"
	"strings"
	"text/tabwriter"
)

// version is this command's and the layer's.
const version = "0.1.0"

// The exit statuses; the package comment tells the user.
const (
	statusOK          = 0
	statusFunction    = 1
	statusUsage       = 2
	statusEnvironment = 3
	statusInterrupted = 130 // 128 + SIGINT, the shells' convention
)

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// command is one subcommand. run parses its own arguments with a set from newFlags.
type command struct {
	name     string
	synopsis string // what follows the name
	summary  string // one line
	run      func(ctx context.Context, s streams, args []string) error
}

func commands() []command {
	return []command{
		{"invoke", "FOLDER [flags]", "run a function once on a local Lambda and print its answer", runInvoke},
		{"version", "", "print the version", runVersion},
		{"help", "[COMMAND]", "explain a command", runHelp},
	}
}

// usageError is a mistake in what the user wrote.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

// errFunction: the function answered with an error, which has been printed.
var errFunction = errors.New("the function answered with an error")

// run does what the arguments say and returns the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	err := dispatch(ctx, streams{stdin, stdout, stderr}, args)
	var usage *usageError
	switch {
	case err == nil:
		return statusOK
	case errors.Is(err, errFunction):
		return statusFunction
	case ctx.Err() != nil:
		return statusInterrupted
	}
	fmt.Fprintln(stderr, "lumo-lambda:", err)
	if errors.As(err, &usage) {
		return statusUsage
	}
	return statusEnvironment
}

func dispatch(ctx context.Context, s streams, args []string) error {
	if len(args) == 0 {
		printCommands(s.err)
		return usagef("no command given")
	}
	name := args[0]
	switch name {
	case "-h", "-help", "--help":
		name = "help"
	case "-V", "-version", "--version":
		name = "version"
	}
	c, err := find(name)
	if err != nil {
		return err
	}
	err = c.run(ctx, s, args[1:])
	if errors.Is(err, flag.ErrHelp) { // the help has been printed
		return nil
	}
	return err
}

func find(name string) (command, error) {
	var names []string
	for _, c := range commands() {
		if c.name == name {
			return c, nil
		}
		names = append(names, c.name)
	}
	return command{}, usagef("unknown command %q; there are %s", name, strings.Join(names, ", "))
}

// newFlags returns a flag set that prints nothing by itself.
func newFlags(name string) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	return flags
}

// printHelp explains the command whose flags these are.
func printHelp(w io.Writer, flags *flag.FlagSet) {
	c, err := find(flags.Name())
	if err != nil {
		panic("bug: a flag set for no command: " + flags.Name())
	}
	fmt.Fprintf(w, "usage: lumo-lambda %s %s\n\n%s\n\n", c.name, c.synopsis, c.summary)
	flags.SetOutput(w)
	flags.PrintDefaults()
}

// parse parses flags that may stand before, between and after the other
// arguments, and returns these. For -h it prints the help on out and returns flag.ErrHelp.
func parse(flags *flag.FlagSet, args []string, out io.Writer) ([]string, error) {
	var rest []string
	for {
		if err := flags.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				printHelp(out, flags)
				return nil, err
			}
			return nil, usagef("%v; see: lumo-lambda help %s", err, flags.Name())
		}
		if flags.NArg() == 0 {
			return rest, nil
		}
		rest = append(rest, flags.Arg(0))
		args = flags.Args()[1:]
	}
}

func runVersion(_ context.Context, s streams, args []string) error {
	if len(args) > 0 {
		return usagef("version takes no arguments")
	}
	fmt.Fprintf(s.out, "lumo-lambda %s (%s, %s/%s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}

func runHelp(ctx context.Context, s streams, args []string) error {
	switch len(args) {
	case 0:
		printCommands(s.out)
		return nil
	case 1:
	default:
		return usagef("help takes the name of one command")
	}
	c, err := find(args[0])
	if err != nil {
		return err
	}
	if c.name == "invoke" {
		return c.run(ctx, s, []string{"--help"})
	}
	fmt.Fprintf(s.out, "usage: %s\n\n%s\n", strings.TrimSpace("lumo-lambda "+c.name+" "+c.synopsis), c.summary)
	return nil
}

func printCommands(w io.Writer) {
	fmt.Fprint(w, "lumo-lambda runs ClojureScript functions as AWS Lambda would.\n\nusage: lumo-lambda COMMAND [arguments]\n\n")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range commands() {
		fmt.Fprintf(table, "  %s\t%s\n", c.name, c.summary)
	}
	table.Flush()
	fmt.Fprint(w, "\nFor example:\n\n  lumo-lambda invoke examples/hello -e '{\"name\":\"Lisp\"}'\n\n")
}
