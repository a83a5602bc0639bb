package test

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/emulator"
)

// The smoke is worth what it notices: the same steps, with one thing wrong, must fail in the step that has to do with it.
func TestAWSSDKSmokeNoticesWhatIsWrong(t *testing.T) {
	if !isolated(t) {
		return
	}
	c := startCloud(t)
	write := func(file, text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o644)) }
	n := 0
	for name, wrong := range map[string]struct {
		resolver string
		faults   edgeFaults
		env      map[string]string
		step     string
		says     string // v2 and v3 have their own words
	}{
		"a name server that does not answer": {
			resolver: resolverText(deadHost), step: "make a bucket", says: "getaddrinfo EAI_AGAIN|Inaccessible host",
		},
		"an authority that is not trusted": {
			env:  map[string]string{"NODE_EXTRA_CA_CERTS": ""}, // Node takes empty for unset
			step: "make a bucket", says: "(?i)self-signed certificate in certificate chain",
		},
		"a certificate for another name": {
			faults: edgeFaults{named: "example.com"}, step: "make a bucket", says: "does not match certificate's altnames",
		},
		"a wrong secret": {
			env: map[string]string{"AWS_SECRET_ACCESS_KEY": "wrong"}, step: "make a bucket", says: "SignatureDoesNotMatch",
		},
		"an object that is changed on its way": {
			faults: edgeFaults{flip: true}, step: "stream an object", says: "answered .*, not |Checksum mismatch",
		},
		"a connection that breaks every time": {
			faults: edgeFaults{drop: true}, step: "try again after a dropped connection", says: "socket hang up|ECONNRESET",
		},
	} {
		for _, sdk := range []string{"v2", "v3"} {
			n++
			t.Run(name+", "+sdk, func(t *testing.T) {
				c.edge.forget(wrong.faults)
				if wrong.resolver != "" {
					write(c.resolver, wrong.resolver)
					defer write(c.resolver, resolverText(nameServerHost))
				}
				f := c.function(t, "aws."+sdk, func(cfg *emulator.Config) {
					for name, value := range wrong.env {
						cfg.Env[name] = value
					}
				})
				err := smoke(t, c.steps(f, sdk, fmt.Sprintf("lumo-%d", n)))
				require.ErrorContains(t, err, wrong.step+": ")
				assert.Regexp(t, wrong.says, err.Error())
			})
		}
	}
}

// The fault that this project began with. A static glibc loads the services of nsswitch.conf from shared libraries, which
// bring another C library that is not set up for every thread. Where no such service is installed, all looks well.
func TestAWSSDKSmokeNoticesAStaticGlibc(t *testing.T) {
	if !isolated(t) {
		return
	}
	c := startCloud(t)
	layer := glibcLayer(t)
	start := func(t *testing.T) *started {
		return c.function(t, "aws.v2", func(cfg *emulator.Config) {
			cfg.Layers = []string{layer, nssLayer(t)}
			cfg.Env["LOOK_UP"] = "s3." + region + ".amazonaws.com"
		})
	}
	t.Run("looks well", func(t *testing.T) {
		with, err := os.ReadFile(c.services)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(c.services, []byte("hosts: files dns\n"), 0o644))
		defer os.WriteFile(c.services, with, 0o644)
		assert.NoError(t, ask(start(t), order{Do: "create-bucket"}, edgeHost))
	})
	t.Run("is killed by its first look-ups", func(t *testing.T) {
		err := smoke(t, c.steps(start(t), "v2", "lumo-glibc"))
		require.ErrorContains(t, err, "make a bucket: Runtime.ExitError: ")
		assert.ErrorContains(t, err, "signal 11 (segmentation fault)")
		t.Log(err)
	})
}
