// Package elfnote adds a note to an ELF executable, after the link.
//
// Node.js looks for the application of a single-executable program in its own program headers: it walks every PT_NOTE
// segment for a note whose name begins with NODE_SEA (deps/postject/postject-api.h in Node's source). A linker has left
// no such note and no room for one, so three things change in a copy of the file:
//
//	at the end       a page-aligned block: the notes that the old PT_NOTE held, then ours
//	PT_PHDR          goes; its slot becomes a PT_LOAD that maps the block, placed after the last PT_LOAD,
//	                 since the kernel wants them in ascending order
//	PT_NOTE          points at the block
//
// The table of program headers neither moves nor grows. That matters: Linux before 5.18 (Lambda runs 5.10) computes
// AT_PHDR, by which the program finds its own headers, from the first PT_LOAD and e_phoff, and is wrong about a table
// that was moved elsewhere. PT_PHDR itself is needed only by position-independent executables, from which a loader tells
// how far they were moved; so Add takes no others than ET_EXEC, static or dynamic.
package elfnote

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

const (
	// pageSize is the largest page that the two architectures have (arm64 with 64 KiB pages).
	pageSize = 0x10000
	// descAlign keeps the note's content on a cache line: whoever reads it may read words.
	descAlign = 64

	noteHeaderSize = 12
	fillerName     = "fill"
)

// Add returns a copy of the executable exe with one more note, of the given name, type 0 and content desc.
func Add(exe []byte, name string, desc []byte) ([]byte, error) {
	headers, err := readHeaders(exe)
	if err != nil {
		return nil, err
	}
	phdr := headers.index(elf.PT_PHDR)
	note := headers.index(elf.PT_NOTE)
	if phdr < 0 || note < 0 {
		return nil, errors.New("the executable has no PT_PHDR or no PT_NOTE to reuse: link it with --build-id")
	}
	old := headers.progs[note]
	if old.Off+old.Filesz > uint64(len(exe)) {
		return nil, errors.New("the executable's PT_NOTE lies outside the file")
	}
	block := notes(exe[old.Off:old.Off+old.Filesz], name, desc)

	lastLoad := headers.lastLoad()
	end := headers.progs[lastLoad].Vaddr + headers.progs[lastLoad].Memsz
	load := elf.Prog64{
		Type:   uint32(elf.PT_LOAD),
		Flags:  uint32(elf.PF_R),
		Off:    roundUp(uint64(len(exe)), pageSize),
		Vaddr:  roundUp(end, pageSize),
		Filesz: uint64(len(block)),
		Memsz:  uint64(len(block)),
		Align:  pageSize,
	}
	load.Paddr = load.Vaddr

	moved := load
	moved.Type = uint32(elf.PT_NOTE)
	moved.Align = 4
	headers.progs[note] = moved
	headers.progs = slices.Insert(headers.progs, lastLoad+1, load)
	headers.progs = slices.Delete(headers.progs, phdr, phdr+1)

	out := make([]byte, load.Off+load.Filesz)
	copy(out, exe)
	copy(out[load.Off:], block)
	return out, headers.write(out)
}

// notes lays out the block: the old notes, a filler that brings desc to descAlign, and the new note.
func notes(old []byte, name string, desc []byte) []byte {
	block := slices.Clone(old)
	descAt := func(at int) int { return at + noteHeaderSize + int(roundUp(uint64(len(name)+1), 4)) }
	if at := descAt(len(block)); at%descAlign != 0 {
		filler := noteHeaderSize + int(roundUp(uint64(len(fillerName)+1), 4))
		// A note of no content would be skipped by none of the readers, but 4 bytes leave no doubt.
		pad := int(roundUp(uint64(at+filler+4), descAlign)) - at - filler
		block = appendNote(block, fillerName, make([]byte, pad))
	}
	return appendNote(block, name, desc)
}

func appendNote(block []byte, name string, desc []byte) []byte {
	block = binary.LittleEndian.AppendUint32(block, uint32(len(name)+1))
	block = binary.LittleEndian.AppendUint32(block, uint32(len(desc)))
	block = binary.LittleEndian.AppendUint32(block, 0)
	block = append(block, name...)
	block = append(block, make([]byte, int(roundUp(uint64(len(name)+1), 4))-len(name))...)
	block = append(block, desc...)
	return append(block, make([]byte, int(roundUp(uint64(len(desc)), 4))-len(desc))...)
}

type headers struct {
	offset uint64
	progs  []elf.Prog64
}

func readHeaders(exe []byte) (*headers, error) {
	var file elf.Header64
	if _, err := binary.Decode(exe, binary.LittleEndian, &file); err != nil {
		return nil, fmt.Errorf("read ELF header: %w", err)
	}
	switch {
	case !bytes.HasPrefix(exe, []byte(elf.ELFMAG)):
		return nil, errors.New("not an ELF file")
	case elf.Class(file.Ident[elf.EI_CLASS]) != elf.ELFCLASS64 || elf.Data(file.Ident[elf.EI_DATA]) != elf.ELFDATA2LSB:
		return nil, errors.New("not a 64-bit little-endian ELF file")
	case elf.Type(file.Type) != elf.ET_EXEC:
		return nil, fmt.Errorf("an executable of type %v; only one at a fixed address (ET_EXEC) will do",
			elf.Type(file.Type))
	case file.Phoff > uint64(len(exe)):
		return nil, errors.New("the program headers lie outside the file")
	}
	h := &headers{offset: file.Phoff, progs: make([]elf.Prog64, file.Phnum)}
	if _, err := binary.Decode(exe[file.Phoff:], binary.LittleEndian, h.progs); err != nil {
		return nil, fmt.Errorf("read program headers: %w", err)
	}
	if h.lastLoad() < 0 {
		return nil, errors.New("the executable has no PT_LOAD")
	}
	return h, nil
}

func (h *headers) write(exe []byte) error {
	if _, err := binary.Encode(exe[h.offset:], binary.LittleEndian, h.progs); err != nil {
		return fmt.Errorf("write program headers: %w", err)
	}
	return nil
}

func (h *headers) index(kind elf.ProgType) int {
	return slices.IndexFunc(h.progs, func(p elf.Prog64) bool { return p.Type == uint32(kind) })
}

func (h *headers) lastLoad() int {
	last := -1
	for i, p := range h.progs {
		if p.Type == uint32(elf.PT_LOAD) {
			last = i
		}
	}
	return last
}

func roundUp(n, to uint64) uint64 { return (n + to - 1) / to * to }
