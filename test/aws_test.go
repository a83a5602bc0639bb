package test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/emulator"
)

// The AWS SDK smoke. The first Lumo on Lambda was linked statically against glibc; it looked well, ran ClojureScript, and
// died with a segmentation fault at the first use of the AWS SDK, in a look-up of a name. So the functions here use the
// SDKs as users do, with nothing stubbed and no endpoint given: in a network of the test's own, where a name server, an S3
// server and the rest of AWS are at the SDKs' own addresses, behind TLS. aws_fault_test.go proves that it can fail.

// cloud is what the functions meet in that network.
type cloud struct {
	names    *nameServer
	edge     *edge
	resolver string // the file that is /etc/resolv.conf
	services string // the file that is /etc/nsswitch.conf
	objects  string // the folder of S3's buckets
	layer    string // what functions run on, merged once: the SDKs have thousands of files
}

const edgeHost = "127.0.0.80"

// startCloud starts all but the servers for what is not S3.
func startCloud(t *testing.T) *cloud {
	t.Helper()
	// /etc/hosts knows none of the names, and nsswitch.conf asks for what kills a static glibc.
	systemFile(t, "/etc/hosts", "127.0.0.1 localhost\n")
	c := &cloud{objects: t.TempDir(), layer: merge(t, layerDir, nssLayer(t), awsDependency(t, "sdk"))}
	c.services = systemFile(t, "/etc/nsswitch.conf", "hosts: files "+nssService+" dns\n")
	c.resolver = systemFile(t, "/etc/resolv.conf", resolverText(nameServerHost))
	c.names = serveNames(t, nameServerHost+":53", ".amazonaws.com.", [4]byte{127, 0, 0, 80})
	c.edge = serveEdge(t, edgeHost+":443", newAuthority(t))
	startS3(t, c.objects)
	return c
}

// merge makes one folder of several.
func merge(t *testing.T, folders ...string) string {
	t.Helper()
	merged := t.TempDir()
	for _, folder := range folders {
		require.NoError(t, linkAll(folder, merged))
	}
	return merged
}

// function starts a namespace of the function aws, on the shipped layer unless another is given.
func (c *cloud) function(t *testing.T, namespace string, change func(*emulator.Config)) *started {
	t.Helper()
	folder := assemble(t, "aws", nil)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "ca.pem"), c.edge.authority.pem, 0o644))
	return lambda{emulator.BuiltIn}.start(t, folder, namespace+"/handler", func(cfg *emulator.Config) {
		cfg.Layers = []string{c.layer}
		cfg.Timeout = 2 * time.Minute // a step is many requests, and the machine may be busy
		cfg.Env = map[string]string{
			"AWS_REGION": region, "AWS_ACCESS_KEY_ID": accessKey, "AWS_SECRET_ACCESS_KEY": secretKey,
			"NODE_EXTRA_CA_CERTS": "/var/task/ca.pem",
		}
		if change != nil {
			change(cfg)
		}
	})
}

// order is the event of the function aws.
type order struct {
	Do     string `json:"do"`
	Bucket string `json:"bucket,omitempty"`
	Key    string `json:"key,omitempty"`
	Bytes  int    `json:"bytes,omitempty"`
	Times  int    `json:"times,omitempty"`
}

// content is what the function says of an object that it has written or read.
type content struct {
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// step is one thing that the smoke does, and whether it came out right.
type step struct {
	name string
	do   func() error
}

// largeObject is in bytes: more than any buffer on the way holds.
const largeObject = 8 << 20

// steps are those of the smoke, for a function of that SDK that is started.
func (c *cloud) steps(f *started, sdk, bucket string) []step {
	text := func(key string) string { return "the text of " + key }
	put := func(key string) error {
		return ask(f, order{Do: "put-text", Bucket: bucket, Key: key}, key)
	}
	var written content
	return []step{
		{"make a bucket", func() error {
			return askForOne(f, order{Do: "create-bucket", Bucket: bucket}, bucket)
		}},
		{"write an object", func() (err error) {
			written, err = answerTo[content](f, order{Do: "put", Bucket: bucket, Key: "large", Bytes: largeObject})
			if err != nil {
				return err
			}
			return c.stored(bucket, "large", written)
		}},
		{"stream an object", func() error {
			return ask(f, order{Do: "get", Bucket: bucket, Key: "large"}, written)
		}},
		{"ask for an object that is not there", func() error {
			return ask(f, order{Do: "get-missing", Bucket: bucket, Key: "missing"}, "NoSuchKey")
		}},
		{"fifty requests at once", func() error {
			if err := put(together); err != nil {
				return err
			}
			want := slices.Repeat([]string{text(together)}, crowd)
			return ask(f, order{Do: "get-at-once", Bucket: bucket, Key: together, Times: crowd}, want)
		}},
		{"try again after a dropped connection", func() error {
			if err := put(dropped); err != nil {
				return err
			}
			if err := ask(f, order{Do: "get-text", Bucket: bucket, Key: dropped}, text(dropped)); err != nil {
				return err
			}
			if n := c.edge.seen(dropped); n != drops+1 {
				return fmt.Errorf("asked %d times, of which %d were dropped", n, drops)
			}
			return nil
		}},
		{"STS", func() error { return ask(f, order{Do: "sts"}, "123456789012") }}, // moto's account
		{"DynamoDB", func() error { return ask(f, order{Do: "dynamodb"}, "λ") }},
		{"SQS", func() error { return ask(f, order{Do: "sqs"}, "λ") }},
		{"Lambda", func() error { return askForOne(f, order{Do: "lambda"}, sdk) }},
	}
}

// stored looks at an object where the server keeps it.
func (c *cloud) stored(bucket, key string, want content) error {
	bytes, err := os.ReadFile(filepath.Join(c.objects, bucket, key))
	if err != nil {
		return err
	}
	sum := sha256.Sum256(bytes)
	if got := (content{len(bytes), hex.EncodeToString(sum[:])}); got != want {
		return fmt.Errorf("the server has %v, not %v", got, want)
	}
	return nil
}

// smoke runs steps up to the first that fails; its error is the verdict.
func smoke(t *testing.T, steps []step) error {
	for _, s := range steps {
		start := time.Now()
		if err := s.do(); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		t.Logf("%s: ok, %v", s.name, time.Since(start).Round(time.Millisecond))
	}
	return nil
}

// answerTo passes an event and decodes the answer. An error of the function is the error.
func answerTo[T any](f *started, o order) (got T, err error) {
	event, err := json.Marshal(o)
	if err != nil {
		return got, err
	}
	result, err := f.Invoke(context.Background(), event, emulator.Options{})
	if err != nil {
		return got, err
	}
	if result.FunctionError {
		var e fault
		if err := json.Unmarshal(result.Payload, &e); err != nil {
			return got, err
		}
		return got, fmt.Errorf("%s: %s", e.ErrorType, e.ErrorMessage)
	}
	return got, json.Unmarshal(result.Payload, &got)
}

// ask passes an event whose answer must be what is wanted.
func ask[T any](f *started, o order, want T) error {
	got, err := answerTo[T](f, o)
	if err != nil {
		return err
	}
	if !assert.ObjectsAreEqual(want, got) {
		return fmt.Errorf("answered %v, not %v", got, want)
	}
	return nil
}

// askForOne passes an event whose answer must be a list that has one.
func askForOne(f *started, o order, one string) error {
	got, err := answerTo[[]string](f, o)
	if err == nil && !slices.Contains(got, one) {
		err = fmt.Errorf("%q is not among the answers %q", one, got)
	}
	return err
}

func TestAWSSDKsWorkWithTheirOwnEndpoints(t *testing.T) {
	if !isolated(t) {
		return
	}
	c := startCloud(t)
	startAWS(t, c.edge.authority)
	for _, sdk := range []string{"v2", "v3"} {
		t.Run(sdk, func(t *testing.T) {
			c.edge.forget(edgeFaults{})
			require.NoError(t, smoke(t, c.steps(c.function(t, "aws."+sdk, nil), sdk, "lumo-"+sdk)))
		})
	}
	assert.Equal(t, []string{
		"dynamodb.eu-west-1.amazonaws.com",
		"lambda.eu-west-1.amazonaws.com",
		"lumo-v2.s3.eu-west-1.amazonaws.com",
		"lumo-v3.s3.eu-west-1.amazonaws.com",
		"s3.eu-west-1.amazonaws.com",
		"sqs.eu-west-1.amazonaws.com",
		"sts.amazonaws.com", // v2's
		"sts.eu-west-1.amazonaws.com",
	}, c.names.names(), "names that were asked for over DNS")
}

// The same with the other architecture's lumo on an emulated processor, under this architecture's bootstrap.
func TestAWSSDKsWorkOnTheOtherArchitecture(t *testing.T) {
	if !isolated(t) {
		return
	}
	c := startCloud(t)
	startAWS(t, c.edge.authority)
	for arch := range machines {
		if arch == filepath.Base(layerDir) {
			continue
		}
		// The layer's lumo is a script, since this kernel may not start such programs itself.
		require.NoError(t, linkOrCopy(qemu(t, arch), filepath.Join(c.layer, "qemu")))
		require.NoError(t, linkOrCopy(shipped(t, arch, "lumo"), filepath.Join(c.layer, "lumo."+arch)))
		require.NoError(t, os.Remove(filepath.Join(c.layer, "lumo")))
		require.NoError(t, os.WriteFile(filepath.Join(c.layer, "lumo"), []byte("#!/bin/sh\nexec /opt/qemu /opt/lumo."+arch+" \"$@\"\n"), 0o755))
		for _, sdk := range []string{"v2", "v3"} {
			t.Run(arch+"/"+sdk, func(t *testing.T) {
				c.edge.forget(edgeFaults{})
				require.NoError(t, smoke(t, c.steps(c.function(t, "aws."+sdk, nil), sdk, "lumo-"+sdk)))
			})
		}
	}
}
