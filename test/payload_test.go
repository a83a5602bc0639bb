package test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// largeEvent is compact JSON of about size bytes, with characters of one to four bytes, all kinds of values, and
// only such escapes as JSON.stringify writes.
func largeEvent(size int) string {
	var b strings.Builder
	b.WriteString(`{"items":[`)
	for i := 0; b.Len() < size; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":%d,"name":"é λ → 漢字 🐫 \"%d\"\n\\\u0001","flags":[true,false,null],"price":%d.25,"":{}}`, i, i*i, i)
	}
	b.WriteString(`]}`)
	return b.String()
}

func TestLargeEventComesBackByteForByte(t *testing.T) {
	event := largeEvent(5_900_000)
	require.Less(t, len(event), 5_900_200)
	onBoth(t, func(t *testing.T, l lambda) {
		f := l.start(t, fixture("echo"), "echo.core/handler", nil)
		for range 2 {
			got := f.answer(t, event)
			// Not assert.Equal: nobody wants to read the difference.
			at := 0
			for at < min(len(event), len(got)) && event[at] == got[at] {
				at++
			}
			assert.True(t, got == event, "%d bytes came back of %d, different from byte %d", len(got), len(event), at)
		}
		assert.Equal(t, `"small"`, f.answer(t, `"small"`))
	})
}

func TestOutputOfAllKindsGoesToTheLogAndTheAnswerIsRight(t *testing.T) {
	const lines = 40_000 // about 4 MB
	onBoth(t, func(t *testing.T, l lambda) {
		f := l.start(t, fixture("output"), "output.core/handler", nil)
		assert.Equal(t, fmt.Sprintf(`{"printed":%d,"child":0}`, lines), f.answer(t, fmt.Sprintf(`{"lines":%d}`, lines)))
		assert.Equal(t, `{"printed":1,"child":0}`, f.answer(t, `{"lines":1}`))
		log := f.closedLog(t)
		assert.Equal(t, lines+1, strings.Count(log, strings.Repeat("x", 90)), "lines in the log")
		assert.Contains(t, log, fmt.Sprintf("line %d x", lines-1))
		for _, part := range []string{
			"line 0 x",
			"by console.log 1", "by console.error", "raw to 1: ", "raw to 2", "by process.stdout",
			"child to stdout", "child to stderr",
		} {
			assert.GreaterOrEqual(t, strings.Count(log, part), 2, "%q in the log", part)
		}
		for _, part := range []string{"line 0 x", "by console.log 1", "by process.stdout"} {
			assert.Regexp(t, `\t[0-9a-f-]{36}\tINFO\t`+part, log, "the record carries its request")
		}
	})
}
