package sea

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestEngineWithoutExactlyOneFuseIsRefused(t *testing.T) {
	for name, c := range map[string]struct{ engine, want string }{
		"none": {"no fuse at all", "0 fuses"},
		"two":  {fuse + "0" + fuse + "0", "2 fuses"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := inject([]byte(c.engine), []byte("blob"))
			assert.ErrorContains(t, err, c.want)
		})
	}
}
