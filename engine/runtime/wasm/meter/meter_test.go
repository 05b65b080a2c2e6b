package meter_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"aion.dev/aion/engine/runtime/wasm/meter"
	. "aion.dev/aion/engine/runtime/wasm/wasmtest"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// machine runs rewritten modules.
type machine struct {
	module api.Module
	asked  []uint64 // reasons for which the counters called
}

const plenty = 1 << 40

// run makes an instance of a module, with much fuel, on the compiler or the interpreter.
func run(t testing.TB, m *Module, interpret bool) *machine {
	t.Helper()
	w, err := meter.Rewrite(m.Bytes(), meter.Unknown)
	if err != nil {
		t.Fatalf("rewrite: %v", err)
	}
	cfg := wazero.NewRuntimeConfigCompiler()
	if interpret {
		cfg = wazero.NewRuntimeConfigInterpreter()
	}
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, cfg)
	t.Cleanup(func() { _ = r.Close(ctx) })
	got := &machine{}
	_, err = r.NewHostModuleBuilder(meter.Module).NewFunctionBuilder().WithFunc(func(why uint32) {
		got.asked = append(got.asked, uint64(why))
		panic("asked")
	}).Export(meter.Import).Instantiate(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got.module, err = r.Instantiate(ctx, w.Warm()); err != nil {
		t.Fatalf("instance: %v", err)
	}
	got.fuel().Set(plenty)
	return got
}

func (m *machine) fuel() api.MutableGlobal {
	return m.module.ExportedGlobal(meter.Fuel).(api.MutableGlobal)
}

func (m *machine) call(name string, args ...uint64) ([]uint64, error) {
	return m.module.ExportedFunction(name).Call(context.Background(), args...)
}

func both(t *testing.T, do func(t *testing.T, interpret bool)) {
	t.Run("compiled", func(t *testing.T) { do(t, false) })
	t.Run("interpreted", func(t *testing.T) { do(t, true) })
}

// count is a function that goes round n times.
var count = Func{Export: "count", Params: "\x7f", Results: "\x7f", Locals: "\x7f", Code: Code(
	0x02, 0x40, // block
	0x03, 0x40, // loop
	Get(0), 0x45, 0x0d, 1, // eqz, br_if 1
	Get(1), Const(3), 0x6a, Set(1), // add
	Get(0), Const(1), 0x6b, Set(0), // sub
	0x0c, 0, // br 0
	0x0b, 0x0b,
	Get(1),
)}

func TestCountsEveryInstruction(t *testing.T) {
	both(t, func(t *testing.T, interpret bool) {
		m := run(t, &Module{Funcs: []Func{count}, Pages: 1}, interpret)
		for _, n := range []uint64{0, 1, 10, 1000} {
			m.fuel().Set(plenty)
			got, err := m.call("count", n)
			if err != nil || got[0] != 3*n {
				t.Fatalf("count(%d) = %v, %v", n, got, err)
			}
			// a round has 12, the last one stops after 3, and the result takes 1
			if used, want := plenty-m.fuel().Get(), 12*n+3+1; used != want {
				t.Errorf("count(%d) used %d units, want %d", n, used, want)
			}
		}
	})
}

func TestStopsWhereTheFuelEnds(t *testing.T) {
	both(t, func(t *testing.T, interpret bool) {
		m := run(t, &Module{Funcs: []Func{count}, Pages: 1}, interpret)
		m.fuel().Set(12_000)
		if _, err := m.call("count", 1<<30); err == nil || len(m.asked) != 1 || m.asked[0] != meter.NoFuel {
			t.Fatalf("%v, asked %v", err, m.asked)
		}
		if left := int64(m.fuel().Get()); left != -3 && left != -12 {
			t.Errorf("%d units are left", left)
		}
	})
}

func TestBulkInstructionsCostByTheirBytes(t *testing.T) {
	fill := Func{Export: "fill", Params: "\x7f", Code: Code(Const(0), Const(7), Get(0), 0xfc, 11, 0)}
	both(t, func(t *testing.T, interpret bool) {
		m := run(t, &Module{Funcs: []Func{fill}, Pages: 1}, interpret)
		if _, err := m.call("fill", 4096); err != nil {
			t.Fatal(err)
		}
		if used := plenty - m.fuel().Get(); used != 4+512 {
			t.Errorf("used %d units", used)
		}
		m.fuel().Set(100)
		if _, err := m.call("fill", 65536); err == nil {
			t.Error("it filled beyond its fuel")
		}
		if b, _ := m.module.Memory().ReadByte(5000); b != 0 {
			t.Error("it filled before it was asked")
		}
	})
}

func TestMemoryThatCannotGrowStopsTheCode(t *testing.T) {
	grow := Func{Export: "grow", Params: "\x7f", Results: "\x7f", Code: Code(Get(0), 0x40, 0)}
	both(t, func(t *testing.T, interpret bool) {
		m := run(t, &Module{Funcs: []Func{grow}, Pages: 1}, interpret)
		if got, err := m.call("grow", 2); err != nil || got[0] != 1 {
			t.Fatal(got, err)
		}
		if _, err := m.call("grow", meter.MaxPages); err == nil || m.asked[0] != meter.NoMemory {
			t.Errorf("%v, asked %v", err, m.asked)
		}
	})
}

// Every way out of a function takes its weight back.
func TestDepthIsTakenBack(t *testing.T) {
	leaf := Func{Code: Code(0x01)}
	ways := map[string][]byte{
		"end":      Code(Call(0), Get(0)),
		"return":   Code(Call(0), 0x02, 0x40, 0x02, 0x40, Get(0), 0x0f, 0x0b, 0x0b, Const(1)),
		"br":       Code(Call(0), 0x02, 0x40, Get(0), 0x0c, 1, 0x0b, Const(1)),
		"br_if":    Code(Call(0), 0x02, 0x40, Get(0), Const(1), 0x0d, 1, 0x1a, 0x0b, Const(1)),
		"br_table": Code(Call(0), 0x02, 0x40, Get(0), Const(0), 0x0e, 0, 1, 0x0b, Const(1)),
	}
	for name, code := range ways {
		t.Run(name, func(t *testing.T) {
			m := run(t, &Module{Funcs: []Func{leaf, {Export: "f", Params: "\x7f", Results: "\x7f", Code: code}}, Pages: 1}, false)
			for range 3 {
				if got, err := m.call("f", 7); err != nil || got[0] != 7 {
					t.Fatal(got, err)
				}
				if depth := m.module.ExportedGlobal(meter.Depth).Get(); depth != 0 {
					t.Errorf("depth is %d afterwards", depth)
				}
			}
		})
	}
}

func TestSeveralResults(t *testing.T) {
	pair := Func{Params: "\x7f", Results: "\x7f\x7f", Code: Code(Get(0), Get(0), 0x0f)}
	twice := Func{Params: "\x7f", Results: "\x7f\x7f", Code: Code(Get(0), Call(0), 0x6a, 0x1a, Get(0), Call(0))}
	sum := Func{Export: "sum", Params: "\x7f", Results: "\x7f", Code: Code(Get(0), Call(1), 0x6a)}
	both(t, func(t *testing.T, interpret bool) {
		m := run(t, &Module{Funcs: []Func{pair, twice, sum}, Pages: 1}, interpret)
		if got, err := m.call("sum", 21); err != nil || got[0] != 42 {
			t.Error(got, err)
		}
	})
}

// Frames of all shapes: the bound is met before the stack of the compiler is used up.
func TestDeepCallsStop(t *testing.T) {
	shapes := map[string]Func{
		"small": {Code: Code(Call(0))},
		"locals": {Locals: strings.Repeat("\x7e", 2000), Code: func() (b []byte) {
			for i := range 2000 { // all of them live across the call
				b = Code(b, Const64(int64(i)), Set(i))
			}
			b = Code(b, Call(0), Const64(0))
			for i := range 2000 {
				b = Code(b, Get(i), 0x7c)
			}
			return Code(b, 0x1a)
		}()},
		"operands": {Params: "", Code: func() (b []byte) {
			for range 3000 { // as many values on the stack
				b = Code(b, 0x3f, 0, 0xad)
			}
			b = Code(b, Call(0))
			for range 3000 {
				b = Code(b, 0x1a)
			}
			return b
		}()},
	}
	for name, f := range shapes {
		t.Run(name, func(t *testing.T) {
			f.Export = "f"
			m := run(t, &Module{Funcs: []Func{f}, Pages: 1}, false)
			if _, err := m.call("f"); err == nil || len(m.asked) != 1 || m.asked[0] != meter.TooDeep {
				t.Errorf("asked %v: %v", m.asked, err)
			}
		})
	}
}

func TestIndirectCallsAreRenumbered(t *testing.T) {
	one := Func{Results: "\x7f", Code: Code(Const(1))}
	two := Func{Results: "\x7f", Code: Code(Const(2))}
	f := Func{Export: "f", Params: "\x7f", Results: "\x7f", Code: Code(Get(0), 0x11, 0, 0)}
	both(t, func(t *testing.T, interpret bool) {
		m := run(t, &Module{Funcs: []Func{one, two, f}, Table: []uint32{1, 0}, Pages: 1}, interpret)
		for i, want := range []uint64{2, 1} {
			if got, err := m.call("f", uint64(i)); err != nil || got[0] != want {
				t.Error(got, err)
			}
		}
	})
}

// A NaN has the same bits, whatever made it.
func TestNaNsAreOne(t *testing.T) {
	f64 := map[string]byte{"add": 0xa0, "sub": 0xa1, "mul": 0xa2, "div": 0xa3, "min": 0xa4, "max": 0xa5}
	f32 := map[string]byte{"add": 0x92, "sub": 0x93, "mul": 0x94, "div": 0x95, "min": 0x96, "max": 0x97}
	one64 := map[string]byte{"ceil": 0x9b, "floor": 0x9c, "trunc": 0x9d, "nearest": 0x9e, "sqrt": 0x9f}
	one32 := map[string]byte{"ceil": 0x8d, "floor": 0x8e, "trunc": 0x8f, "nearest": 0x90, "sqrt": 0x91}
	m := &Module{Pages: 1}
	for name, op := range f64 {
		m.Funcs = append(m.Funcs, Func{Export: "64" + name, Params: "\x7e\x7e", Results: "\x7e", Code: Code(Get(0), 0xbf, Get(1), 0xbf, int(op), 0xbd)})
	}
	for name, op := range f32 {
		m.Funcs = append(m.Funcs, Func{Export: "32" + name, Params: "\x7f\x7f", Results: "\x7f", Code: Code(Get(0), 0xbe, Get(1), 0xbe, int(op), 0xbc)})
	}
	for name, op := range one64 {
		m.Funcs = append(m.Funcs, Func{Export: "64" + name, Params: "\x7e\x7e", Results: "\x7e", Code: Code(Get(0), 0xbf, int(op), 0xbd)})
	}
	for name, op := range one32 {
		m.Funcs = append(m.Funcs, Func{Export: "32" + name, Params: "\x7f\x7f", Results: "\x7f", Code: Code(Get(0), 0xbe, int(op), 0xbc)})
	}
	m.Funcs = append(m.Funcs,
		Func{Export: "64promote", Params: "\x7e\x7e", Results: "\x7e", Code: Code(Get(0), 0xa7, 0xbe, 0xbb, 0xbd)},
		Func{Export: "32demote", Params: "\x7f\x7f", Results: "\x7f", Code: Code(Const64(-1), 0xbf, 0xb6, 0xbc)})
	both(t, func(t *testing.T, interpret bool) {
		w := run(t, m, interpret)
		for _, f := range m.Funcs {
			wide := strings.HasPrefix(f.Export, "64")
			nan, want := uint64(0xffc1_2345), uint64(0x7fc0_0000)
			if wide {
				nan, want = 0xfff8_1234_ffc1_2345, math.Float64bits(math.NaN())&^1
			}
			if got, err := w.call(f.Export, nan, nan); err != nil || got[0] != want {
				t.Errorf("%s gives %x, want %x (%v)", f.Export, got, want, err)
			}
		}
	})
}

func TestRefuses(t *testing.T) {
	body := func(code ...any) *Module { return &Module{Funcs: []Func{{Code: Code(code...)}}, Pages: 1} }
	for want, m := range map[string]*Module{
		"start section":                 {Funcs: []Func{{}}, Pages: 1, Extra: map[byte][]byte{8: {0}}},
		"no memory":                     {Funcs: []Func{{}}, NoMem: true},
		"shared or have 64 bits":        {Funcs: []Func{{}}, Extra: map[byte][]byte{5: {1, 3, 1, 1}}},
		"begins with 5000":              {Funcs: []Func{{}}, Pages: 5000},
		"instruction 0xfd":              body(0xfd, 0),
		"instruction 0xfe":              body(0xfe, 0),
		"instruction 0x12":              body(0x12, 0),
		"instruction 0x6 ":              body(0x06, 0x40, 0x0b),
		"table.set":                     body(Const(0), 0xd0, 0x70, 0x26, 0),
		"0xfc 8":                        body(Const(0), Const(0), Const(0), 0xfc, 8, 0, 0),
		"0xfc 99":                       body(0xfc, 99),
		"no local 3":                    body(Get(3)),
		"no global 0":                   body(0x23, 0, 0x1a), // the counters' own are not the module's
		"no function 9":                 body(Call(9)),
		"no type 7":                     body(0x02, 7, 0x0b),
		"2 blocks out of 1":             body(0x02, 0x40, 0x0c, 2, 0x0b),
		"goes on after its end":         body(0x0b, 0x01),
		"else stands without if":        body(0x05),
		"only one memory":               body(0x3f, 1),
		"ends early":                    {Funcs: []Func{{}}, Pages: 1, Extra: map[byte][]byte{10: {1, 2, 0}}},
		"more than 10000":               {Funcs: []Func{{}}, Pages: 1, Extra: map[byte][]byte{10: Code(1, 6, 1, U(nil, 20_000), I32, 0x0b)}},
		"names that begin with aion_":   {Funcs: []Func{{Export: "aion_fuel"}}, Pages: 1},
		"which is only for counters":    {Imports: []Func{{Module: "aion", Name: "meter", Params: "\x7f"}}, Pages: 1},
		"mutable global is a reference": {Funcs: []Func{{}}, Pages: 1, Extra: map[byte][]byte{6: {1, 0x70, 1, 0xd0, 0x70, 0x0b}}},
		"a constant is computed":        {Funcs: []Func{{}}, Pages: 1, Extra: map[byte][]byte{6: {1, I32, 0, 0x23, 0, 0x0b}}},
		"passive":                       {Funcs: []Func{{}}, Pages: 1, Extra: map[byte][]byte{11: {1, 1, 0}}},
		"is no function":                {Funcs: []Func{{}}, Pages: 1, Extra: map[byte][]byte{2: Code(1, Text(nil, "m"), Text(nil, "g"), 3, I32, 0)}},
		"unknown section":               {Funcs: []Func{{}}, Pages: 1, Extra: map[byte][]byte{0: nil, 12: nil, 13: {1}}},
	} {
		if m.Extra[13] != nil {
			b := append((&Module{Funcs: []Func{{}}, Pages: 1}).Bytes(), 13, 1, 0)
			_, err := meter.Rewrite(b, meter.Unknown)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %q", err, want)
			}
			continue
		}
		if _, err := meter.Rewrite(m.Bytes(), meter.Unknown); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// FuzzRewrite: no bytes bring the rewriter down, and what the compiler accepts of what it wrote is
// a module that was valid before.
func FuzzRewrite(f *testing.F) {
	f.Add((&Module{Funcs: []Func{count, {Code: Code(Call(0))}}, Pages: 1, Table: []uint32{0}, Globals: []Global{1}, Data: map[int]string{8: "x"}}).Bytes())
	f.Add((&Module{Imports: []Func{{Module: "aion", Name: "now", Results: "\x7e"}}, Funcs: []Func{
		{Export: "aion_enter", Params: "\x7f\x7e\x7f\x7f", Code: Code(Call(0), 0x1a, Const(1), 0x40, 0, 0x1a, Const(0), Const(0), Const(0), 0xfc, 11, 0)},
		{Params: "\x7c", Results: "\x7c", Code: Code(Get(0), 0x9f, 0x0f)},
	}, Pages: 1}).Bytes())
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	f.Fuzz(func(t *testing.T, b []byte) {
		w, err := meter.Rewrite(b, meter.Unknown)
		if err != nil {
			return
		}
		after, err := r.CompileModule(ctx, w.Warm())
		if err != nil {
			return
		}
		_ = after.Close(ctx)
		before, err := r.CompileModule(ctx, b)
		if err != nil && !strings.Contains(err.Error(), "custom") && !strings.Contains(err.Error(), "data") && !strings.Contains(err.Error(), "max") {
			t.Fatalf("a module that is not valid was made valid: %v", err)
		}
		if err == nil {
			_ = before.Close(ctx)
		}
	})
}
