package wasm

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"

	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/wasm/meter"
)

// entry is the function by which guests are entered; initialize runs once, before everything else.
const (
	entry      = "aion_enter"
	initialize = "_initialize"
)

// maxFree bounds the instances of a guest that wait for a run.
const maxFree = 16

// guest is one module of a program, with the image from which its runs start.
type guest struct {
	room    *Room
	name    string  // of the module, for errors
	script  *script // if the module is an interpreter; nil = it is code
	key     [sha256.Size]byte
	module  *module
	image   image
	globals []uint64 // the mutable ones, as of the image
	saved   int
	code    int      // bytes of the module
	names   []string // of the functions that start can name, sorted

	mu     sync.Mutex
	free   []*instance
	closed bool
}

// newGuest compiles a module and makes its image. The limits bind what runs until then.
func (r *Room) newGuest(ctx context.Context, code []byte, limits runtime.Limits) (*guest, error) {
	w, err := meter.Rewrite(code, meter.Unknown)
	if err != nil {
		return nil, err
	}
	if err := checkExports(w.Exports); err != nil {
		return nil, err
	}
	if err := checkImports(w.Imports); err != nil {
		return nil, err
	}
	return r.make(ctx, w, nil, limits)
}

// make makes a guest of a module that was checked.
func (r *Room) make(ctx context.Context, w *meter.Rewritten, s *script, limits runtime.Limits) (_ *guest, err error) {
	warm := w.Warm()
	g := &guest{room: r, saved: w.Saved, code: len(warm), script: s}
	g.key = sha256.Sum256(warm)
	if g.module, err = r.compile(ctx, g.key, warm); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, fmt.Errorf("it is not valid: %w", err)
	}
	if err := g.prepare(ctx, w, limits); err != nil {
		g.close()
		return nil, err
	}
	r.mu.Lock()
	r.guests[g] = struct{}{}
	r.mu.Unlock()
	return g, nil
}

// prepare runs what comes before all runs, and keeps the memory.
func (g *guest) prepare(ctx context.Context, w *meter.Rewritten, limits runtime.Limits) error {
	blank := newPlainImage(nil)
	m, err := blank.memory(meter.MaxPages * pageSize)
	if err != nil {
		return err
	}
	i, err := g.instantiate(m, int(w.Pages)*pageSize)
	if err != nil {
		return err
	}
	defer func() { i.close() }()
	stop := context.AfterFunc(ctx, func() { cause := context.Cause(ctx); i.cause.Store(&cause) })
	defer stop()
	if uint64(i.size) > limits.MemoryBytes {
		return fmt.Errorf("its memory begins with %d bytes; the limit is %d", i.size, limits.MemoryBytes)
	}
	for _, d := range w.Data {
		if uint64(d.At)+uint64(len(d.Bytes)) > uint64(i.size) {
			return errors.New("a data segment lies outside the memory")
		}
		copy(i.view()[d.At:], d.Bytes)
	}
	e := &execution{guest: g, limits: limits, reading: true, apart: true, inst: i}
	i.run = e
	i.allow(limits.Steps*unitsPerStep, limits.MemoryBytes)
	if g.script != nil {
		if err := g.script.begin(i, limits); err != nil {
			return e.blame(err)
		}
	} else if f := i.module.ExportedFunction(initialize); f != nil {
		if _, err := f.Call(i.ctx); err != nil {
			return e.blame(err)
		}
	}
	if err := i.do(opDescribe, 0, 0, 0); err != nil {
		return e.blame(err)
	}
	if e.answered == nil {
		return errors.New("it does not describe itself: describe ends without answer")
	}
	if e.answered.failed != nil {
		return fmt.Errorf("it does not describe itself: %w", e.answered.failed)
	}
	names := &reading{rest: e.answered.result}
	for _, name := range names.list(1) {
		g.names = append(g.names, string(name))
	}
	if err := names.end(); err != nil {
		return fmt.Errorf("it does not describe itself: %w", err)
	}
	slices.Sort(g.names)
	for _, s := range i.saved {
		g.globals = append(g.globals, s.Get())
	}
	g.image, err = newImage(i.view())
	return err
}

// nativeFactor is about how many bytes of machine code a byte of a module becomes.
const nativeFactor = 5

// size returns about how many bytes the guest keeps, of its code as much as others leave to it.
func (g *guest) size() uint64 {
	g.room.mu.Lock()
	defer g.room.mu.Unlock()
	return uint64(g.code*nativeFactor/max(g.module.users, 1) + len(g.image.bytes()))
}

func bytesOf(b []byte) []byte { return append([]byte(nil), b...) }

func checkExports(list []meter.Exported) error {
	memory, enter := false, false
	for _, e := range list {
		switch {
		case e.Name == "memory" && e.Kind == 2:
			memory = true
		case e.Name == entry && e.Kind == 0:
			enter = true
			if e.Params != "\x7f\x7e\x7f\x7f" || e.Results != "" {
				return fmt.Errorf("%s must take (op i32, token i64, at i32, size i32) and return nothing", entry)
			}
		case e.Name == initialize && (e.Kind != 0 || e.Params+e.Results != ""):
			return fmt.Errorf("%s must take and return nothing", initialize)
		}
	}
	if !memory || !enter {
		return fmt.Errorf("it must export its memory as \"memory\", and a function %q", entry)
	}
	return nil
}

// borrow returns an instance as the image says.
func (g *guest) borrow() (*instance, error) {
	g.mu.Lock()
	if n := len(g.free); n > 0 {
		i := g.free[n-1]
		g.free = g.free[:n-1]
		g.mu.Unlock()
		return i, nil
	}
	g.mu.Unlock()
	m, err := g.image.memory(meter.MaxPages * pageSize)
	if err != nil {
		return nil, err
	}
	i, err := g.instantiate(m, len(g.image.bytes()))
	if err != nil {
		return nil, err
	}
	for n, s := range i.saved {
		s.Set(g.globals[n])
	}
	return i, nil
}

// giveBack takes an instance that a run no longer needs. One that grew is closed, because a guest
// can see how large its memory is, and that never shrinks.
func (g *guest) giveBack(i *instance) {
	i.run = nil
	i.cause.Store(nil)
	if i.spoilt || i.size != len(g.image.bytes()) {
		i.close()
		return
	}
	i.reset()
	i.rebind()
	g.mu.Lock()
	keep := len(g.free) < maxFree && !g.closed
	if keep {
		g.free = append(g.free, i)
	}
	g.mu.Unlock()
	if !keep {
		i.close()
	}
}

// empty closes the instances that wait for a run. Those that runs have are closed when they give
// them back.
func (g *guest) empty() {
	g.mu.Lock()
	free := g.free
	g.free, g.closed = nil, true
	g.mu.Unlock()
	for _, i := range free {
		i.close()
	}
}

// close drops what no run uses.
func (g *guest) close() {
	g.empty()
	g.room.mu.Lock()
	delete(g.room.guests, g)
	g.room.mu.Unlock()
	if g.image != nil {
		g.image.close()
	}
	g.room.release(g.key, g.module)
}
