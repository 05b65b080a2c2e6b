package wasm

import (
	"bytes"
	"encoding/binary"
)

// parked is a run's memory between turns: the lines that differ from the image, and the globals.
type parked struct {
	size    int    // of the memory
	lines   []byte // a number of 4 bytes and a line, one after the other
	globals []uint64
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
				p.lines = binary.LittleEndian.AppendUint32(p.lines, uint32(at/lineSize))
				p.lines = append(p.lines, line...)
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
	for rest := p.lines; len(rest) > 0; rest = rest[4+lineSize:] {
		at := int(binary.LittleEndian.Uint32(rest)) * lineSize
		copy(now[at:at+lineSize], rest[4:])
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
