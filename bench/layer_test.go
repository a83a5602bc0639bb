package bench

import (
	"os"
	"testing"
)

// BenchmarkLayer tells the size of the layer's zip; 1 MB are 1,000,000 bytes.
func BenchmarkLayer(b *testing.B) {
	info, err := os.Stat(needArtefacts(b).layer)
	if err != nil {
		b.Fatal(err)
	}
	metrics(b, "zip", map[string]float64{"zip-MB": float64(info.Size()) / 1e6})
}
