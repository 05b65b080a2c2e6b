package wasm

import (
	"context"
	"fmt"
	"iter"
	"sync/atomic"

	"aion.dev/aion/engine/runtime/wasm/meter"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// instance is a guest with a memory, which one run uses at a time.
type instance struct {
	guest  *guest
	ctx    context.Context // with the instance itself, for the calls of the guest
	module api.Module
	enter  api.Function
	memory memory
	size   int // of the memory, in bytes
	least  int // that it has even if the run has less
	fuel   api.MutableGlobal
	depth  api.MutableGlobal
	saved  []api.MutableGlobal
	bound  bound // if the guest is a script

	run     *execution              // whose turn it is; nil = none
	allowed uint64                  // bytes of memory that the turn may use
	left    uint64                  // units that the turn may use beyond those in fuel
	given   uint64                  // units that it was given so far
	stack   int                     // bytes that an interpreter has used of its own stack since rebind, at most
	next    func() (struct{}, bool) // of the coroutine, see resume; nil = there is none
	drop    func()
	spoilt  bool // it trapped, or was stopped: nobody uses it any more
	watched bool // what it writes is watched, see memory
	cause   atomic.Pointer[error]
}

// portion is how many units are given at a time. It is about a millisecond, after which an
// interruption is seen. What a turn may compute does not depend on it.
const portion = 1_000_000

type instanceKey struct{}

func instanceOf(ctx context.Context) *instance { return ctx.Value(instanceKey{}).(*instance) }

// instantiate makes an instance with a memory.
func (g *guest) instantiate(m memory, size int) (*instance, error) {
	i := &instance{guest: g, memory: m, allowed: meter.MaxPages * pageSize}
	i.ctx = context.WithValue(context.Background(), instanceKey{}, i)
	mod, err := g.room.runtime.InstantiateModule(experimental.WithMemoryAllocator(i.ctx, i), g.module.compiled,
		wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		m.close()
		return nil, fmt.Errorf("instance of a guest: %w", err)
	}
	i.module, i.enter = mod, mod.ExportedFunction(entry)
	i.fuel, i.depth = mod.ExportedGlobal(meter.Fuel).(api.MutableGlobal), mod.ExportedGlobal(meter.Depth).(api.MutableGlobal)
	for n := range g.saved {
		i.saved = append(i.saved, mod.ExportedGlobal(fmt.Sprintf("%s%d", meter.Saved, n)).(api.MutableGlobal))
	}
	i.resize(size)
	i.least = i.size
	return i, nil
}

// Allocate implements experimental.MemoryAllocator.
func (i *instance) Allocate(_, _ uint64) experimental.LinearMemory { return i }

// Reallocate implements experimental.LinearMemory.
func (i *instance) Reallocate(size uint64) []byte {
	if size > i.allowed {
		return nil
	}
	i.size = max(i.size, int(size))
	return i.memory.grow(int(size))
}

// Free implements experimental.LinearMemory.
func (i *instance) Free() { i.memory.close() }

// resize makes the memory at least that large.
func (i *instance) resize(size int) {
	if more := size - i.size; more > 0 {
		i.module.Memory().Grow(uint32(more / pageSize))
	}
}

// view is the memory as it is now.
func (i *instance) view() []byte { return i.memory.grow(i.size) }

// close gives the instance back to the system.
func (i *instance) close() {
	i.undo()
	_ = i.module.Close(context.Background())
}

// resume goes on with the coroutine on which the instance makes turns: a call of the guest may have
// to wait for the next one. It is kept as long as the instance, as a new one costs as much as a
// tenth of a short run.
func (i *instance) resume() {
	if i.next == nil {
		i.next, i.drop = iter.Pull(func(yield func(struct{}) bool) {
			grow()
			for more := true; more; more = yield(struct{}{}) {
				i.run.yield = yield
				i.run.made()
			}
		})
	}
	i.next()
}

// watch begins to watch what is written, if that can be done.
func (i *instance) watch() { i.watched = i.memory.watch() }

// unwatch ends it.
func (i *instance) unwatch() {
	if i.watched {
		i.watched = false
		i.memory.watched()
	}
}

// undo ends the coroutine, if need be in the middle of a call.
func (i *instance) undo() {
	if i.drop != nil {
		i.drop()
		i.next, i.drop = nil, nil
	}
}

// grow makes the stack of a new goroutine as large as guests need while there is nothing on it:
// to move it again and again, call by call, costs as much as a short turn.
//
//go:noinline
func grow() byte {
	var room [10 << 10]byte
	return room[first]
}

var first int // a number that the compiler does not know

// allow sets what the guest may use from now on.
func (i *instance) allow(units, bytes uint64) {
	i.left, i.given, i.allowed = units, 0, max(bytes, uint64(i.least))
	i.fuel.Set(0)
	i.depth.Set(0)
	i.refuel()
}

// refuel gives another portion, if there is one.
func (i *instance) refuel() {
	for have := int64(i.fuel.Get()); have < 0 || i.given == 0; have = int64(i.fuel.Get()) {
		more := min(portion, i.left)
		if more == 0 {
			return
		}
		i.left -= more
		i.given += more
		i.fuel.Set(uint64(have + int64(more)))
	}
}

// spent returns how many units were used since allow.
func (i *instance) spent() uint64 { return uint64(int64(i.given) - int64(i.fuel.Get())) }

// spend uses units for what a call of the guest costs.
func (i *instance) spend(units int) { i.fuel.Set(uint64(int64(i.fuel.Get()) - int64(units))) }

// interrupted returns what the run was interrupted with.
func (i *instance) interrupted() error {
	if cause := i.cause.Load(); cause != nil {
		return *cause
	}
	return nil
}

// A turn has not gone deep if it has computed at most deepest units; a script, if its interpreter
// has used at most deepestStack bytes of its own stack: for a call of JavaScript that has 260
// bytes, and the stack of the compiler 8 KB.
const (
	deepest       = 100_000
	deepestScript = 1_000_000
	deepestStack  = 32 << 10
)

// rebind gives up the stacks of the compiler, which never shrink: after many calls within each
// other they have megabytes.
func (i *instance) rebind() {
	deep := i.spent() > deepest
	if i.guest.script != nil {
		deep = i.stack > deepestStack || i.spent() > deepestScript
		i.stack = 0
	}
	if deep {
		i.enter = i.module.ExportedFunction(entry)
		i.bound.functions[jsCall], i.bound.functions[jsJob] = nil, nil // the others call no code
	}
}

// do enters the guest. An error means that it was left in the middle of something.
func (i *instance) do(op op, token int64, at int32, size int) error {
	if !i.watched {
		i.memory.touched()
	}
	if i.guest.script != nil {
		err := i.enterScript(op, token, at)
		i.spoilt = i.spoilt || err != nil
		return err
	}
	var stack [4]uint64
	stack[0], stack[1], stack[2], stack[3] = uint64(op), uint64(token), uint64(uint32(at)), uint64(size)
	err := i.enter.CallWithStack(i.ctx, stack[:])
	i.spoilt = i.spoilt || err != nil
	return err
}
