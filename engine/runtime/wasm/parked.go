package wasm

import (
	"bytes"
	"encoding/binary"
)

// parked is a run's memory between turns: the words that differ from the image, and the globals.
type parked struct {
	size    int    // of the memory
	lines   []byte // those with such words, one after the other: see appendLine
	globals []uint64
}

// wordSize is how many bytes are kept together: a line has as many words as a byte has bits.
const wordSize = lineSize / 8

// appendLine appends what differs in a line: its number in 4 bytes, a bit for each word that
// differs, and those words. Most lines differ in one or two, such as a count of references.
func appendLine(b []byte, number int, line, before []byte) []byte {
	b = append(binary.LittleEndian.AppendUint32(b, uint32(number)), 0)
	mask := len(b) - 1
	for word := range lineSize / wordSize {
		at := word * wordSize
		if n := binary.LittleEndian.Uint64(line[at:]); n != binary.LittleEndian.Uint64(before[at:]) {
			b[mask] |= 1 << word
			b = binary.LittleEndian.AppendUint64(b, n)
		}
	}
	return b
}

// costs is what a parked run keeps, in bytes.
func (p *parked) costs() uint64 { return uint64(len(p.lines)+8*len(p.globals)) + 64 }

// park copies what differs from the image.
func (i *instance) park() *parked {
	p := &parked{size: i.size}
	for _, g := range i.saved {
		p.globals = append(p.globals, g.Get())
	}
	now, was := i.view(), i.guest.image.bytes()
	for _, block := range i.memory.changed(i.size) {
		for at := block * blockOf; at < (block+1)*blockOf; at += lineSize {
			line, before := now[at:at+lineSize], zeros[:lineSize]
			if at < len(was) {
				before = was[at : at+lineSize]
			}
			if !bytes.Equal(line, before) {
				p.lines = appendLine(p.lines, at/lineSize, line, before)
			}
		}
	}
	p.lines = bytes.Clone(p.lines)
	return p
}

// restore goes on with what was parked. The instance is as the image says.
func (i *instance) restore(p *parked) {
	i.resize(p.size)
	for n, g := range i.saved {
		g.Set(p.globals[n])
	}
	now := i.view()
	for rest := p.lines; len(rest) > 0; {
		at, mask := int(binary.LittleEndian.Uint32(rest))*lineSize, rest[4]
		rest = rest[5:]
		for word := range lineSize / wordSize {
			if mask&(1<<word) != 0 {
				copy(now[at+word*wordSize:at+(word+1)*wordSize], rest)
				rest = rest[wordSize:]
			}
		}
	}
}

// reset makes the instance as the image says. It must not have grown.
func (i *instance) reset() {
	for n, g := range i.saved {
		g.Set(i.guest.globals[n])
	}
	now, was := i.view(), i.guest.image.bytes()
	for _, block := range i.memory.changed(i.size) {
		copy(now[block*blockOf:(block+1)*blockOf], was[block*blockOf:])
	}
}
