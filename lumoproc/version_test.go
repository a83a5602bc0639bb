package lumoproc_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/lumoproc"
)

// Without this it would be waited for until Lambda's init time-out, which says nothing.
func TestChildOfAnotherVersionIsAnInitErrorThatSaysSo(t *testing.T) {
	r := start(t, "err of the future; frame 4c4d02810000000000000002; frame 7b7d; hang")
	_, err := r.Ready(t.Context())
	var breach *lumoproc.ProtocolError
	require.ErrorAs(t, err, &breach)
	assert.ErrorContains(t, err, "version 2, want 1")
	assert.Equal(t, "of the future", breach.Tail)
}
