package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/lumo-lambda/lumo-lambda/dev"
	"github.com/lumo-lambda/lumo-lambda/emulator"
)

const (
	// defaultAddress is where dev serves. Nobody else on the network sees it.
	defaultAddress = "127.0.0.1:3000"
	// historyFolder is where dev records events, in the function's folder.
	historyFolder = ".lumo-lambda/events"
	// endGrace is how long requests may take to their end when dev is ended.
	endGrace = 2 * time.Second
)

// devServer is `lumo-lambda dev` of one function.
type devServer struct {
	inv     invocation
	address string
	repls   repls
	runner  *dev.Runner
	history *dev.History
	s       streams
}

func (d *devServer) flags() *flag.FlagSet {
	f := newFlags("dev")
	f.StringVar(&d.address, "address", defaultAddress, "where to serve HTTP, `HOST:PORT`; port 0 is any that is free")
	d.repls.flags(f)
	d.inv.functionFlags(f)
	return f
}

func runDev(ctx context.Context, s streams, args []string) (err error) {
	d := &devServer{inv: invocation{env: map[string]string{}, concurrency: 1}, s: s}
	if d.inv.folder, err = parseFolder(d.flags(), args, s.out); err != nil {
		return err
	}
	d.inv.emulator = string(emulator.BuiltIn) // which streams, and starts before the first event
	if _, err := d.describe(); err != nil {   // before anything is started
		return err
	}
	if err := d.repls.open(d.inv.folder); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.repls.close()) }()
	d.history = dev.NewHistory(filepath.Join(d.inv.folder, filepath.FromSlash(historyFolder)))
	d.runner = dev.NewRunner(d.describe)
	defer func() { err = errors.Join(err, d.runner.Close()) }()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", d.address)
	if err != nil {
		return usagef("dev cannot serve on %s: %v; another address: --address 127.0.0.1:0", d.address, err)
	}
	defer listener.Close()
	if err := d.runner.Start(ctx); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "http://%s\n", listener.Addr())
	return d.serve(ctx, listener)
}

// describe is the function as its folder and the command line say now.
func (d *devServer) describe() (dev.Sandbox, error) {
	cfg, err := d.inv.config(d.s)
	if err != nil {
		return dev.Sandbox{}, err
	}
	cfg.Early = true
	cfg.Env["LUMO_DEV"] = "1"
	maps.Copy(cfg.Env, d.repls.environment())
	in := func(name string) string { return filepath.Join(d.inv.folder, name) }
	files := append([]string{in(settingsFile), in("lib"), in("package-lock.json"), in("node_modules")}, cfg.Layers...)
	jars, err := filepath.Glob(in(filepath.Join("lib", "*.jar")))
	if err != nil {
		return dev.Sandbox{}, fmt.Errorf("look for JARs: %w", err)
	}
	return dev.Sandbox{Config: cfg, Files: append(files, jars...)}, nil
}

// serve serves until the context ends or the user asks for it.
func (d *devServer) serve(ctx context.Context, listener net.Listener) error {
	front := &dev.Front{Function: d.runner, History: d.history, Served: d.tell}
	server := &http.Server{Handler: front.Handler(), ReadHeaderTimeout: time.Minute}
	ctx, quit := context.WithCancelCause(ctx)
	defer quit(nil)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	go d.readKeys(ctx, quit) // ends with standard input, which nothing else can interrupt
	select {
	case err := <-served:
		return fmt.Errorf("serve HTTP: %w", err)
	case <-ctx.Done():
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), endGrace)
	defer cancel()
	if server.Shutdown(closing) != nil {
		server.Close()
	}
	<-served
	return nil
}

// tell writes a line a request.
func (d *devServer) tell(r dev.Request) {
	p := colours(d.s.err)
	status := p.green(fmt.Sprint(r.Status))
	switch {
	case !r.Whole:
		status = p.red("cut off")
	case r.Status >= 500:
		status = p.red(fmt.Sprint(r.Status))
	case r.Status >= 400:
		status = p.yellow(fmt.Sprint(r.Status))
	}
	fmt.Fprintf(d.s.err, "%s %s in %.1f ms, event %d\n", r.What, status, float64(r.Took.Microseconds())/1000, r.Event)
}
