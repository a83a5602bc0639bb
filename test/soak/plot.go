package soak

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// The picture's measures, in pixels.
const (
	width, height         = 860, 250 // of one diagram
	left, right, top, low = 60, 170, 30, 40
)

// curve is one line of a diagram.
type curve struct {
	name, colour string
	of           func(Sample) float64
}

// diagrams are the two halves of the picture.
var diagrams = []struct {
	title  string
	curves []curve
}{
	{"memory, MiB", []curve{
		{"lumo, resident", "#5b6abf", func(s Sample) float64 { return s.LumoMiB }},
		{"lumo's heap", "#3a9a6b", func(s Sample) float64 { return s.HeapMiB }},
		{"bootstrap, resident", "#c2562f", func(s Sample) float64 { return s.BootstrapMiB }},
	}},
	{"counts", []curve{
		{"lumo's descriptors", "#5b6abf", func(s Sample) float64 { return float64(s.LumoFDs) }},
		{"threads", "#3a9a6b", func(s Sample) float64 { return float64(s.Threads) }},
		{"bootstrap's descriptors", "#c2562f", func(s Sample) float64 { return float64(s.BootstrapFDs) }},
		{"children", "#777777", func(s Sample) float64 { return float64(s.Children) }},
	}},
}

// Plot draws the series as SVG.
func (s Series) Plot(w io.Writer) error {
	var b strings.Builder
	total := height * len(diagrams)
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n", width, total)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="white"/>`+"\n", width, total)
	for i, d := range diagrams {
		fmt.Fprintf(&b, `<g transform="translate(0,%d)">`+"\n", i*height)
		s.diagram(&b, d.title, d.curves)
		b.WriteString("</g>\n")
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func (s Series) diagram(b *strings.Builder, title string, curves []curve) {
	most := 0.0
	for _, c := range curves {
		for _, sample := range s {
			most = max(most, c.of(sample))
		}
	}
	step := tick(most)
	most = math.Ceil(most/step) * step
	last := float64(s[len(s)-1].Invocations)
	x := func(n float64) float64 { return left + n/last*(width-left-right) }
	y := func(v float64) float64 { return height - low - v/most*(height-top-low) }

	fmt.Fprintf(b, `<text x="%d" y="18" font-weight="bold">%s</text>`+"\n", left, title)
	for v := 0.0; v <= most; v += step {
		fmt.Fprintf(b, `<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" stroke="#ddd"/>`, left, width-right, y(v), y(v))
		fmt.Fprintf(b, `<text x="%d" y="%.1f" text-anchor="end">%g</text>`+"\n", left-6, y(v)+4, v)
	}
	for n, step := 0.0, tick(last); n <= last; n += step {
		fmt.Fprintf(b, `<text x="%.1f" y="%d" text-anchor="middle">%.0f</text>`+"\n", x(n), height-low+18, n)
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle">invocations</text>`+"\n", (left+width-right)/2, height-6)
	for i, c := range curves {
		points := make([]string, len(s))
		for j, sample := range s {
			points[j] = fmt.Sprintf("%.1f,%.1f", x(float64(sample.Invocations)), y(c.of(sample)))
		}
		fmt.Fprintf(b, `<polyline fill="none" stroke="%s" stroke-width="1.5" points="%s"/>`+"\n", c.colour, strings.Join(points, " "))
		fmt.Fprintf(b, `<text x="%d" y="%d" fill="%s">%s</text>`+"\n", width-right+10, top+10+i*18, c.colour, c.name)
	}
}

// tick is a round distance that gives a scale four to ten marks.
func tick(most float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(max(most, 1)/4)))
	for _, n := range []float64{1, 2, 5, 10} {
		if most/(n*unit) <= 10 {
			return n * unit
		}
	}
	return 10 * unit
}
