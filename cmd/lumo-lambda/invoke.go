package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/lumo-lambda/lumo-lambda/emulator"
)

// invocation is what the command line of invoke says.
type invocation struct {
	folder        string
	event         text
	eventFile     text
	sample        string
	concurrency   int
	managed       bool
	asJSON        *bool
	handler       string
	layers        []string
	lumoLayer     *string
	emulator      string
	timeout       time.Duration
	memory        int
	env           map[string]string
	clientContext string
}

// text is a string flag that knows whether it was given.
type text struct {
	value string
	given bool
}

func (t *text) String() string { return t.value }

func (t *text) Set(s string) error {
	t.value, t.given = s, true
	return nil
}

func (inv *invocation) flags() *flag.FlagSet {
	f := newFlags("invoke")
	f.Var(&inv.event, "e", "the event, as `JSON` (default {})")
	f.Var(&inv.eventFile, "f", "the `FILE` that holds the event; - is standard input")
	f.StringVar(&inv.sample, "event", "", "a sample event, by its `NAME`: "+strings.Join(samples, ", "))
	f.IntVar(&inv.concurrency, "concurrency", 1, "send the event `N` times at once, each to a sandbox of its own, as Lambda would")
	f.BoolVar(&inv.managed, "managed", false, "send them to one Lambda Managed Instance instead (needs root and the genuine emulator)")
	f.StringVar(&inv.emulator, "emulator", "auto", "the emulator `KIND`: auto, rie (AWS's own) or built-in")
	inv.asJSON = jsonFlag(f)
	inv.functionFlags(f)
	f.StringVar(&inv.clientContext, "client-context", "", "the client context, as `JSON`")
	return f
}

// functionFlags are those that say what runs, and how.
func (inv *invocation) functionFlags(f *flag.FlagSet) {
	f.StringVar(&inv.handler, "handler", "", "the handler, `namespace/function` (default: what "+settingsFile+" says, else the only function of the folder that is called handler)")
	f.Func("layer", "a layer beside lumo's own, a folder or a zip `PATH`; may be given again", func(v string) error {
		inv.layers = append(inv.layers, v)
		return nil
	})
	inv.lumoLayer = lumoLayerFlag(f)
	f.Func("timeout", "the function's time-out, `SECONDS` (default 30)", func(v string) (err error) {
		inv.timeout, err = seconds(v)
		return err
	})
	f.IntVar(&inv.memory, "memory", 0, "the function's memory in `MB` (default 512)")
	f.Func("env", "an environment variable of the function, `NAME=VALUE`; may be given again", func(v string) error {
		name, value, ok := strings.Cut(v, "=")
		if !ok || name == "" {
			return errors.New("want NAME=VALUE")
		}
		inv.env[name] = value
		return nil
	})
}

// seconds reads a time-out: 30, or 30s, or 1m.
func seconds(v string) (time.Duration, error) {
	d, err := time.ParseDuration(v)
	if err != nil {
		n, err := strconv.Atoi(v)
		if err != nil {
			return 0, errors.New("want a number of seconds")
		}
		d = time.Duration(n) * time.Second
	}
	if d < time.Second || d > emulator.MaxTimeout || d%time.Second != 0 {
		return 0, errors.New("want whole seconds from 1 to 900")
	}
	return d, nil
}

func runInvoke(ctx context.Context, s streams, args []string) (err error) {
	inv := &invocation{env: map[string]string{}}
	rest, err := parse(inv.flags(), args, s.out)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return usagef("invoke takes the function's folder, and got %d arguments; for example: lumo-lambda invoke examples/hello", len(rest))
	}
	inv.folder = rest[0]
	cfg, err := inv.config(s)
	if err != nil {
		return err
	}
	event, err := inv.readEvent(ctx, s.in)
	if err != nil {
		return err
	}
	results, err := inv.send(ctx, cfg, event)
	if errors.Is(err, emulator.ErrEventTooLarge) {
		return usagef("%v", err)
	}
	if err != nil {
		return err
	}
	failed := false
	for _, r := range results {
		print := printAnswer
		if *inv.asJSON {
			print = printResult
		}
		if err := print(s.out, r); err != nil {
			return err
		}
		failed = failed || r.FunctionError
	}
	if failed {
		return errFunction
	}
	return nil
}

// config joins the command line, which wins, with the function's settings.
func (inv *invocation) config(s streams) (emulator.Config, error) {
	var cfg emulator.Config
	kind := emulator.Kind(inv.emulator)
	switch kind {
	case emulator.Auto, emulator.RIE, emulator.BuiltIn:
	default:
		return cfg, usagef("unknown emulator %q; it is auto, rie or built-in", inv.emulator)
	}
	if inv.clientContext != "" && !json.Valid([]byte(inv.clientContext)) {
		return cfg, usagef("the client context is not JSON")
	}
	if inv.concurrency < 1 || inv.concurrency > maxConcurrency {
		return cfg, usagef("the concurrency is a number from 1 to %d", maxConcurrency)
	}
	f, err := openFunction(inv.folder)
	if err != nil {
		return cfg, err
	}
	defer f.close()
	set, err := f.settings()
	if err != nil {
		return cfg, err
	}
	if inv.handler != "" {
		set.Handler = inv.handler
	}
	if set.Handler == "" {
		if set.Handler, err = f.onlyHandler(); err != nil {
			return cfg, err
		}
	}
	if namespace, name, ok := strings.Cut(set.Handler, "/"); !ok || namespace == "" || name == "" {
		return cfg, usagef("the handler %q is not of the form namespace/function, as in my-app.core/handler", set.Handler)
	}
	if inv.memory != 0 {
		set.Memory = inv.memory
	}
	if set.Memory != 0 && (set.Memory < emulator.MinMemory || set.Memory > emulator.MaxMemory) {
		return cfg, usagef("memory of %d MB is outside Lambda's %d to %d", set.Memory, emulator.MinMemory, emulator.MaxMemory)
	}
	timeout := time.Duration(set.Timeout) * time.Second
	if inv.timeout != 0 {
		timeout = inv.timeout
	}
	layers := append(set.layerPaths(inv.folder), inv.layers...)
	for _, layer := range layers {
		if _, err := os.Stat(layer); err != nil {
			return cfg, usagef("there is no layer %s", layer)
		}
	}
	if !f.has("bootstrap") {
		layer, err := findLumoLayer(*inv.lumoLayer)
		if err != nil {
			return cfg, err
		}
		layers = append([]string{layer}, layers...)
	}
	env := set.Environment
	if env == nil {
		env = map[string]string{}
	}
	for name, value := range inv.env {
		env[name] = value
	}
	return emulator.Config{
		Function: inv.folder,
		Layers:   layers,
		Handler:  set.Handler,
		Memory:   set.Memory,
		Timeout:  timeout,
		Env:      env,
		Emulator: kind,
		Log:      &lineEnds{to: s.err},
		Notice:   func(text string) { fmt.Fprintln(s.err, "lumo-lambda:", text) },
	}, nil
}

// readEvent returns the event's bytes as they were given. Lambda's Invoke refuses what is not JSON.
func (inv *invocation) readEvent(ctx context.Context, stdin io.Reader) ([]byte, error) {
	var event []byte
	var err error
	where := "the event"
	switch {
	case inv.event.given && inv.eventFile.given:
		return nil, usagef("give the event with -e or with -f, not with both")
	case inv.sample != "" && (inv.event.given || inv.eventFile.given):
		return nil, usagef("give the event with --event, -e or -f, not with two of them")
	case inv.sample != "":
		if event, err = sampleEvent(ctx, *inv.lumoLayer, inv.sample); err != nil {
			return nil, err
		}
	case inv.eventFile.given && inv.eventFile.value == "-":
		if event, err = io.ReadAll(stdin); err != nil {
			return nil, fmt.Errorf("read the event from standard input: %w", err)
		}
		where = "the event on standard input"
	case inv.eventFile.given:
		if event, err = os.ReadFile(inv.eventFile.value); err != nil {
			return nil, usagef("the event cannot be read: %v", err)
		}
		where = "the event in " + inv.eventFile.value
	case inv.event.given:
		event = []byte(inv.event.value)
	default:
		event = []byte("{}")
	}
	if err := checkJSON(event); err != nil {
		return nil, usagef("%s is not JSON: %v", where, err)
	}
	return event, nil
}

// checkJSON says what is wrong with the text, and in which line and column.
func checkJSON(text []byte) error {
	var value json.RawMessage
	err := json.Unmarshal(text, &value)
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return err
	}
	before := text[:max(0, min(int(syntax.Offset)-1, len(text)))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return fmt.Errorf("%d:%d: %w", line, column, err)
}

// printAnswer writes the payload; text gets the line end that it lacks, other bytes stay as they are.
func printAnswer(w io.Writer, r emulator.Result) error {
	payload := r.Payload
	if utf8.Valid(payload) && !bytes.HasSuffix(payload, []byte("\n")) {
		payload = append(payload[:len(payload):len(payload)], '\n')
	}
	if _, err := w.Write(payload); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}
