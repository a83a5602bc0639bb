package deps

import (
	"cmp"
	"strings"
)

// compareVersions orders two versions as Maven does: parts between dots, dashes and changes from digit to letter; numbers as numbers;
// alpha, beta, milestone, rc and snapshot before the release, sp after it, and any other word after that.
func compareVersions(a, b string) int {
	x, y := versionParts(a), versionParts(b)
	for i := 0; i < max(len(x), len(y)); i++ {
		if c := comparePart(partAt(x, i), partAt(y, i)); c != 0 {
			return c
		}
	}
	return 0
}

// part is a number, where number is set (a text of digits without zeros before it), or a word.
type part struct {
	number bool
	text   string
	dash   bool // a dash or a change from digit to letter stands before it
}

var qualifiers = map[string]int{
	"alpha": -5, "beta": -4, "milestone": -3, "rc": -2, "cr": -2, "snapshot": -1,
	"": 0, "ga": 0, "final": 0, "release": 0,
	"sp": 1,
}

var shortQualifiers = map[string]string{"a": "alpha", "b": "beta", "m": "milestone"}

func versionParts(v string) []part {
	v = strings.ToLower(v)
	var parts []part
	dash := false
	for v != "" {
		switch v[0] {
		case '.', '_':
			v, dash = v[1:], false
			continue
		case '-', '+':
			v, dash = v[1:], true
			continue
		}
		digits := isDigit(v[0])
		end := strings.IndexFunc(v, func(r rune) bool {
			return strings.ContainsRune("._-+", r) || (r < 128 && isDigit(byte(r))) != digits
		})
		if end < 0 {
			end = len(v)
		}
		text := v[:end]
		v = v[end:]
		if digits {
			parts = append(parts, part{true, strings.TrimLeft(text, "0"), dash})
		} else {
			if long, ok := shortQualifiers[text]; ok && v != "" && isDigit(v[0]) {
				text = long
			}
			parts = append(parts, part{false, text, dash})
		}
		dash = v != "" && !strings.ContainsRune("._-+", rune(v[0]))
	}
	return withoutNulls(parts)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func (p part) null() bool {
	if p.number {
		return p.text == ""
	}
	rank, known := qualifiers[p.text]
	return known && rank == 0
}

// withoutNulls drops what says nothing at the end and before a word: 1.0.0 is 1, and 1.0-rc is 1-rc.
func withoutNulls(parts []part) []part {
	var out []part
	for _, p := range parts {
		if !p.number || p.dash {
			for len(out) > 0 && out[len(out)-1].null() {
				out = out[:len(out)-1]
			}
		}
		out = append(out, p)
	}
	for len(out) > 0 && out[len(out)-1].null() {
		out = out[:len(out)-1]
	}
	return out
}

func partAt(parts []part, i int) *part {
	if i < len(parts) {
		return &parts[i]
	}
	return nil
}

func comparePart(a, b *part) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -compareToNothing(*b)
	case b == nil:
		return compareToNothing(*a)
	case a.number && b.number:
		if c := cmp.Compare(rankOfDash(*a), rankOfDash(*b)); c != 0 {
			return c
		}
		if c := cmp.Compare(len(a.text), len(b.text)); c != 0 {
			return c
		}
		return cmp.Compare(a.text, b.text)
	case a.number:
		return 1 // a number is newer than a word
	case b.number:
		return -1
	}
	return compareWords(a.text, b.text)
}

// rankOfDash: 1.1 is newer than 1-1.
func rankOfDash(p part) int {
	if p.dash {
		return 0
	}
	return 1
}

func compareToNothing(p part) int {
	if p.number {
		if p.text == "" {
			return 0
		}
		return 1
	}
	return compareWords(p.text, "")
}

func compareWords(a, b string) int {
	x, xKnown := qualifiers[a]
	y, yKnown := qualifiers[b]
	switch {
	case xKnown && yKnown:
		return cmp.Compare(x, y)
	case xKnown:
		return -1 // an unknown word comes after all known ones
	case yKnown:
		return 1
	}
	return cmp.Compare(a, b)
}
