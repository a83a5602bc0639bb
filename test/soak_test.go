package test

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/test/procs"
	"github.com/lumo-lambda/lumo-lambda/test/soak"
)

var (
	soakN    = flag.Int("soak", 5000, "invocations of TestWarmInvocationsLeaveNothingBehind")
	soakPlot = flag.String("soak.plot", "", "a file for the picture of it")
)

// samples along the run.
const samples = 100

func TestWarmInvocationsLeaveNothingBehind(t *testing.T) {
	d := startDirect(t, "soak", "soak.core/handler", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128", "AWS_LAMBDA_LOG_LEVEL=FATAL")
	trace := http.Header{"Lambda-Runtime-Trace-Id": {"Root=1-a;Sampled=1"}}
	large := strings.Repeat("é", 50_000)
	var series soak.Series
	for n := range *soakN {
		switch {
		case n%100 == 7:
			require.Equal(t, "error", d.invoke(fmt.Sprintf(`{"do":"throw","n":%d}`, n), nil).Call)
		case n%200 == 11:
			require.JSONEq(t, fmt.Sprintf(`{"n":%d,"size":50000}`, n), d.answer(fmt.Sprintf(`{"n":%d,"text":%q}`, n, large), nil))
		default:
			require.Equal(t, fmt.Sprintf(`{"n":%d,"size":4}`, n), d.answer(fmt.Sprintf(`{"n":%d,"text":"text"}`, n), trace))
		}
		if n%max(*soakN/samples, 1) == 0 {
			series = append(series, d.sample(n))
			d.api.Forget()
		}
	}
	series.Print(os.Stdout)
	if *soakPlot != "" {
		f, err := os.Create(*soakPlot)
		require.NoError(t, err)
		require.NoError(t, series.Plot(f))
		require.NoError(t, f.Close())
	}
	assert.Empty(t, series.Rising(1))
	assert.Equal(t, 0, d.end())
}

// sample looks at bootstrap and lumo after n invocations.
func (d *direct) sample(n int) soak.Sample {
	d.t.Helper()
	var answer struct{ Heap float64 }
	require.NoError(d.t, json.Unmarshal([]byte(d.answer(`{"do":"heap"}`, nil)), &answer))
	bootstrap := d.cmd.Process.Pid
	children := procs.Children(bootstrap)
	require.NotEmpty(d.t, children)
	const mib = 1 << 20
	return soak.Sample{
		Invocations:  n,
		BootstrapMiB: float64(procs.Memory(bootstrap)) / mib,
		LumoMiB:      float64(procs.Memory(children[0])) / mib,
		HeapMiB:      answer.Heap / mib,
		BootstrapFDs: len(procs.Descriptors(bootstrap)),
		LumoFDs:      len(procs.Descriptors(children[0])),
		Threads:      procs.Threads(bootstrap) + procs.Threads(children[0]),
		Children:     len(children),
	}
}
