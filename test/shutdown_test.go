package test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestFunctionClosesItsBooksWhenTheSandboxEnds(t *testing.T) {
	onBoth(t, func(t *testing.T, l lambda) {
		f := l.start(t, fixture("api"), "api.shutdown/handler", nil)
		assert.Equal(t, `"open"`, f.answer(t, "{}"))
		log := f.closedLog(t)
		assert.Contains(t, log, "asked to end by SIGTERM")
		assert.Contains(t, log, "closed the books")
	})
}
