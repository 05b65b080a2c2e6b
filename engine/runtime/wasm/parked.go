package wasm

import (
	"bytes"
	"encoding/binary"
)

// parked is a run's memory between turns: the bytes that differ from the image, and the globals.
type parked struct {
	size    int    // of the memory
	lines   []byte // those with such bytes, in ascending order: see appendLine
	globals []uint64
}

// wordSize is how many bytes are looked at together: a line has as many words as a byte has bits,
// and a word as many bytes.
const wordSize = lineSize / 8

// appendLine appends what differs in a line: how many lines it is behind the last one, a bit for
// each word that differs, and for each of those a bit for each byte that differs, and these bytes.
// Most lines differ in one or two words, such as a count of references, and those in a few bytes.
func appendLine(b []byte, skip int, line, before []byte) []byte {
	b = append(binary.AppendUvarint(b, uint64(skip)), 0)
	words := len(b) - 1
	for word := range lineSize / wordSize {
		at := word * wordSize
		now, was := binary.LittleEndian.Uint64(line[at:]), binary.LittleEndian.Uint64(before[at:])
		if now == was {
			continue
		}
		b[words] |= 1 << word
		b = append(b, 0)
		mask := len(b) - 1
		for n, differs := 0, now^was; differs != 0; n, differs = n+1, differs>>8 {
			if byte(differs) != 0 {
				b[mask] |= 1 << n
				b = append(b, line[at+n])
			}
		}
	}
	return b
}

// takeLine puts what appendLine has appended into a memory, and returns the rest, and the number of
// the line. The memory is as before.
func takeLine(b []byte, last int, memory []byte) (rest []byte, number int) {
	skip, size := binary.Uvarint(b)
	words, b := b[size], b[size+1:]
	number = last + int(skip)
	for word := number * lineSize; words != 0; word, words = word+wordSize, words>>1 {
		if words&1 == 0 {
			continue
		}
		mask := b[0]
		b = b[1:]
		for at := word; mask != 0; at, mask = at+1, mask>>1 {
			if mask&1 != 0 {
				memory[at], b = b[0], b[1:]
			}
		}
	}
	return b, number
}

// costs is what a parked run keeps, in bytes.
func (p *parked) costs() uint64 { return uint64(len(p.lines)+8*len(p.globals)) + 64 }

// park copies what differs from the image.
func (i *instance) park() *parked {
	p := &parked{size: i.size}
	for _, g := range i.saved {
		p.globals = append(p.globals, g.Get())
	}
	now, was, last := i.view(), i.guest.image.bytes(), 0
	for _, block := range i.memory.changed(i.size) {
		for at := block * blockOf; at < (block+1)*blockOf; at += lineSize {
			line, before := now[at:at+lineSize], zeros[:lineSize]
			if at < len(was) {
				before = was[at : at+lineSize]
			}
			if !bytes.Equal(line, before) {
				p.lines = appendLine(p.lines, at/lineSize-last, line, before)
				last = at / lineSize
			}
		}
	}
	p.lines = bytes.Clone(p.lines)
	return p
}

// restore goes on with what was parked. The instance is as the image says.
func (i *instance) restore(p *parked) {
	i.memory.touched()
	i.resize(p.size)
	for n, g := range i.saved {
		g.Set(p.globals[n])
	}
	now := i.view()
	for rest, last := p.lines, 0; len(rest) > 0; {
		rest, last = takeLine(rest, last, now)
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
