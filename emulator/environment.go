package emulator

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"
)

// inherited are the variables that the function gets from this process: what
// stands in Lambda for the function's role.
var inherited = []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}

// defaultRegion is where a function runs when nobody says; the region of Lambda's own examples.
const defaultRegion = "us-east-1"

// environment returns the bootstrap's environment, without
// AWS_LAMBDA_RUNTIME_API, which each emulator adds. The values are those of
// Lambda's documentation for OS-only runtimes, which have no _X_AMZN_TRACE_ID
// and no AWS_EXECUTION_ENV.
func environment(cfg Config, l *layout, now time.Time) []string {
	region := region()
	env := map[string]string{
		"_HANDLER":                        cfg.Handler,
		"AWS_LAMBDA_FUNCTION_NAME":        cfg.Name,
		"AWS_LAMBDA_FUNCTION_VERSION":     "$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(cfg.Memory),
		// Not in Lambda: the genuine emulator reads its time-out here.
		"AWS_LAMBDA_FUNCTION_TIMEOUT":    strconv.Itoa(int(cfg.Timeout / time.Second)),
		"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME":      "/aws/lambda/" + cfg.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME":     logStream(now),
		"LAMBDA_TASK_ROOT":               l.taskDir(),
		"LAMBDA_RUNTIME_DIR":             runtimeDir,
		"AWS_REGION":                     region,
		"AWS_DEFAULT_REGION":             region,
		"LANG":                           "en_US.UTF-8",
		"TZ":                             ":UTC",
		"PATH":                           "/usr/local/bin:/usr/bin/:/bin:/opt/bin",
		"LD_LIBRARY_PATH":                "/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
	}
	if cfg.Concurrency > 0 {
		env["AWS_LAMBDA_MAX_CONCURRENCY"] = strconv.Itoa(cfg.Concurrency)
		env["AWS_LAMBDA_INITIALIZATION_TYPE"] = "lambda-managed-instances"
	}
	if !l.real {
		env["LUMO_OPT"] = l.opt
	}
	for _, name := range inherited {
		if value, ok := os.LookupEnv(name); ok {
			env[name] = value
		}
	}
	for name, value := range cfg.Env {
		env[name] = value
	}
	env[runVariable] = l.run
	list := make([]string, 0, len(env))
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	slices.Sort(list)
	return list
}

// region returns the region that this process's environment names.
func region() string {
	return cmp.Or(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"), defaultRegion)
}

// logStream makes a name of Lambda's form, 2026/11/23/[$LATEST]0123….
func logStream(now time.Time) string {
	return fmt.Sprintf("%s/[$LATEST]%s", now.UTC().Format("2006/01/02"), randomHex(16))
}

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	rand.Read(b) // never fails: crypto/rand aborts the program instead
	return hex.EncodeToString(b)
}
