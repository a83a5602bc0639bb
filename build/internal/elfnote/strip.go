package elfnote

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
)

// Strip returns a copy of the executable exe without what is never mapped: its symbols, its debugging information and the
// table of sections. What a loader or an addon binds to is in mapped pages and stays.
func Strip(exe []byte) ([]byte, error) {
	headers, err := readHeaders(exe)
	if err != nil {
		return nil, err
	}
	end := headers.offset + uint64(binary.Size(headers.progs))
	for _, p := range headers.progs {
		end = max(end, p.Off+p.Filesz)
	}
	if end > uint64(len(exe)) {
		return nil, fmt.Errorf("the executable ends at byte %d, before what it maps (%d)", len(exe), end)
	}
	out := make([]byte, end)
	copy(out, exe)
	var file elf.Header64
	if _, err := binary.Decode(out, binary.LittleEndian, &file); err != nil {
		return nil, fmt.Errorf("read ELF header: %w", err)
	}
	file.Shoff, file.Shnum, file.Shstrndx = 0, 0, uint16(elf.SHN_UNDEF)
	if _, err := binary.Encode(out, binary.LittleEndian, &file); err != nil {
		return nil, fmt.Errorf("write ELF header: %w", err)
	}
	return out, nil
}
