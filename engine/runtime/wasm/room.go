package wasm

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"aion.dev/aion/engine/runtime/wasm/meter"
	"aion.dev/aion/internal/lru"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// Config configures a Room. The zero value is ready to use.
type Config struct {
	CacheDir  string // where compiled modules are kept between starts; "" = only in memory
	Resident  int    // runs that keep an instance between turns; default 64
	Interpret bool   // never compile: slow, and the same results
}

// Room is where the guests of a node run. It is safe for concurrent use.
type Room struct {
	runtime  wazero.Runtime
	cache    wazero.CompilationCache
	dir      string                             // of the cache; "" = it is in memory
	resident *lru.Cache[*execution, *execution] // the runs that keep an instance between turns

	mu      sync.Mutex
	modules map[[sha256.Size]byte]*module
	guests  map[*guest]struct{} // that were not closed
}

// module is a compiled guest, without data: packages that carry the same one share it.
type module struct {
	ready    chan struct{}
	compiled wazero.CompiledModule
	err      error
	users    int // programs; guarded by Room.mu
}

// features are those that guests may use: what has been in every engine for years, and means the
// same on every processor.
const features = api.CoreFeaturesV1 | api.CoreFeatureBulkMemoryOperations | api.CoreFeatureMultiValue |
	api.CoreFeatureNonTrappingFloatToIntConversion | api.CoreFeatureReferenceTypes | api.CoreFeatureSignExtensionOps

// New makes a room. Close gives back what it holds.
func New(cfg Config) (*Room, error) {
	engine, err := engineOf(cfg)
	if err != nil {
		return nil, err
	}
	r := &Room{dir: cfg.CacheDir, modules: make(map[[sha256.Size]byte]*module), guests: make(map[*guest]struct{}), resident: lru.New[*execution, *execution](cmp.Or(max(cfg.Resident, 0), defaultResident))}
	r.resident.Drop = (*execution).detach
	r.cache = wazero.NewCompilationCache()
	if cfg.CacheDir != "" {
		if r.cache, err = wazero.NewCompilationCacheWithDir(cfg.CacheDir); err != nil {
			return nil, fmt.Errorf("folder of compiled guests: %w", err)
		}
	}
	ctx := context.Background()
	r.runtime = wazero.NewRuntimeWithConfig(ctx, engine.WithCoreFeatures(features).WithMemoryLimitPages(meter.MaxPages).
		WithCompilationCache(r.cache).WithDebugInfoEnabled(false))
	for name, calls := range tables {
		b := r.runtime.NewHostModuleBuilder(name)
		for _, c := range calls {
			b.NewFunctionBuilder().WithGoModuleFunction(c.function(), valueTypes(c.params), valueTypes(c.results)).Export(c.name)
		}
		if _, err := b.Instantiate(ctx); err != nil {
			return nil, fmt.Errorf("calls of %s: %w", name, err)
		}
	}
	return r, nil
}

// engineOf returns how guests run. The interpreter never takes the compiler's place by itself: it
// allows fewer calls within each other, so a run could end differently there.
func engineOf(cfg Config) (engine wazero.RuntimeConfig, err error) {
	if cfg.Interpret {
		return wazero.NewRuntimeConfigInterpreter(), nil
	}
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("guests cannot run on this machine: %v", v)
		}
	}()
	return wazero.NewRuntimeConfigCompiler(), nil
}

// defaultResident is how many runs keep an instance between turns by default: the next turn of one
// that does costs about a quarter.
const defaultResident = 64

// keep lets a run keep its instance until others need the room.
func (r *Room) keep(e *execution) {
	if _, ok := r.resident.Get(e); !ok {
		r.resident.Put(e, e)
	}
}

// Close closes all instances and drops what is compiled. No program may be used afterwards.
func (r *Room) Close() error {
	r.mu.Lock()
	guests := slices.Collect(maps.Keys(r.guests))
	r.mu.Unlock()
	for _, g := range guests {
		g.empty()
	}
	err := r.runtime.Close(context.Background())
	if e := r.cache.Close(context.Background()); err == nil {
		err = e
	}
	return err
}

// compile compiles a module, or waits for whoever compiles the same one. release must be called
// when it is no longer used.
func (r *Room) compile(ctx context.Context, key [sha256.Size]byte, code []byte) (*module, error) {
	r.mu.Lock()
	m := r.modules[key]
	mine := m == nil
	if mine {
		m = &module{ready: make(chan struct{})}
		r.modules[key] = m
	}
	m.users++
	r.mu.Unlock()
	if mine {
		m.compiled, m.err = r.runtime.CompileModule(context.WithoutCancel(ctx), code)
		if m.err != nil && strings.HasPrefix(m.err.Error(), damaged) {
			r.forget()
			m.compiled, m.err = r.runtime.CompileModule(context.WithoutCancel(ctx), code)
		}
		close(m.ready)
	}
	select {
	case <-m.ready:
	case <-ctx.Done():
		r.release(key, m)
		return nil, context.Cause(ctx)
	}
	if m.err != nil {
		r.release(key, m)
		return nil, m.err
	}
	return m, nil
}

// damaged is how the compiler begins to say that what it kept in the folder is not what it wrote: a
// crash cut it off, or the disk changed it. It compares a checksum, so such code is never run.
const damaged = "compilationcache: "

// forget deletes what is kept in the folder. All of it can be made anew.
func (r *Room) forget() {
	_ = filepath.WalkDir(r.dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			err = os.Remove(path)
		}
		return err
	})
}

// release gives up one use of a module.
func (r *Room) release(key [sha256.Size]byte, m *module) {
	r.mu.Lock()
	m.users--
	last := m.users == 0
	if last {
		delete(r.modules, key)
	}
	r.mu.Unlock()
	if !last {
		return
	}
	go func() { // whoever compiles it may still be at work
		<-m.ready
		if m.compiled != nil {
			_ = m.compiled.Close(context.Background())
		}
	}()
}

func valueTypes(s string) []api.ValueType {
	list := make([]api.ValueType, len(s))
	for i, c := range s {
		list[i] = map[rune]api.ValueType{'i': api.ValueTypeI32, 'l': api.ValueTypeI64}[c]
	}
	return list
}
