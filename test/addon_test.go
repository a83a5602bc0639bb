package test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/lumo-lambda/lumo-lambda/emulator"
)

// addonPackage is the npm package that holds the addon itself on this machine.
func addonPackage() string {
	if runtime.GOARCH == "arm64" {
		return "@node-rs/crc32-linux-arm64-gnu"
	}
	return "@node-rs/crc32-linux-x64-gnu"
}

// addonFunction is the function of that name with its modules: one that is a native addon, and one that can do without.
func addonFunction(t *testing.T) string {
	t.Helper()
	places := map[string]string{}
	for _, module := range []string{"@node-rs/crc32", addonPackage(), "bufferutil", "node-gyp-build"} {
		places["node_modules/"+module] = "node_modules/" + module
	}
	return assemble(t, "addon", places)
}

// onDynamic has a function run on the layer of the dynamic flavour.
func onDynamic(t *testing.T) func(*emulator.Config) {
	t.Helper()
	dir := filepath.Join(dist, "dynamic-"+filepath.Base(layerDir))
	if _, err := os.Stat(filepath.Join(dir, "lumo")); err != nil {
		unavailable(t, "the layer of the dynamic flavour is missing (%v): run `make layer ENGINE=dynamic` first", err)
	}
	return func(c *emulator.Config) { c.Layers = []string{dir} }
}

func TestNativeAddonAnswersOnTheDynamicFlavour(t *testing.T) {
	folder := addonFunction(t)
	dynamic := onDynamic(t)
	onBoth(t, func(t *testing.T, l lambda) {
		f := l.start(t, folder, "addon.core/handler", dynamic)
		assert.Equal(t, `{"crc":907060870}`, f.answer(t, `{"text":"hello"}`))
	})
}

func TestNativeAddonIsOneClearErrorOnTheStaticEngine(t *testing.T) {
	folder := addonFunction(t)
	onBoth(t, func(t *testing.T, l lambda) {
		for _, handler := range []string{"addon.core/handler", "addon.late/handler"} {
			f := l.start(t, folder, handler, nil)
			for range 2 {
				got := f.fault(t, `{"text":"hello"}`)
				assert.Equal(t, "Runtime.NativeAddonError", got.ErrorType, handler)
				for _, part := range []string{
					"native addons cannot be loaded by the static engine",
					"/var/task/node_modules/" + addonPackage() + "/crc32.linux-",
					".node of the npm package " + addonPackage(),
					"make layer ENGINE=dynamic",
					"lumo-lambda-dynamic-" + filepath.Base(layerDir) + ".zip",
				} {
					assert.Contains(t, got.ErrorMessage, part, handler)
				}
			}
		}
	})
}

func TestPackageThatCanDoWithoutItsAddonWorksOnBothFlavours(t *testing.T) {
	folder := addonFunction(t)
	dynamic := onDynamic(t)
	onBoth(t, func(t *testing.T, l lambda) {
		f := l.start(t, folder, "addon.fallback/handler", nil)
		assert.Equal(t, `{"masked":"69676f686e","native":false}`, f.answer(t, `{"text":"hello"}`))
		if runtime.GOARCH != "amd64" {
			return // the package has no addon for glibc on arm64
		}
		f = l.start(t, folder, "addon.fallback/handler", dynamic)
		assert.Equal(t, `{"masked":"69676f686e","native":true}`, f.answer(t, `{"text":"hello"}`))
	})
}

// One bundle and one release of Node: what a function sees of the two flavours is the same but for addons.
func TestBothFlavoursAreTheSameVersion(t *testing.T) {
	dynamic := onDynamic(t)
	onBoth(t, func(t *testing.T, l lambda) {
		static := l.start(t, fixture("versions"), "versions.core/handler", nil).answer(t, `{}`)
		assert.Equal(t, static, l.start(t, fixture("versions"), "versions.core/handler", dynamic).answer(t, `{}`))
	})
}
