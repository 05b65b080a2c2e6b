package wasm

import (
	"encoding/binary"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// pagemap tells of each page of this process what it is; nil = the kernel does not say.
var pagemap = sync.OnceValue(func() *os.File {
	if os.Getpagesize() != blockOf {
		return nil
	}
	f, _ := os.Open("/proc/self/pagemap")
	return f
})

// scanArgs is struct pm_scan_arg of linux/fs.h, which Linux has since 6.7.
type scanArgs struct {
	size, flags, start, end, walked     uint64
	regions, count, most                uint64
	inverted, required, anyOf, returned uint64
}

// region is struct page_region: pages that are the same.
type region struct{ start, end, is uint64 }

// What a page is for pagemapScan, and for an entry of the file.
const (
	pagemapScan = 0xc0606610 // _IOWR('f', 16, struct pm_scan_arg)

	scanFile, scanPresent, scanSwapped    = 1 << 2, 1 << 3, 1 << 4
	entryFile, entrySwapped, entryPresent = 1 << 61, 1 << 62, 1 << 63
)

// mute is set once the kernel does not know pagemapScan.
var mute atomic.Bool

// scan asks the kernel for the list of pages that it has copied. It takes half as long as to read
// of each page what it is. It returns false if the kernel is too old.
func (p *private) scan(size int) bool {
	f := pagemap()
	if f == nil || mute.Load() || size == 0 {
		return false
	}
	first := uint64(uintptr(unsafe.Pointer(&p.b[0])))
	a := scanArgs{start: first, end: first + uint64(size), regions: uint64(uintptr(unsafe.Pointer(&p.regions))), count: uint64(len(p.regions)),
		inverted: scanFile, required: scanFile, anyOf: scanPresent | scanSwapped, returned: scanPresent}
	a.size = uint64(unsafe.Sizeof(a))
	for a.start < a.end {
		n, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), pagemapScan, uintptr(unsafe.Pointer(&a)))
		if errno == unix.EINTR {
			continue
		}
		if errno != 0 {
			mute.Store(true)
			return false
		}
		for _, r := range p.regions[:n] {
			for at := r.start; at < r.end; at += blockOf {
				p.list = append(p.list, int((at-first)/blockOf))
			}
		}
		a.start = a.walked
	}
	return true
}

// read reads of each page what it is.
func (p *private) read(size int) bool {
	f := pagemap()
	if f == nil {
		return false
	}
	const each = 8
	p.entries = slices.Grow(p.entries[:0], size/blockOf*each)[:size/blockOf*each]
	at := int64(uintptr(unsafe.Pointer(&p.b[0]))) / blockOf * each
	if _, err := f.ReadAt(p.entries, at); err != nil {
		return false
	}
	p.list = p.list[:0]
	for i := 0; i < len(p.entries); i += each {
		v := binary.NativeEndian.Uint64(p.entries[i:])
		if v&entrySwapped != 0 || v&entryPresent != 0 && v&entryFile == 0 {
			p.list = append(p.list, i/each)
		}
	}
	return true
}
