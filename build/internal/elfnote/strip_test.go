package elfnote

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// withSections is an executable with a table of sections, of one, behind what is mapped.
func withSections(t *testing.T) (exe []byte, mapped int) {
	t.Helper()
	exe = program(elf.ET_EXEC)
	mapped = 0x2000 // of the last PT_LOAD
	var file elf.Header64
	_, err := binary.Decode(exe, binary.LittleEndian, &file)
	require.NoError(t, err)
	file.Shoff, file.Shnum, file.Shentsize = uint64(len(exe)), 1, 64
	_, err = binary.Encode(exe, binary.LittleEndian, &file)
	require.NoError(t, err)
	return append(exe, make([]byte, 64)...), mapped
}

func TestStripKeepsWhatIsMapped(t *testing.T) {
	exe, mapped := withSections(t)
	out, err := Strip(exe)
	require.NoError(t, err)
	assert.Len(t, out, mapped)
	assert.Equal(t, exe[headSize:mapped], out[headSize:])
	f, err := elf.NewFile(bytes.NewReader(out))
	require.NoError(t, err)
	assert.Empty(t, f.Sections)
	assert.Len(t, f.Progs, 5)
}

func TestStrippedExecutableTakesANote(t *testing.T) {
	exe, _ := withSections(t)
	stripped, err := Strip(exe)
	require.NoError(t, err)
	out, err := Add(stripped, "NODE_SEA_BLOB", []byte("x"))
	require.NoError(t, err)
	desc, _ := find(t, out, "NODE_SEA_BLOB")
	assert.Equal(t, "x", string(desc))
}

func TestExecutableThatIsCutIsNotStripped(t *testing.T) {
	_, err := Strip(program(elf.ET_EXEC)[:0x1800])
	assert.ErrorContains(t, err, "before what it maps")
}
