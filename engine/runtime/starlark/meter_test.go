package starlark

import (
	"errors"
	"strings"
	"testing"

	"aion.dev/aion/engine/runtime"
)

// The limits themselves are allowed, one more is not, and an exceeded limit stays exceeded.
func TestLimitsAtTheirEdge(t *testing.T) {
	limits := runtime.Limits{Steps: 100, MemoryBytes: 1000}
	m := newMeter("test", nil, limits)
	m.begin(true)
	for _, n := range []int{-5, 0, 60, 40} {
		if err := m.steps(n); err != nil {
			t.Errorf("%d steps more: %v", n, err)
		}
	}
	if err := m.steps(1); err == nil || m.passed == nil || !strings.Contains(err.Error(), "more than 100 steps") {
		t.Errorf("the 101st step: %v", err)
	}
	m.passed = nil
	m.begin(true)
	if err := m.steps(100); err != nil {
		t.Errorf("a turn begins with the steps of the one before: %v", err)
	}
	for _, n := range []uint64{1000, 0} {
		if err := m.grow(n); err != nil {
			t.Errorf("%d bytes more: %v", n, err)
		}
	}
	if err := m.grow(1); err == nil || m.passed == nil || !strings.Contains(err.Error(), "more than 1000 bytes") {
		t.Errorf("the 1001st byte: %v", err)
	}
	if m.used != 1001 {
		t.Errorf("%d bytes are accounted for", m.used)
	}

	free := newMeter("replay", nil, limits)
	free.begin(false)
	if err := errors.Join(free.steps(1<<40), free.grow(1<<40), free.growBy(1<<62, 24), free.growBy(-1, 24)); err != nil || free.passed != nil {
		t.Errorf("limits bind the replay: %v", err)
	}
	stop := errors.New("stop")
	free.interrupt(stop)
	free.interrupt(errors.New("too late"))
	if err := free.steps(1); !errors.Is(err, stop) {
		t.Errorf("an interrupt: %v", err)
	}
}

// For each kind of code there is a least number of steps that suffices: the code runs with it and
// fails with one less, repeatably.
func TestStepsAreExact(t *testing.T) {
	for _, code := range []string{
		"pass", "x = 1 + 2", "def f():\n    for i in range(1000): pass\nf()", "x = 'a' * 100000", "x = sorted([3, 1, 2] * 100)", "x = ','.join(['a'] * 5000)", "x = str([1] * 5000)",
		"x = json.encode([1.5] * 5000)", "x = json.decode('[' + ','.join(['1'] * 5000) + ']')", "x = {i << 32: 0 for i in range(200)}", "x = set(range(1000)) | set(range(2000))",
		"x = ('a,' * 5000).split(',')", "x = '%d' * 1000 % ((1,) * 1000)", "x = ('{}' * 1000).format(*([1] * 1000))", "x = [1] * 10000 == [1] * 10000", "x = hash('a' * 100000)",
	} {
		low, high := uint64(1), uint64(10_000_000)
		for low < high {
			if mid := (low + high) / 2; within(t, mid, code) {
				high = mid
			} else {
				low = mid + 1
			}
		}
		for range 3 {
			if !within(t, low, code) || within(t, low-1, code) {
				t.Errorf("%s: %d steps are enough once and not again", code, low)
			}
		}
	}
}

// The table of a dict or set does not shrink, so each clear costs as much as the most that the
// container has held.
func TestClearPaysForTheTable(t *testing.T) {
	for _, prepare := range []string{"d = {i: i for i in range(20000)}\n", "d = set(range(20000))\n"} {
		if !within(t, 1_000_000, prepare+"d.clear()") {
			t.Errorf("%s takes more than a million steps by itself", prepare)
		}
		if within(t, 1_000_000, prepare+"for i in range(1000): d.clear()") {
			t.Errorf("%s may be cleared a thousand times for less than a million steps", prepare)
		}
	}
}

// Nothing changes a value of another module, or of the module itself after its top level has run.
func TestFrozenValues(t *testing.T) {
	const lib = "l = [1, 2]\nd = {'a': 1, 'n': [1]}\ns = set([1])\nt = ([1],)\ndef grow(): l.append(3)\n"
	for _, change := range []string{
		"l.append(1)", "l.extend([1])", "l.insert(0, 1)", "l.pop()", "l.remove(1)", "l.clear()", "l[0] = 2", "l[0] += 1", "x = l\n    x += [1]", "d['b'] = 1", "d['a'] = 1", "d['a'] += 1",
		"d.update({'b': 1})", "d.update(b = 1)", "d.setdefault('b', 1)", "d.pop('a')", "d.popitem()", "d.clear()", "d['n'].append(1)", "x = d\n    x |= {'b': 1}", "s.add(2)", "s.update([2])",
		"s.discard(1)", "s.remove(1)", "s.pop()", "s.clear()", "t[0].append(1)", "grow()",
	} {
		main := "load('lib.star', 'l', 'd', 's', 't', 'grow')\ndef change():\n    " + change + "\nchange()\ndef run(ctx, input): pass\n"
		_, err := Compiler{}.Compile(t.Context(), archive(map[string]string{"lib.star": lib, "main.star": main}))
		if err == nil || !strings.Contains(err.Error(), "frozen") {
			t.Errorf("%s: %v", change, err)
		}
	}
	must(t, "x = [1]\ny = x + [2]\neq(x, [1])\nd = {'a': 1}\ne = d | {'b': 2}\neq(d, {'a': 1})\ns = set([1])\nz = s.union([2])\neq(len(s), 1)\n")
}

// All floats, including NaN, have one order, and each is written in one way.
func TestFloats(t *testing.T) {
	must(t, `
nan, inf = float("nan"), float("inf")
eq(nan == nan, True)
eq(nan > inf, True)
eq(sorted([nan, 1, -inf, inf, 0.5]), [-inf, 0.5, 1, inf, nan])
eq(max(1, nan, 2), nan)
eq(min([nan, 2]), 2)
eq({nan: 1}[float("nan")], 1)
eq(len(set([nan, nan, 1, 1.0])), 2)
eq({1: "a"}[1.0], "a")
eq(1 in {1.0: 0}, True)
eq((1 << 53) + 1 == float(1 << 53), False)
eq({(1 << 53) + 1: 0}.get(float(1 << 53)), None)
eq(0.0 == -0.0, True)
eq({0.0: 1}[-0.0], 1)
eq(json.encode([1.0, -0.0, 1e21, 0.1, 1e-7, 100, 1.5]), "[1.0,-0.0,1e+21,0.1,1e-07,100,1.5]")
eq(json.decode("[1.0,1,1e2]"), [1.0, 1, 100.0])
eq(str(1e300 * 1e10), "+inf")
eq(1 // 0.3, 3.0)
eq(-7 // 2, -4)
eq(-7 % 3, 2)
eq(-7.5 % 2, 0.5)
eq(int(-1.9), -1)
eq("%d" % 1.9, "1")
`)
	for code, want := range map[string]string{
		"x = json.encode(float('nan'))":   "not a JSON value",
		"x = json.encode([float('inf')])": "not a JSON value",
		"x = int(float('nan'))":           "NaN",
		"x = int(float('-inf'))":          "inf",
		"x = 1.0 // 0.0":                  "zero",
		"x = 1 % 0":                       "zero",
		"x = float(1 << 500) * float(1 << 500) * float(1 << 500)\ny = int(x)": "inf",
	} {
		wantError(t, topLevel(code), want)
	}
}
