package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTestNamespacesFollowFileNames(t *testing.T) {
	files := []string{"lumo/impl/class_path_test.cljs", "lumo/helper.cljs", "lumo/text_test.cljs", "lumo/x_test.txt"}
	assert.Equal(t, []string{"lumo.impl.class-path-test", "lumo.text-test"}, testNamespaces(files))
}
