package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares text with a file of the tree, or writes it there.
func golden(t *testing.T, name, text string) {
	t.Helper()
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
		return
	}
	want, err := os.ReadFile(name)
	require.NoError(t, err)
	assert.Equal(t, string(want), text, "%s is out of date; if the change is meant: make update-goldens", name)
}

func TestGoldenLayerListing(t *testing.T) {
	for _, f := range flavours {
		t.Run(string(f), func(t *testing.T) {
			files, err := thisTree(t).layerFiles(t.Context(), f, "dist")
			require.NoError(t, err)
			var list strings.Builder
			for _, f := range files {
				mode := "0644"
				if f.Exec {
					mode = "0755"
				}
				fmt.Fprintf(&list, "%s %s\n", mode, f.Name)
			}
			golden(t, "testdata/layer-"+string(f)+".golden", list.String())
		})
	}
}

func TestGoldenNotices(t *testing.T) {
	tr := thisTree(t)
	all, err := tr.components(t.Context())
	require.NoError(t, err)
	golden(t, tr.path(noticesFile), noticesText(all))
}

func TestLicenceIsToldByItsText(t *testing.T) {
	for text, want := range map[string]string{
		"Apache License\n   Version 2.0, January 2004":                "Apache-2.0",
		"Permission is hereby granted, free of charge, to any person": "MIT",
		"Redistribution and use in source and\nbinary forms":          "BSD-2-Clause",
		"Redistribution and use\n * Neither the name of Google Inc.":  "BSD-3-Clause",
		"You may do as you like":                                      "",
	} {
		assert.Equal(t, want, licenceOf(text), text)
	}
}
