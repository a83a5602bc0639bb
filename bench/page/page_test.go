package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const sample = `goos: linux
goarch: amd64
cpu: Some CPU
BenchmarkStart
BenchmarkStart/lumo-2           	       1	        40.00 next-ms	        38.00 next-p25-ms	        44.00 next-p75-ms
BenchmarkStart/ric-nbb-2        	       1	       100.0 next-ms	        90.00 next-p25-ms	       120.0 next-p75-ms
BenchmarkStart/lumo-packaged-2  	       1	        20.00 next-ms
BenchmarkStart/ric-javascript-2 	       1	        22.00 next-ms
BenchmarkLayer/zip-2            	       1	        28.50 zip-MB
PASS
`

func TestGoalsAreReachedOrNot(t *testing.T) {
	r, err := parse(strings.NewReader(sample))
	require.NoError(t, err)
	table := goalsTable(r)
	assert.Contains(t, table, "| cold to first /next, source | 40.0 [38.0–44.0] ms | 100 [90.0–120] ms | 0.40 | 0.40 | reached |")
	assert.Contains(t, table, "| cold to first /next, packaged | 20.0 ms | 22.0 ms | 0.91 | 0.90 | **not reached** |")
	assert.Contains(t, table, "| the layer's zip | 28.5 MB | – | – | 36.0 MB | reached |")
	assert.Contains(t, table, "| warm, 1 MB | – | – | – | 1.00 | not measured |")
	assert.Equal(t, "2 processors, Some CPU, linux/amd64", r.machine())
}

func TestPageShowsChartsOfWhatWasMeasured(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, run([]string{dir}, strings.NewReader(sample), io.Discard))
	page, err := os.ReadFile(filepath.Join(dir, "results.md"))
	require.NoError(t, err)
	assert.Contains(t, string(page), "(start.svg)")
	assert.NotContains(t, string(page), "warm.svg")
	svg, err := os.ReadFile(filepath.Join(dir, "start.svg"))
	require.NoError(t, err)
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err, "the chart is no XML")
	}
	assert.Less(t, bytes.Index(svg, []byte("lumo-packaged")), bytes.Index(svg, []byte("ric-nbb")), "the least is on top")
}

func TestFigureThatIsNoNumberIsAnError(t *testing.T) {
	_, err := parse(strings.NewReader("BenchmarkX/y-2 1 abc ms\n"))
	assert.ErrorContains(t, err, "a figure of X/y")
}
