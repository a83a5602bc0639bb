package main

import "strings"

// inspectorOptions have lumo, should it ever be told to by SIGUSR1, open its inspector on a loopback port that the kernel
// chooses, under a path that only who reads its stderr knows. Until then they cost nothing.
const inspectorOptions = "--inspect-port=127.0.0.1:0 --inspect-publish-uid=stderr"

// nodeOptions puts ours in front of the user's options: of two, Node takes the last. Where the user's set a limit of the
// heap, ours are left out, since the two limits belong together; likewise with what is about the inspector. V8 takes a
// hyphen and an underscore for the same.
func nodeOptions(h heap, users string) string {
	plain := strings.ReplaceAll(users, "_", "-")
	options := []string{users}
	if !strings.Contains(plain, "--inspect") {
		options = append([]string{inspectorOptions}, options...)
	}
	if !strings.Contains(plain, "--max-old-space-size") && !strings.Contains(plain, "--max-semi-space-size") {
		options = append([]string{h.options()}, options...)
	}
	return strings.TrimSpace(strings.Join(options, " "))
}
