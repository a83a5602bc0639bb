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
	statusAWS         = 4
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
		{"new", "TEMPLATE FOLDER [flags]", "make a function's folder from a template", runNew},
		{"invoke", "FOLDER [flags]", "run a function on a local Lambda and print its answer", runInvoke},
		{"dev", "[FOLDER] [flags]", "serve a function over HTTP, and follow its source", runDev},
		{"deps", "[FOLDER] [flags]", "fetch what deps.edn asks for, and compile it ahead of time", runDeps},
		{"package", "FOLDER [flags]", "compile a function, so that it starts faster, and write its zip", runPackage},
		{"event", "NAME [flags]", "print a sample event", runEvent},
		{"test", "[FOLDER] [flags]", "run a function's tests, in lumo", runTest},
		{"layer", "build|publish [FOLDER...] [flags]", "write lumo's layer as a zip, or publish a layer", runLayer},
		{"deploy", "[FOLDER] [flags]", "make or update a function on AWS, with its layer", runDeploy},
		{"logs", "[FUNCTION] [flags]", "print a function's log from CloudWatch", runLogs},
		{"doctor", "[FOLDER] [flags]", "say what is missing or wrong here, and how to mend it", runDoctor},
		{"completion", "SHELL", "print the completion script of a shell: bash, zsh or fish", runCompletion},
		{"version", "[flags]", "print the version", runVersion},
		{"help", "[COMMAND]", "explain a command", runHelp},
	}
}

// usageError is a mistake in what the user wrote.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

// errFunction: the function answered with an error, a test failed, a check found something; it has been printed.
var errFunction = errors.New("the function answered with an error")

// awsError is what AWS answered instead of doing what it was asked for.
type awsError struct{ err error }

func (e *awsError) Error() string { return e.err.Error() }
func (e *awsError) Unwrap() error { return e.err }

// run does what the arguments say and returns the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	err := dispatch(ctx, streams{stdin, stdout, stderr}, args)
	status := statusOf(ctx, err)
	switch status {
	case statusOK, statusFunction, statusInterrupted:
		return status
	}
	if wantsJSON(args) {
		printJSON(stderr, map[string]any{"error": err.Error(), "status": status})
	} else {
		fmt.Fprintln(stderr, colours(stderr).red("lumo-lambda:"), err)
	}
	return status
}

func statusOf(ctx context.Context, err error) int {
	var usage *usageError
	var aws *awsError
	switch {
	case err == nil:
		return statusOK
	case errors.Is(err, errFunction):
		return statusFunction
	case ctx.Err() != nil:
		return statusInterrupted
	case errors.As(err, &usage):
		return statusUsage
	case errors.As(err, &aws):
		return statusAWS
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
	case completeCommand:
		return complete(ctx, s.out, args[1:])
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

// parseFolder parses flags and at most one other argument, a folder, which is this one where it is not given.
func parseFolder(flags *flag.FlagSet, args []string, out io.Writer) (string, error) {
	rest, err := parse(flags, args, out)
	if err != nil {
		return "", err
	}
	switch len(rest) {
	case 0:
		return ".", nil
	case 1:
		return rest[0], nil
	}
	return "", usagef("%s takes one folder, and got %d arguments: %s", flags.Name(), len(rest), strings.Join(rest, " "))
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
	printFlags(w, flags)
}

// parse parses flags that may stand before, between and after the other
// arguments, and returns these. For -h it prints the help on out and returns flag.ErrHelp.
func parse(flags *flag.FlagSet, args []string, out io.Writer) ([]string, error) {
	if len(args) == 1 && args[0] == listFlags {
		printFlagList(out, flags)
		return nil, flag.ErrHelp
	}
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
	flags := newFlags("version")
	asJSON := jsonFlag(flags)
	rest, err := parse(flags, args, s.out)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usagef("version takes no arguments")
	}
	if *asJSON {
		return printJSON(s.out, map[string]any{"version": version, "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH})
	}
	fmt.Fprintf(s.out, "lumo-lambda %s (%s, %s/%s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}

func runHelp(ctx context.Context, s streams, args []string) error {
	rest, err := parse(newFlags("help"), args, s.out)
	if err != nil {
		return err
	}
	switch len(rest) {
	case 0:
		printCommands(s.out)
		return nil
	case 1:
	default:
		return usagef("help takes the name of one command")
	}
	c, err := find(rest[0])
	if err != nil {
		return err
	}
	return c.run(ctx, s, []string{"--help"})
}

func printCommands(w io.Writer) {
	fmt.Fprint(w, "lumo-lambda runs ClojureScript functions as AWS Lambda would.\n\nusage: lumo-lambda COMMAND [arguments]\n\n")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range commands() {
		fmt.Fprintf(table, "  %s\t%s\n", c.name, c.summary)
	}
	table.Flush()
	fmt.Fprint(w, `
For example:

  lumo-lambda new hello app
  lumo-lambda invoke app -e '{"name":"Lisp"}'

Exit status: 0 done; 1 the function answered with an error, a test failed, or doctor found something wrong; 2 the
command line, the event or the settings are wrong; 3 something that is needed here is missing or does not work;
4 AWS answered with an error; 130 interrupted.

`)
}
