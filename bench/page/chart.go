package main

import (
	"bytes"
	"cmp"
	"fmt"
	"html"
	"slices"
	"strings"
)

// chart is horizontal bars, one a subject of a benchmark, the least on top.
type chart struct {
	file, title string
	benchmark   string
	unit        string
	less        []string // subjects that would make all others' bars short
}

var charts = []chart{
	{"start.svg", "Cold: exec to the first /next, ms", "Start", "next-ms", nil},
	{"start-answer.svg", "Cold: exec to the first complete answer, ms", "Start", "answer-ms", nil},
	{"start-sdk.svg", "Cold with @aws-sdk/client-s3 loaded: exec to the first /next, ms", "StartWithSDK", "next-ms", nil},
	{"memory.svg", "Memory after the first answer, MiB", "Start", "pss-MiB", nil},
	{"warm.svg", "Warm: 200 bytes there and back, µs", "RoundTrip", "trip-µs", nil},
	{"warm-megabyte.svg", "Warm: 1 MB there and back, µs", "Megabyte", "trip-µs", nil},
	{"exit.svg", "A program from start to exit, ms", "Exit", "exit-ms", []string{"lumo-100-functions"}},
	{"compute-fib.svg", "Compute: fib, ms", "Compute", "fib-ms", nil},
	{"compute-maps.svg", "Compute: persistent maps, ms", "Compute", "maps-ms", nil},
}

const (
	rowHeight  = 24
	labelWidth = 150
	barWidth   = 380
	textWidth  = 150
	titleRoom  = 34
)

type bar struct {
	name string
	quantity
}

// draw makes the SVG; false where the benchmark was not measured.
func (c chart) draw(r *results) ([]byte, bool) {
	var bars []bar
	for name := range r.figures {
		subject, ok := strings.CutPrefix(name, c.benchmark+"/")
		if !ok || slices.Contains(c.less, subject) {
			continue
		}
		if q, ok := r.get(name, c.unit); ok {
			bars = append(bars, bar{subject, q})
		}
	}
	if len(bars) == 0 {
		return nil, false
	}
	slices.SortFunc(bars, func(a, b bar) int {
		return cmp.Or(cmp.Compare(a.median, b.median), cmp.Compare(a.name, b.name))
	})
	most := 0.0
	for _, b := range bars {
		most = max(most, b.high)
	}
	width, height := labelWidth+barWidth+textWidth, titleRoom+rowHeight*len(bars)+10
	var svg bytes.Buffer
	fmt.Fprintf(&svg, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" font-family="sans-serif" font-size="13">`+"\n", width, height)
	fmt.Fprintf(&svg, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", width, height)
	fmt.Fprintf(&svg, `<text x="8" y="21" font-size="15" fill="#222222">%s</text>`+"\n", html.EscapeString(c.title))
	for i, b := range bars {
		y := titleRoom + rowHeight*i
		x := func(v float64) float64 { return labelWidth + v/most*barWidth }
		fill := "#9aa5b1"
		if strings.HasPrefix(b.name, "lumo") {
			fill = "#3f7d58"
		}
		fmt.Fprintf(&svg, `<text x="%d" y="%d" text-anchor="end" fill="#222222">%s</text>`+"\n", labelWidth-8, y+15, html.EscapeString(b.name))
		fmt.Fprintf(&svg, `<rect x="%d" y="%d" width="%.1f" height="16" fill="%s"/>`+"\n", labelWidth, y+2, x(b.median)-labelWidth, fill)
		fmt.Fprintf(&svg, `<line x1="%.1f" x2="%.1f" y1="%d" y2="%[3]d" stroke="#222222"/>`+"\n", x(b.low), x(b.high), y+10)
		fmt.Fprintf(&svg, `<text x="%.1f" y="%d" fill="#222222">%s</text>`+"\n", x(b.high)+6, y+15, html.EscapeString(b.String()))
	}
	svg.WriteString("</svg>\n")
	return svg.Bytes(), true
}
