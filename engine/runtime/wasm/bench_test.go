package wasm_test

import (
	"context"
	"fmt"
	"os"
	goruntime "runtime"
	"runtime/debug"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay"
	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/starlark"
	"aion.dev/aion/engine/runtime/wasm"
	"aion.dev/aion/fsm/history"
)

// scripts are the workflows of testdata/bench in Starlark.
const scripts = `
def noop(ctx, input):
    return input

def steps(ctx, n):
    sum = 0
    for i in range(n):
        sum += ctx.activity("add", i)
    return sum

def compute(ctx, n):
    x = 1
    for i in range(n):
        x = (x * 31 + i) % 1000003
    return x
`

// programs are the same workflow in each language.
func programs(b *testing.B, function string) map[string]func() (runtime.Program, catalog.Member) {
	member := catalog.Member{Type: "test", EntryModule: "test", EntryFunction: function}
	manifest := catalog.Manifest{Format: 1, ABI: 2, Activities: []string{"add"}, Workflows: []catalog.Workflow{{Type: "test", EntryModule: "test", EntryFunction: function}}}
	return map[string]func() (runtime.Program, catalog.Member){
		"starlark": func() (runtime.Program, catalog.Member) {
			p, err := starlark.Compiler{}.Compile(context.Background(), &catalog.Archive{Manifest: manifest, Version: catalog.Version{1},
				Modules: []catalog.Module{{Name: "test.star", Source: []byte(scripts)}}})
			if err != nil {
				b.Fatal(err)
			}
			return p, member
		},
		"go": func() (runtime.Program, catalog.Member) {
			return compile(b, newRoom(b, wasm.Config{}), benchGuest(b), function, "add"), member
		},
		"javascript": func() (runtime.Program, catalog.Member) {
			return script(b, newRoom(b, wasm.Config{}), small(b), function, "add"), member
		},
		"typescript": func() (runtime.Program, catalog.Member) {
			return compileModules(b, newRoom(b, wasm.Config{}), bundle(b, "tsbench"), function, "add"), member
		},
	}
}

var benchCode []byte

func benchGuest(t testing.TB) []byte {
	if benchCode == nil {
		benchCode = build(t, "bench")
	}
	return benchCode
}

// each runs a benchmark for each language, so that one sitting compares them.
func each(b *testing.B, function string, run func(b *testing.B, p runtime.Program, m catalog.Member)) {
	for _, language := range []string{"starlark", "go", "javascript", "typescript"} {
		b.Run(language, func(b *testing.B) {
			p, m := programs(b, function)[language]()
			b.ReportAllocs()
			run(b, p, m)
		})
	}
}

// apart keeps what testing does for a run out of the measurement: to note who called, and to keep
// each run until all have ended, costs as much as the run in Starlark.
type apart struct{ testing.TB }

func (apart) Cleanup(func()) {}
func (apart) Helper()        {}

// BenchmarkNoop is a whole run that does nothing.
func BenchmarkNoop(b *testing.B) {
	each(b, "noop", func(b *testing.B, p runtime.Program, m catalog.Member) {
		for b.Loop() {
			w := runtimetest.NewWorld(apart{b}, p, m, "1", runtime.Limits{})
			w.Turn()
			w.Machine.Close()
		}
	})
}

// BenchmarkStep is one step of a run: the outcome of an activity, and the next one.
func BenchmarkStep(b *testing.B) {
	each(b, "steps", func(b *testing.B, p runtime.Program, m catalog.Member) {
		w := runtimetest.NewWorld(b, p, m, "1000000000", runtime.Limits{})
		defer func() { w.Machine.Close() }()
		w.Turn()
		for id := uint64(1); b.Loop(); id++ {
			w.Turn(&history.ActivityCompleted{ID: id, Result: history.Payload("7")})
		}
	})
}

// BenchmarkReplay goes on with a run of so many steps.
func BenchmarkReplay(b *testing.B) {
	for _, n := range []int{10, 1000} {
		b.Run(fmt.Sprint("steps=", n), func(b *testing.B) {
			each(b, "steps", func(b *testing.B, p runtime.Program, m catalog.Member) {
				w := runtimetest.NewWorld(b, p, m, "1000000000", runtime.Limits{})
				defer func() { w.Machine.Close() }()
				w.Turn()
				for id := range uint64(n) {
					w.Turn(&history.ActivityCompleted{ID: id + 1, Result: history.Payload("7")})
				}
				for b.Loop() {
					w.Rebuild().Close()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/step")
			})
		})
	}
}

// BenchmarkCompute is a loop of integers, a million rounds.
func BenchmarkCompute(b *testing.B) {
	each(b, "compute", func(b *testing.B, p runtime.Program, m catalog.Member) {
		for b.Loop() {
			w := runtimetest.NewWorld(b, p, m, "1000000", runtime.Limits{Steps: 100_000_000})
			w.Turn()
			w.Machine.Close()
		}
	})
}

// BenchmarkParked tells what runs keep that wait, and do not have an instance.
func BenchmarkParked(b *testing.B) {
	for language, p := range map[string]runtime.Program{
		"go":         compile(b, newRoom(b, wasm.Config{Resident: 1}), benchGuest(b), "steps", "add"),
		"javascript": script(b, newRoom(b, wasm.Config{Resident: 1}), small(b), "steps", "add"),
		"typescript": compileModules(b, newRoom(b, wasm.Config{Resident: 1}), bundle(b, "tsbench"), "steps", "add"),
	} {
		b.Run(language, func(b *testing.B) {
			m := catalog.Member{Type: "test", EntryModule: "test", EntryFunction: "steps"}
			var bytes, runs uint64
			var before *runtimetest.World
			for b.Loop() {
				w := runtimetest.NewWorld(b, p, m, "1000000000", runtime.Limits{})
				w.Turn()
				if before != nil {
					bytes += before.Machine.Memory()
					runs++
					before.Machine.Close()
				}
				before = w
			}
			before.Machine.Close()
			b.ReportMetric(float64(bytes)/float64(max(runs, 1)), "B/run")
		})
	}
}

// BenchmarkManyParked is ten thousand runs that wait, and what the process has for each of them.
func BenchmarkManyParked(b *testing.B) {
	const runs = 10_000
	p := compile(b, newRoom(b, wasm.Config{}), benchGuest(b), "steps", "add")
	m := catalog.Member{Type: "test", EntryModule: "test", EntryFunction: "steps"}
	for b.Loop() {
		before := resident()
		machines := make([]*replay.Machine, runs)
		for i := range machines {
			w := runtimetest.NewWorld(b, p, m, "1000000000", runtime.Limits{})
			w.Turn()
			machines[i] = w.Machine
		}
		b.ReportMetric(float64(resident()-before)/runs, "B/run")
		for _, m := range machines {
			m.Close()
		}
	}
}

// BenchmarkPackages is a hundred packages that carry the same module, and what the process has for
// each of them.
func BenchmarkPackages(b *testing.B) {
	const packages = 100
	code, room := benchGuest(b), newRoom(b, wasm.Config{})
	first := compile(b, room, code, "noop")
	for b.Loop() {
		before := resident()
		list := make([]runtime.Program, packages)
		for i := range list {
			list[i] = compile(b, room, code, "noop")
		}
		b.ReportMetric(float64(resident()-before)/packages, "B/package")
		goruntime.KeepAlive(list)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/packages, "ns/package")
	goruntime.KeepAlive(first)
}

// resident returns the bytes of memory that the process has, with files in memory, which images
// are, of the whole machine.
func resident() int {
	goruntime.GC()
	debug.FreeOSMemory()
	text, _ := os.ReadFile("/proc/self/statm")
	var all, pages, mapped, files int
	_, _ = fmt.Sscan(string(text), &all, &pages, &mapped)
	text, _ = os.ReadFile("/proc/meminfo")
	if _, rest, ok := strings.Cut(string(text), "Shmem:"); ok {
		_, _ = fmt.Sscan(rest, &files)
	}
	return (pages-mapped)*os.Getpagesize() + files<<10
}

// BenchmarkCompile is what a node does once for a module: without and with compiled code in its
// folder, and, of a script, with another one of the same interpreter.
func BenchmarkCompile(b *testing.B) {
	code := benchGuest(b)
	for language, make := range map[string]func(r *wasm.Room) runtime.Program{
		"go":         func(r *wasm.Room) runtime.Program { return compile(b, r, code, "noop") },
		"javascript": func(r *wasm.Room) runtime.Program { return script(b, r, small(b), "noop") },
	} {
		b.Run(language+"/first", func(b *testing.B) {
			for b.Loop() {
				make(newRoom(b, wasm.Config{}))
			}
		})
		b.Run(language+"/again", func(b *testing.B) {
			dir := b.TempDir()
			make(newRoom(b, wasm.Config{CacheDir: dir}))
			for b.Loop() {
				make(newRoom(b, wasm.Config{CacheDir: dir}))
			}
		})
		b.Run(language+"/another", func(b *testing.B) {
			r := newRoom(b, wasm.Config{})
			first := make(r)
			for b.Loop() {
				make(r)
			}
			goruntime.KeepAlive(first)
		})
	}
}
