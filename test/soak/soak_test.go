package soak

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// made gives a series whose heap changes as asked.
func made(heap func(n int) float64) (s Series) {
	for n := range 100 {
		s = append(s, Sample{Invocations: 50 * n, BootstrapMiB: 10 + float64(n%3), LumoMiB: 90, HeapMiB: heap(n), BootstrapFDs: 12, LumoFDs: 20,
			Threads: 20 + n%2, Children: 1})
	}
	return s
}

func TestLeakIsSeenAndNoiseIsNot(t *testing.T) {
	assert.Empty(t, made(func(n int) float64 { return 20 + float64(n*7%5) }).Rising(1), "noise")
	assert.Empty(t, made(func(n int) float64 { return 20 + min(float64(n), 15) }).Rising(1), "warming up")
	assert.Equal(t, []string{"lumo, heap MiB grew by 2.70"}, made(func(n int) float64 { return 20 + float64(n)/20 }).Rising(1))
	s := made(func(int) float64 { return 20 })
	for n := range s {
		s[n].LumoFDs += n / 10
	}
	assert.Equal(t, []string{"lumo, descriptors grew by 5.00"}, s.Rising(1))
}

func TestPictureIsXMLWithAllCurves(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, made(func(n int) float64 { return float64(n) }).Plot(&b))
	lines := 0
	for d := xml.NewDecoder(&b); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "polyline" {
			lines++
		}
	}
	assert.Equal(t, 7, lines)
}
