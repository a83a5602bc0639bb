package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// cfnLint runs CloudFormation's linter, which also knows SAM's transform, on a template.
func cfnLint(t *testing.T, template string) (string, error) {
	t.Helper()
	cmd := exec.Command("python3", "-c", "from cfnlint.runner import main; main()", "--regions", region, "--template", template)
	cmd.Env = append(os.Environ(), "PYTHONPATH="+awsDependency(t, "cfn-lint"), "PYTHONDONTWRITEBYTECODE=1")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestTemplatesPassTheirLinter(t *testing.T) {
	templates, err := filepath.Glob(filepath.Join(root, "layer", "templates", "*", "template.yaml"))
	require.NoError(t, err)
	require.Len(t, templates, 2)
	for _, template := range templates {
		out, err := cfnLint(t, template)
		assert.NoError(t, err, "%s:\n%s", template, out)
		assert.Empty(t, out, template)

		// The linter is asked: it refuses the same template with a member that there is not.
		text, err := os.ReadFile(template)
		require.NoError(t, err)
		wrong := filepath.Join(t.TempDir(), "template.yaml")
		require.NoError(t, os.WriteFile(wrong, []byte(strings.Replace(string(text), "LayerName:", "LayersName:", 1)), 0o644))
		out, err = cfnLint(t, wrong)
		assert.Error(t, err)
		assert.Contains(t, out, "LayersName")
	}
}
