package emulator

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBootstrapWithAnExtensionIsToldOfItsEnd(t *testing.T) {
	onBoth(t, func(t *testing.T, lab *lab) {
		e := lab.start(t, func(c *Config) { c.Env = map[string]string{"INIT": "extension"} })
		assert.Equal(t, "1", string(invoke(t, e, "1").Payload))
		require.NoError(t, e.Close())
		assert.Contains(t, lab.log.String(), "register: 403 Extension.InvalidEventType 200\n")
		assert.Contains(t, lab.log.String(), "terminated\n")
	})
}
