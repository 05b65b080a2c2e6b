package wasm

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mapped is an image in a file that exists only in memory. Memories map it privately: a page is
// copied when a guest writes to it, by the kernel, which can tell afterwards which pages those are.
type mapped struct {
	fd   int
	view []byte
	uses atomic.Int64
}

// newImage keeps a copy of a memory.
func newImage(b []byte) (image, error) {
	fd, err := unix.MemfdCreate("guest", unix.MFD_CLOEXEC)
	if err != nil {
		return newPlainImage(b), nil
	}
	if err := fill(fd, b); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("image of a guest: %w", err)
	}
	view, err := unix.Mmap(fd, 0, len(b), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("image of a guest: %w", err)
	}
	m := &mapped{fd: fd, view: view}
	m.uses.Store(1)
	return m, nil
}

// fill writes b into an empty file, in which zeros take no room: most of a heap is nothing else.
func fill(fd int, b []byte) error {
	if err := unix.Ftruncate(fd, int64(len(b))); err != nil {
		return err
	}
	for at := 0; at < len(b); at += blockOf {
		block := b[at:min(at+blockOf, len(b))]
		for done := 0; done < len(block) && !bytes.Equal(block, zeros[:len(block)]); {
			n, err := unix.Pwrite(fd, block[done:], int64(at+done))
			if err != nil {
				return err
			}
			done += n
		}
	}
	return nil
}

func (m *mapped) bytes() []byte { return m.view }

func (m *mapped) close() {
	if m.uses.Add(-1) == 0 {
		_ = unix.Munmap(m.view)
		_ = unix.Close(m.fd)
	}
}

func (m *mapped) memory(most uint64) (memory, error) {
	b, err := unix.Mmap(-1, 0, int(most), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		return nil, fmt.Errorf("memory of a guest: %w", err)
	}
	if len(m.view) > 0 {
		if _, err := unix.MmapPtr(m.fd, 0, unsafe.Pointer(&b[0]), uintptr(len(m.view)), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_FIXED); err != nil {
			_ = unix.Munmap(b)
			return nil, fmt.Errorf("memory of a guest: %w", err)
		}
	}
	m.uses.Add(1)
	return &private{image: m, b: b}, nil
}

// private is a private mapping of an image.
type private struct {
	image *mapped
	b     []byte

	entries []byte // for changed, which is asked after each run
	list    []int
}

func (p *private) grow(size int) []byte { return p.b[:size] }

func (p *private) close() {
	_ = unix.Munmap(p.b)
	p.image.close()
}

// pagemap tells of each page of this process what it is; nil = the kernel does not say.
var pagemap = sync.OnceValue(func() *os.File {
	if os.Getpagesize() != blockOf {
		return nil
	}
	f, _ := os.Open("/proc/self/pagemap")
	return f
})

func (p *private) changed(size int) []int {
	f := pagemap()
	if f == nil {
		return differing(p.b[:size], p.image.view)
	}
	const entry, inFile, swapped, present = 8, 1 << 61, 1 << 62, 1 << 63
	p.entries = slices.Grow(p.entries[:0], size/blockOf*entry)[:size/blockOf*entry]
	entries := p.entries
	at := int64(uintptr(unsafe.Pointer(&p.b[0]))) / blockOf * entry
	if _, err := f.ReadAt(entries, at); err != nil {
		return differing(p.b[:size], p.image.view)
	}
	list := p.list[:0]
	for i := 0; i < len(entries); i += entry {
		v := binary.NativeEndian.Uint64(entries[i:])
		if v&swapped != 0 || v&present != 0 && v&inFile == 0 {
			list = append(list, i/entry)
		}
	}
	p.list = list
	return list
}
