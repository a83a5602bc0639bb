package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/lumo-lambda/lumo-lambda/lumoproc"
	"github.com/lumo-lambda/lumo-lambda/packaged"
)

// config is what the environment says.
type config struct {
	api      string
	handler  string
	taskRoot string
	lumo     string // absolute
	lumoFrom string // how lumo was found, for an error
	heap     heap   // limits of lumo's heap
	options  string // the user's NODE_OPTIONS
	optioned bool   // there is such a variable
	nodePath string // where lumo finds npm modules outside the function's folder
	snapshot string // that lumo starts from; "": its own, which has the compiler

	concurrency int // invocations at a time, on managed instances; 0 elsewhere
	children    int // lumos that they are spread over
}

// parseEnviron makes a map of KEY=value; the last of a name wins, as with getenv after putenv.
func parseEnviron(environ []string) map[string]string {
	env := make(map[string]string, len(environ))
	for _, kv := range environ {
		if k, v, found := strings.Cut(kv, "="); found {
			env[k] = v
		}
	}
	return env
}

func newConfig(env map[string]string) (*config, error) {
	cfg := &config{
		api:      env["AWS_LAMBDA_RUNTIME_API"],
		handler:  env["_HANDLER"],
		taskRoot: env["LAMBDA_TASK_ROOT"],
	}
	cfg.options, cfg.optioned = env["NODE_OPTIONS"]
	cfg.nodePath = nodePath(env["NODE_PATH"], env["LUMO_OPT"])
	switch {
	case cfg.api == "":
		return nil, errors.New("AWS_LAMBDA_RUNTIME_API is not set: bootstrap is started by Lambda, or by lumo-lambda invoke")
	case cfg.handler == "":
		return nil, errors.New("_HANDLER is not set: it names the handler, as in my-app.core/handler")
	}
	if err := cfg.concurrent(env); err != nil {
		return nil, err
	}
	if mb, err := strconv.Atoi(env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]); err == nil {
		cfg.heap = heapFor(mb / cfg.children)
	}
	return cfg, cfg.findLumo(env["LUMO_BIN"])
}

// concurrent says how many invocations are handled at a time, and by how many lumos.
func (cfg *config) concurrent(env map[string]string) error {
	cfg.children = 1
	limit, found := env[concurrencyVar]
	if !found || limit == "" {
		return nil
	}
	var err error
	if cfg.concurrency, err = strconv.Atoi(limit); err != nil || cfg.concurrency < 1 {
		return fmt.Errorf("%s is %q, not a number from 1 on", concurrencyVar, limit)
	}
	cfg.children = runtime.GOMAXPROCS(0) // it knows of a container's quota
	if text := env["LUMO_CHILDREN"]; text != "" {
		if cfg.children, err = strconv.Atoi(text); err != nil || cfg.children < 1 {
			return fmt.Errorf("LUMO_CHILDREN is %q, not a number from 1 on", text)
		}
	}
	cfg.children = min(cfg.children, cfg.concurrency)
	return nil
}

// findLumo does not look whether the program is there: starting it tells, and costs nothing more.
func (cfg *config) findLumo(bin string) error {
	if bin != "" {
		path, err := filepath.Abs(bin) // lumo is started in another folder
		if err != nil {
			return fmt.Errorf("LUMO_BIN: %w", err)
		}
		cfg.lumo, cfg.lumoFrom = path, "named by LUMO_BIN"
		return nil
	}
	self, err := os.Executable()
	if err == nil {
		self, err = filepath.EvalSymlinks(self)
	}
	if err != nil {
		return fmt.Errorf("find lumo beside bootstrap: %w", err)
	}
	cfg.lumo, cfg.lumoFrom = filepath.Join(filepath.Dir(self), "lumo"), "looked for beside bootstrap"
	return nil
}

// child says how lumo is started.
func (cfg *config) child(environ []string) lumoproc.Config {
	return lumoproc.Config{
		Path:  cfg.lumo,
		Args:  []string{"--lambda", cfg.handler},
		Env:   cfg.childEnviron(environ),
		Dir:   cfg.taskRoot,
		Where: where,
	}
}

const (
	optionsVar  = "NODE_OPTIONS"
	usersVar    = "LUMO_NODE_OPTIONS"
	nodePathVar = "NODE_PATH"

	concurrencyVar = "AWS_LAMBDA_MAX_CONCURRENCY"
)

// nodePath adds the layers' npm modules to the user's NODE_PATH. Node reads it when it starts, also for the modules that
// a module of the function's requires; the two folders are those of AWS's layers for Node and of the first Lumo runtime.
func nodePath(users, layers string) string {
	if layers == "" {
		layers = "/opt"
	}
	path := filepath.Join(layers, "nodejs", "node_modules") + ":" + filepath.Join(layers, "node_modules")
	if users != "" {
		path = users + ":" + path
	}
	return path
}

// childEnviron gives lumo's environment.
func (cfg *config) childEnviron(environ []string) []string {
	env := make([]string, 0, len(environ)+3)
	for _, kv := range environ {
		name, _, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, "_LAMBDA_") || name == optionsVar || name == usersVar || name == nodePathVar || name == wrappedVar || name == packaged.SnapshotVar {
			continue
		}
		env = append(env, kv)
	}
	env = append(env, optionsVar+"="+nodeOptions(cfg.heap, cfg.options))
	if cfg.optioned {
		env = append(env, usersVar+"="+cfg.options)
	}
	env = append(env, nodePathVar+"="+cfg.nodePath)
	if cfg.snapshot != "" {
		env = append(env, packaged.SnapshotVar+"="+cfg.snapshot)
	}
	return env
}
