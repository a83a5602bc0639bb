package elfnote

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	baseAddr = 0x1000000
	fileSize = 0x3000
	headSize = 64
	progSize = 56
)

// buildID is the one note that a linked engine has.
var buildID = appendNote(nil, "GNU", []byte("0123456789abcdef0123"))

// program is a small static executable in the engine's shape: PT_PHDR first, the loads ascending, PT_NOTE last.
func program(kind elf.Type, drop ...elf.ProgType) []byte {
	noteAt := uint64(headSize + 5*progSize)
	progs := []elf.Prog64{
		{Type: uint32(elf.PT_PHDR), Off: headSize, Vaddr: baseAddr + headSize, Filesz: 5 * progSize, Memsz: 5 * progSize},
		{Type: uint32(elf.PT_LOAD), Off: 0, Vaddr: baseAddr, Filesz: 0x1000, Memsz: 0x1000, Align: 0x1000},
		{Type: uint32(elf.PT_LOAD), Off: 0x1000, Vaddr: baseAddr + 0x1000, Filesz: 0x1000, Memsz: 0x5432, Align: 0x1000},
		{Type: uint32(elf.PT_TLS), Off: 0x1000, Vaddr: baseAddr + 0x1000, Filesz: 4, Memsz: 8},
		{Type: uint32(elf.PT_NOTE), Off: noteAt, Vaddr: baseAddr + noteAt, Filesz: uint64(len(buildID)), Memsz: uint64(len(buildID)), Align: 4},
	}
	for i := range progs {
		for _, d := range drop {
			if progs[i].Type == uint32(d) {
				progs[i].Type = uint32(elf.PT_NULL)
			}
		}
	}
	file := elf.Header64{
		Type: uint16(kind), Machine: uint16(elf.EM_X86_64), Version: 1, Phoff: headSize,
		Ehsize: headSize, Phentsize: progSize, Phnum: uint16(len(progs)),
	}
	copy(file.Ident[:], elf.ELFMAG)
	file.Ident[elf.EI_CLASS], file.Ident[elf.EI_DATA], file.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), 1
	var out bytes.Buffer
	_ = binary.Write(&out, binary.LittleEndian, file)
	_ = binary.Write(&out, binary.LittleEndian, progs)
	out.Write(buildID)
	out.Write(make([]byte, fileSize-out.Len()))
	return out.Bytes()
}

// find looks for a note as Node does: through every PT_NOTE, by the header's sizes alone.
func find(t *testing.T, exe []byte, name string) (desc []byte, addr uint64) {
	t.Helper()
	f, err := elf.NewFile(bytes.NewReader(exe))
	require.NoError(t, err)
	for _, p := range f.Progs {
		if p.Type != elf.PT_NOTE {
			continue
		}
		block := exe[p.Off : p.Off+p.Filesz]
		for at := uint64(0); at+noteHeaderSize <= uint64(len(block)); {
			nameSize := uint64(binary.LittleEndian.Uint32(block[at:]))
			descSize := uint64(binary.LittleEndian.Uint32(block[at+4:]))
			descAt := at + noteHeaderSize + roundUp(nameSize, 4)
			if string(block[at+noteHeaderSize:at+noteHeaderSize+nameSize]) == name+"\x00" {
				return block[descAt : descAt+descSize], p.Vaddr + descAt
			}
			at = descAt + roundUp(descSize, 4)
		}
	}
	return nil, 0
}

func TestNoteIsFoundInMemoryThatIsMapped(t *testing.T) {
	for _, size := range []int{1, 2, 3, 4, 63, 64, 4095, 70_000} {
		desc := bytes.Repeat([]byte{0xA5}, size)
		out, err := Add(program(elf.ET_EXEC), "NODE_SEA_BLOB", desc)
		require.NoError(t, err)

		got, addr := find(t, out, "NODE_SEA_BLOB")
		assert.Equal(t, desc, got)
		assert.Zero(t, addr%descAlign, "a content of %d bytes begins at %#x", size, addr)

		f, err := elf.NewFile(bytes.NewReader(out))
		require.NoError(t, err)
		mapped := false
		for _, p := range f.Progs {
			mapped = mapped || p.Type == elf.PT_LOAD && p.Vaddr <= addr && addr+uint64(size) <= p.Vaddr+p.Memsz
		}
		assert.True(t, mapped, "no PT_LOAD covers the note at %#x", addr)
	}
}

func TestNotesOfTheLinkerStay(t *testing.T) {
	out, err := Add(program(elf.ET_EXEC), "NODE_SEA_BLOB", []byte("x"))
	require.NoError(t, err)
	got, _ := find(t, out, "GNU")
	assert.Equal(t, "0123456789abcdef0123", string(got))
}

func TestLoadsAscendWithoutOverlap(t *testing.T) {
	out, err := Add(program(elf.ET_EXEC), "NODE_SEA_BLOB", make([]byte, 100))
	require.NoError(t, err)
	f, err := elf.NewFile(bytes.NewReader(out))
	require.NoError(t, err)
	end := uint64(0)
	for _, p := range f.Progs {
		if p.Type != elf.PT_LOAD {
			continue
		}
		assert.GreaterOrEqual(t, p.Vaddr, end)
		assert.Equal(t, p.Off%p.Align, p.Vaddr%p.Align, "the kernel maps whole pages")
		end = p.Vaddr + p.Memsz
	}
	// Linux before 5.18 takes the table's address from the first of them.
	assert.Equal(t, elf.PT_LOAD, f.Progs[0].Type)
	assert.Zero(t, f.Progs[0].Off)
}

func TestTableStaysAndTheRestIsUntouched(t *testing.T) {
	before := program(elf.ET_EXEC)
	kept := bytes.Clone(before)
	out, err := Add(before, "NODE_SEA_BLOB", []byte("x"))
	require.NoError(t, err)
	assert.Equal(t, kept, before, "Add changes a copy")
	assert.Equal(t, before[:headSize], out[:headSize], "neither the table's place nor its length changes")
	assert.Equal(t, before[headSize+5*progSize:], out[headSize+5*progSize:fileSize])
}

func TestUnsuitableExecutableIsRefused(t *testing.T) {
	short := program(elf.ET_EXEC)[:headSize+100]
	for name, c := range map[string]struct {
		exe  []byte
		want string
	}{
		"empty":                {nil, "read ELF header"},
		"text":                 {bytes.Repeat([]byte("#!/bin/sh\n"), 10), "not an ELF file"},
		"position independent": {program(elf.ET_DYN), "ET_EXEC"},
		"no note":              {program(elf.ET_EXEC, elf.PT_NOTE), "--build-id"},
		"no table of its own":  {program(elf.ET_EXEC, elf.PT_PHDR), "no PT_PHDR"},
		"nothing loaded":       {program(elf.ET_EXEC, elf.PT_LOAD), "no PT_LOAD"},
		"cut":                  {short, "read program headers"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Add(c.exe, "NODE_SEA_BLOB", []byte("x"))
			assert.ErrorContains(t, err, c.want)
		})
	}
}
