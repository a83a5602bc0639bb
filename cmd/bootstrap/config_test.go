package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHeapLeavesRoom(t *testing.T) {
	for memory, want := range map[int]heap{-1: {}, 0: {}, 64: {32, 2}, 128: {52, 4}, 256: {152, 8}, 512: {352, 16},
		1024: {800, 16}, 1769: {1452, 16}, 3008: {2536, 16}, 10240: {8864, 16}} {
		got := heapFor(memory)
		assert.Equal(t, want, got, "%d MB", memory)
		assert.LessOrEqual(t, got.old+3*got.semi, max(memory, 0), "%d MB", memory)
	}
}

func TestNodeOptions(t *testing.T) {
	const heap, inspector = "--max-old-space-size=352 --max-semi-space-size=16", inspectorOptions
	for name, c := range map[string]struct {
		memory string
		user   []string
		want   []string
	}{
		"nothing":                        {"", nil, []string{"NODE_OPTIONS=" + inspector}},
		"memory":                         {"512", nil, []string{"NODE_OPTIONS=" + heap + " " + inspector}},
		"memory that is no number":       {"lots", nil, []string{"NODE_OPTIONS=" + inspector}},
		"user's":                         {"", []string{"NODE_OPTIONS=-r x"}, []string{"NODE_OPTIONS=" + inspector + " -r x", "LUMO_NODE_OPTIONS=-r x"}},
		"both":                           {"512", []string{"NODE_OPTIONS=-r x"}, []string{"NODE_OPTIONS=" + heap + " " + inspector + " -r x", "LUMO_NODE_OPTIONS=-r x"}},
		"user's limit":                   {"512", []string{"NODE_OPTIONS=--max-old-space-size=99"}, []string{"NODE_OPTIONS=" + inspector + " --max-old-space-size=99", "LUMO_NODE_OPTIONS=--max-old-space-size=99"}},
		"user's limit with underscores":  {"512", []string{"NODE_OPTIONS=--max_old_space_size=99"}, []string{"NODE_OPTIONS=" + inspector + " --max_old_space_size=99", "LUMO_NODE_OPTIONS=--max_old_space_size=99"}},
		"user's young generation":        {"512", []string{"NODE_OPTIONS=--max-semi-space-size=9"}, []string{"NODE_OPTIONS=" + inspector + " --max-semi-space-size=9", "LUMO_NODE_OPTIONS=--max-semi-space-size=9"}},
		"user's inspector":               {"512", []string{"NODE_OPTIONS=--inspect_port=1"}, []string{"NODE_OPTIONS=" + heap + " --inspect_port=1", "LUMO_NODE_OPTIONS=--inspect_port=1"}},
		"user's, empty":                  {"512", []string{"NODE_OPTIONS="}, []string{"NODE_OPTIONS=" + heap + " " + inspector, "LUMO_NODE_OPTIONS="}},
		"a former bootstrap's variables": {"", []string{"LUMO_NODE_OPTIONS=x"}, []string{"NODE_OPTIONS=" + inspector}},
	} {
		environ := append([]string{"AWS_LAMBDA_RUNTIME_API=x:1", "_HANDLER=h", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=" + c.memory}, c.user...)
		cfg, err := newConfig(parseEnviron(environ))
		require.NoError(t, err, name)
		want := append(append(environ[:3:3], c.want...), "NODE_PATH=/opt/nodejs/node_modules:/opt/node_modules")
		assert.Equal(t, want, cfg.childEnviron(environ), name)
	}
}

func TestPlatformsDescriptorsAreNotHandedOn(t *testing.T) {
	environ := []string{"AWS_LAMBDA_RUNTIME_API=x:1", "A=1", "_LAMBDA_TELEMETRY_LOG_FD=3", "_LAMBDA_SOCKET=x", "_HANDLER=h", "LAMBDA_TASK_ROOT=/", "B=2=3"}
	cfg, err := newConfig(parseEnviron(environ))
	require.NoError(t, err)
	assert.Equal(t, []string{"AWS_LAMBDA_RUNTIME_API=x:1", "A=1", "_HANDLER=h", "LAMBDA_TASK_ROOT=/", "B=2=3", "NODE_OPTIONS=" + inspectorOptions,
		"NODE_PATH=/opt/nodejs/node_modules:/opt/node_modules"}, cfg.childEnviron(environ))
}

func TestNodePathOfTheLayersComesBehindTheUsers(t *testing.T) {
	assert.Equal(t, "/opt/nodejs/node_modules:/opt/node_modules", nodePath("", ""))
	assert.Equal(t, "/mine:/opt/nodejs/node_modules:/opt/node_modules", nodePath("/mine", ""))
	assert.Equal(t, "/layers/nodejs/node_modules:/layers/node_modules", nodePath("", "/layers"))
}

func TestTimeForAnInvocation(t *testing.T) {
	const ms = time.Millisecond
	for left, want := range map[time.Duration]time.Duration{
		500 * ms:         450 * ms,
		1000 * ms:        950 * ms,
		3000 * ms:        2850 * ms,
		10_000 * ms:      9800 * ms,
		15 * time.Minute: 15*time.Minute - 200*ms,
		// What is shorter than two margins is halved.
		100 * ms: 50 * ms, 60 * ms: 30 * ms, 2 * ms: 1 * ms,
		// No limit of ours: passed, and further away than Lambda allows.
		-time.Hour: 0, 0: 0, 17 * time.Minute: 0, 34 * 24 * time.Hour: 0,
	} {
		assert.Equal(t, want, timeFor(left), "%v left", left)
	}
}

func TestTimeForTheQuestionLeavesSomeForTheEnd(t *testing.T) {
	const ms = time.Millisecond
	for left, want := range map[time.Duration]time.Duration{
		20 * ms: 0, 500 * ms: 20 * ms, 1000 * ms: 20 * ms, 2000 * ms: 50 * ms, 3000 * ms: 75 * ms, time.Minute: 100 * ms,
	} {
		assert.Equal(t, want, inspectFor(left), "%v left", left)
	}
}
