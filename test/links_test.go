package test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// documents are all that a reader may open, relative to the root.
func documents(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md", "examples/*.md", "examples/*/*.md"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		for _, file := range files {
			document, err := filepath.Rel(root, file)
			require.NoError(t, err)
			all = append(all, document)
		}
	}
	return all
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	noSlug  = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// anchors are the names by which forges reach the headings of a document.
func anchors(text string) map[string]bool {
	all := map[string]bool{}
	for _, found := range heading.FindAllStringSubmatch(text, -1) {
		all[strings.ReplaceAll(noSlug.ReplaceAllString(strings.ToLower(found[1]), ""), " ", "-")] = true
	}
	return all
}

func TestLinksOfDocumentsLeadSomewhere(t *testing.T) {
	read := func(path string) string {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		return string(text)
	}
	for _, document := range documents(t) {
		here := filepath.Join(root, document)
		for _, found := range link.FindAllStringSubmatch(read(here), -1) {
			path, anchor, _ := strings.Cut(found[1], "#")
			if strings.Contains(path, ":") {
				continue // another site's
			}
			to := here
			if path != "" {
				to = filepath.Join(filepath.Dir(here), path)
			}
			_, err := os.Stat(to)
			if assert.NoError(t, err, "%s links to %s", document, found[1]) && anchor != "" {
				assert.True(t, anchors(read(to))[anchor], "%s links to %s, which has no such heading", document, found[1])
			}
		}
	}
}
