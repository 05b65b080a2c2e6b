package wasm

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// To ask the kernel for the pages that are a memory's own costs as much as a short run computes,
// and most runs write to those that earlier ones wrote to. A page becomes the memory's own by a
// fault of the thread that writes, and the kernel counts those. So a thread that had no fault of
// any kind has added nothing to the list. It may have had one elsewhere: then the kernel is asked.
//
// Linux counts every fault that it has served (mm_account_fault). What else takes /proc's place may
// not: a list counts as whole only if pagemapScan made it, which nothing else knows.

// watch implements memory. The goroutine stays on its thread, because the count is a thread's.
func (p *private) watch() bool {
	if !p.whole {
		return false
	}
	runtime.LockOSThread()
	p.faults = faults()
	return true
}

// watched implements memory.
func (p *private) watched() {
	p.whole = p.whole && p.faults >= 0 && faults() == p.faults
	runtime.UnlockOSThread()
}

func (p *private) touched() { p.whole = false }

// faults returns how many pages the kernel has given to this thread so far; -1 = it does not say.
func faults() int64 {
	const thread = 1 // RUSAGE_THREAD
	var u unix.Rusage
	if _, _, errno := unix.RawSyscall(unix.SYS_GETRUSAGE, thread, uintptr(unsafe.Pointer(&u)), 0); errno != 0 {
		return -1
	}
	return int64(u.Minflt) + int64(u.Majflt)
}
