package wasm

import (
	"crypto/sha256"
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

// Spy records which memory a guest has, and how much it has computed, whenever all of its code
// waits.
type Spy struct {
	runtime.Program
	Seen [][2]any
	Size int  // of the memory, in bytes
	Only bool // the size is recorded, and nothing else
}

// Start implements runtime.Program.
func (s *Spy) Start(entry catalog.Member, input history.Payload, host runtime.Host, limits runtime.Limits) runtime.Execution {
	h := &spyHost{Host: host, spy: s}
	h.execution = s.Program.Start(entry, input, h, limits).(*execution)
	return h.execution
}

// spyHost is asked in the middle of a turn, when nobody takes the instance away.
type spyHost struct {
	runtime.Host
	spy       *Spy
	execution *execution
}

// Next implements runtime.Host.
func (h *spyHost) Next(room bool) (runtime.Next, error) {
	i := h.execution.inst
	h.spy.Size = i.size
	if h.spy.Only {
		return h.Host.Next(room)
	}
	h.spy.Seen = append(h.spy.Seen, [2]any{sha256.Sum256(i.view()), i.spent()})
	return h.Host.Next(room)
}

// Modules is how many modules are compiled.
func (r *Room) Modules() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.modules)
}

// Clean compares the instances of a program that wait for a run with their images, and returns how
// many they are.
func Clean(p runtime.Program) (n int, err error) {
	for _, g := range p.(*program).guests {
		g.mu.Lock()
		defer g.mu.Unlock()
		for _, i := range g.free {
			n++
			if blocks := differing(i.view(), g.image.bytes()); len(blocks) > 0 {
				err = fmt.Errorf("an instance differs from its image in blocks %v", blocks)
			}
			for at, s := range i.saved {
				if s.Get() != g.globals[at] {
					err = fmt.Errorf("global %d of an instance is %d; that of its image %d", at, s.Get(), g.globals[at])
				}
			}
		}
	}
	return n, err
}
