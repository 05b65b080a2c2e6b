package wasm

import (
	"bytes"
	"fmt"
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

	list    []int // what changed returned last
	size    int   // for which
	whole   bool  // no page has become the memory's own since
	faults  int64 // of the thread, when watch began
	entries []byte
	regions [64]region
}

func (p *private) grow(size int) []byte { return p.b[:size] }

func (p *private) close() {
	_ = unix.Munmap(p.b)
	p.image.close()
}

func (p *private) changed(size int) []int {
	if p.whole && p.size == size {
		return p.list
	}
	p.list, p.size = p.list[:0], size
	if p.whole = p.scan(size); p.whole || p.read(size) {
		return p.list
	}
	return differing(p.b[:size], p.image.view)
}
