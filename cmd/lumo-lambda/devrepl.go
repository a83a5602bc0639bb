package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
)

// nreplPortFile is where editors look for the port of a project's nREPL.
const nreplPortFile = ".nrepl-port"

// repls are the servers in the function's process through which an editor evaluates forms. They say in the log that they listen.
type repls struct {
	nrepl, socket int // ports; 0: any that is free
	portFile      string
}

func (r *repls) flags(f *flag.FlagSet) {
	f.IntVar(&r.nrepl, "nrepl", 0, "the `PORT` of the nREPL in the function's process (default: any that is free)")
	f.IntVar(&r.socket, "socket-repl", 0, "the `PORT` of the socket REPL there (default: any that is free)")
}

// open chooses the ports, so that they stay the same when the function's process is another, and tells editors.
func (r *repls) open(folder string) error {
	for _, port := range []*int{&r.nrepl, &r.socket} {
		listener, err := net.Listen("tcp", loopback(*port))
		if err != nil {
			return usagef("the REPL cannot have its port: %v", err)
		}
		defer listener.Close() // both are held until both are chosen
		*port = listener.Addr().(*net.TCPAddr).Port
	}
	r.portFile = filepath.Join(folder, nreplPortFile)
	if err := os.WriteFile(r.portFile, []byte(strconv.Itoa(r.nrepl)), 0o644); err != nil {
		return fmt.Errorf("tell editors the nREPL's port: %w", err)
	}
	return nil
}

func (r *repls) close() error {
	if err := os.Remove(r.portFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("take the nREPL's port back: %w", err)
	}
	return nil
}

// environment tells lumo.
func (r *repls) environment() map[string]string {
	return map[string]string{"LUMO_NREPL": loopback(r.nrepl), "LUMO_SOCKET_REPL": loopback(r.socket)}
}

func loopback(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }
