package wasm

import (
	"context"
	"fmt"
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

	run     *execution // whose turn it is; nil = none
	allowed uint64     // bytes of memory that the turn may use
	left    uint64     // units that the turn may use beyond those in fuel
	given   uint64     // units that it was given so far
	spoilt  bool       // it trapped, or was stopped: nobody uses it any more
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
func (i *instance) close() { _ = i.module.Close(context.Background()) }

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

// deepest is how many units a turn computes at most that has not gone deep.
const deepest = 100_000

// rebind gives up the stacks of the compiler, which never shrink: after many calls within each
// other they have megabytes.
func (i *instance) rebind() {
	if i.spent() > deepest {
		i.enter = i.module.ExportedFunction(entry)
		i.bound.functions[jsCall], i.bound.functions[jsJob] = nil, nil // the others call no code
	}
}

// do enters the guest. An error means that it was left in the middle of something.
func (i *instance) do(op op, token int64, at int32, size int) error {
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
