package starlark

import (
	"errors"
	"fmt"
	goruntime "runtime"
	"strings"
	"testing"

	"aion.dev/aion/engine/runtime"
)

// attacks is code that would bring a node down, or occupy a processor forever, if the interpreter
// ran it unchanged. Each must end in an error that contains want.
var attacks = []struct{ name, code, want string }{
	{"endless loop", `while True: pass`, "steps"},
	{"endless for", `for i in range(1 << 60): pass`, "steps"},
	{"repeat string", `x = "x" * (1 << 30 - 1)`, "bytes"},
	{"repeat list", `x = [0] * (1 << 29)`, "bytes"},
	{"repeat tuple", `x = (1 << 29) * (0,)`, "bytes"},
	{"repeat bytes", `x = b"x" * (1 << 29)`, "bytes"},
	{"repeat too often", `x = [1, 2] * (1 << 62)`, "elements"},
	{"repeat in place", "x = [0]\nx *= 1 << 29", "bytes"},
	{"repeat an element in place", "x = [[0]]\nx[0] *= 1 << 29", "bytes"},
	{"double a string", "s = 'x'\nwhile True: s = s + s", "bytes"},
	{"double a string in place", "s = 'x'\nwhile True: s += s", "bytes"},
	{"double a list", "l = [0]\nwhile True: l = l + l", "bytes"},
	{"double a list in place", "l = [0]\nwhile True: l += l", "bytes"},
	{"double a list in a dict", "d = {'l': [0]}\nwhile True: d['l'] += d['l']", "bytes"},
	{"double by extend", "l = [0]\nwhile True: l.extend(l)", "bytes"},
	{"double by a bound extend", "l = [0]\nf = l.extend\nwhile True: f(l)", "bytes"},
	{"double by getattr", "l = [0]\nf = getattr(l, 'extend')\nwhile True: f(l)", "bytes"},
	{"double a tuple", "t = (0,)\nwhile True: t += t", "bytes"},
	{"extend by a range", "l = []\nl += range(1 << 40)", "bytes"},
	{"append for ever", "l = []\nwhile True: l.append(None)", ""},
	{"insert for ever", "l = []\nwhile True: l.insert(0, None)", ""},
	{"grow a dict", "d = {}\nfor i in range(1 << 40): d[i] = i", ""},
	{"grow a dict by unpacking", "d = {}\nfor i in range(1 << 40): d[i], _ = i, i", ""},
	{"grow a dict by a loop variable", "d = {}\nfor d['x' * (len(d) % 100000)] in range(1 << 40): pass", ""},
	{"grow a dict by setdefault", "d = {}\nfor i in range(1 << 40): d.setdefault(i)", ""},
	{"grow a dict by union", "d = {}\nfor i in range(1 << 40): d |= {i: i}", "bytes"},
	{"grow a set", "s = set()\nfor i in range(1 << 40): s.add(i)", ""},
	{"many dicts", "l = []\nwhile True: l.append({})", "bytes"},
	{"many lists", "x = None\nwhile True: x = [x]", "bytes"},
	{"many tuples", "x = None\nwhile True: x = (x,)", "bytes"},
	{"many closures", "def f(g): return lambda: g\nx = None\nwhile True: x = f(x)", "bytes"},
	{"many defs", "def f(g):\n    def h(): return g\n    return h\nx = None\nwhile True: x = f(x)", "bytes"},
	{"many kwargs", "def f(**k): return k\nl = []\nwhile True: l.append(f())", "bytes"},
	{"many comprehensions", "l = []\nwhile True: l.append([x for x in ()])", ""},
	{"comprehension", `x = [i for i in range(1 << 40)]`, ""},
	{"dict comprehension", `x = {i: i for i in range(1 << 40)}`, "bytes"},
	{"nested comprehension", `x = [0 for i in range(100000) for j in range(100000)]`, ""},
	{"star args", "def f(*a): pass\nf(*range(1 << 40))", "bytes"},
	{"list of a range", `x = list(range(1 << 40))`, "bytes"},
	{"tuple of a range", `x = tuple(range(1 << 60))`, "bytes"},
	{"set of a range", `x = set(range(1 << 40))`, ""},
	{"sorted range", `x = sorted(range(1 << 40))`, "bytes"},
	{"reversed range", `x = reversed(range(1 << 40))`, "bytes"},
	{"zip ranges", `x = zip(range(1 << 40), range(1 << 40))`, "bytes"},
	{"enumerate range", `x = enumerate(range(1 << 40))`, "bytes"},
	{"max of a range", `x = max(range(1 << 40))`, "steps"},
	{"any of a range", `x = any(range(1 << 40))`, "steps"},
	{"all of a range", `x = all(range(1, 1 << 40))`, "steps"},
	{"bytes of a range", `x = bytes(range(1 << 40))`, ""},
	{"union with a range", `x = set().union(range(1 << 40))`, "bytes"},
	{"subset of a range", `x = set([1]).issubset(range(1 << 40))`, "bytes"},
	{"dict of pairs", `x = dict([(i, i) for i in range(1 << 40)])`, "bytes"},
	{"square a number", "x = 10\nwhile True: x = x * x", "bits"},
	{"shift a number", "x = 1\nwhile True: x = x << 500", "bits"},
	{"shift in place", "x = [1]\nwhile True: x[0] <<= 500", "bits"},
	{"double a number", "x = 1\nwhile True: x += x", "bits"},
	{"add to a number", "x = 1\ny = 1\nwhile True:\n    x, y = x - -y, x", "bits"},
	{"parse a number", `x = int("9" * 2000000)`, "limit"},
	{"parse a number of another base", `x = int("z" * 4000, 36)`, "bits"},
	{"join", `x = ("x" * 1000000).join(["y"] * 1000000)`, "bytes"},
	{"join large ones", `x = ",".join(["y" * 1000000] * 1000000)`, "bytes"},
	{"replace", `x = ("a" * 1000000).replace("a", "b" * 1000000)`, "bytes"},
	{"replace nothing", `x = ("a" * 1000000).replace("", "b" * 1000000)`, "bytes"},
	{"format", `x = ("{0}" * 100000).format("x" * 1000000)`, "bytes"},
	{"interpolate", `x = ("%(a)s" * 100000) % {"a": "x" * 1000000}`, "bytes"},
	{"split", `x = ("a," * 20000000).split(",")`, "bytes"},
	{"split on nothing in particular", `x = ("a " * 20000000).split()`, "bytes"},
	{"split lines", `x = ("\n" * 30000000).splitlines()`, "bytes"},
	{"list of elems", `x = list(("a" * 30000000).elems())`, "bytes"},
	{"list of codepoints", `x = list(("a" * 30000000).codepoints())`, "bytes"},
	{"slices", "l = [0] * 100000\nk = []\nwhile True: k.append(l[:])", "bytes"},
	{"changed case", "s = 'x' * 1000000\nl = []\nwhile True: l.append(s.upper())", "bytes"},
	{"print itself", "a = []\na.append(a)\nb = [a, a]\nx = str(b)\nwhile True: pass", "steps"}, // printing it is fine
	{"compare itself", "a = []\na.append(a)\nb = []\nb.append(b)\nx = a == b", "levels"},
	{"encode itself", "a = []\na.append(a)\nx = json.encode(a)", "levels"},
	{"encode itself in a dict", "a = {}\na['a'] = a\nx = json.encode(a)", "levels"},
	{"print what is deep", "x = None\nfor i in range(10000): x = [x]\ny = str(x)", "levels"},
	{"print what is deep by %", "x = None\nfor i in range(10000): x = (x,)\ny = '%r' % x", "levels"},
	{"print what is deep by format", "x = None\nfor i in range(1000): x = {1: x}\ny = '{}'.format(x)", "levels"},
	{"fail with what is deep", "x = None\nfor i in range(10000): x = [x]\nfail(x)", "levels"},
	{"compare what is deep", "x = None\nfor i in range(10000): x = [x]\ny = x == [x]", "levels"},
	{"hash what is deep", "x = None\nfor i in range(10000): x = (x,)\ny = {x: 1}", "levels"},
	{"look up what is deep", "x = None\nfor i in range(10000): x = (x,)\ny = {}.get(x)", "levels"},
	{"freeze what is deep", "x = None\nfor i in range(10000): x = [x]", "levels"},
	{"freeze what is deep by pieces", "a = None\nfor i in range(150): a = (a,)\nb = a\nfor i in range(150): b = (b,)", "levels"},
	{"freeze itself by a closure", "def f():\n    def g(): return g\n    return g\nx = f()", "refers to itself"},
	{"freeze each other by closures", "def f():\n    def g(): return h\n    def h(): return g\n    return g\nx = f()", "refers to itself"},
	{"freeze what shares parts", "t = ()\nfor i in range(64): t = (t, t)", "shares so many parts"},
	{"compare what shares parts", "def f():\n    t = ()\n    for i in range(64): t = [t, t]\n    return t\nx = f() == f()", "steps"},
	{"order what shares parts", "def f():\n    t = ()\n    for i in range(64): t = (t, t)\n    return t\nx = f() < f()", "steps"},
	{"hash what shares parts", "def f():\n    t = ()\n    for i in range(64): t = (t, t)\n    return {t: 1}\nx = f()", "cannot be a key"},
	{"index by what shares parts", "def f():\n    t = ()\n    for i in range(64): t = (t, t)\n    return {}[t]\nx = f()", "cannot be a key"},
	{"set of what shares parts", "def f():\n    t = ()\n    for i in range(64): t = (t, t)\n    return len(set([t]))\nx = f()", "cannot be a key"},
	{"find what shares parts", "def f():\n    t = ()\n    for i in range(64): t = (t, t)\n    return t\nx = f() in [f()]", "steps"},
	{"remove what shares parts", "def f():\n    t = ()\n    for i in range(64): t = (t, t)\n    return t\n[f()].remove(f())", "steps"},
	{"sort what shares parts", "def f():\n    t = ()\n    for i in range(64): t = (t, t)\n    return t\nx = sorted([f(), f()])", "steps"},
	{"sort by what shares parts", "def f(_):\n    t = ()\n    for i in range(64): t = (t, t)\n    return t\nx = sorted([1, 2], key = f)", "steps"},
	{"print what shares parts", "def f():\n    t = ()\n    for i in range(64): t = (t, t)\n    return t\nx = str(f())", ""},
	{"encode what shares parts", "def f():\n    t = ()\n    for i in range(64): t = (t, t)\n    return t\nx = json.encode(f())", ""},
	{"decode what is deep", `x = json.decode("[" * 100000 + "]" * 100000)`, "levels"},
	{"decode a large number", `x = json.decode("9" * 100000)`, "digits"},
	{"decode many dicts", `x = json.decode("[" + ",".join(["{}"] * 1000000) + "]")`, "bytes"},
	{"scan for ever", "s = 'x' * 1000000\nwhile True: s.find('y')", "steps"},
	{"look for ever", "l = list(range(100000))\nwhile True: -1 in l", "steps"},
	{"strip by many", "s = 'é' * 500000\nc = 'è' * 500000 + 'é'\nx = s.strip(c)", "steps"},
	{"start with many", "s = 'x' * 500000\nx = s.startswith((s + 'y',) * 100000)", "steps"},
	{"colliding numbers", "d = {}\nfor i in range(1 << 40): d[i << 32] = 0", ""},
	{"colliding numbers in a comprehension", "d = {i << 32: 0 for i in range(1 << 40)}", ""},
	{"colliding numbers in a set", "d = set([i << 32 for i in range(50000)])\nwhile True: d = d.union([i << 32 for i in range(50000)])", ""},
	{"colliding numbers in unions", "d = {}\nfor i in range(1 << 40): d = d | {i << 32: 0}", ""},
	{"looking for a colliding number", "d = {i << 32: 0 for i in range(20000)}\nwhile True: -1 in d", "steps"},
	{"large key", "d = {'x' * (5 << 20): 1}", "cannot be a key"},
	{"key of many parts", "d = {(1,) * 70000: 1}", "cannot be a key"},
	{"call itself", "def f(): f()\nf()", "recursively"},
	{"call itself by a value", "def f(g): g(g)\nf(f)", "recursively"},
	{"large error", `fail("x" * 1000000)`, ""},
	{"large name", `getattr([], "x" * 1000000)`, "limit"},
	{"large time", `time.parse_time("x" * 1000000)`, "more than 1000 bytes"},
	{"unhashable without an argument", `set().difference()`, "argument"},
}

func TestAttacksOnTopLevel(t *testing.T) {
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			before := allocated()
			err := topLevel(a.code)
			var e *runtime.PackageError
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want a PackageError", err)
			}
			if !strings.Contains(e.Error(), a.want) {
				t.Errorf("got %.300q, want it to say %q", e, a.want)
			}
			if grown := allocated() - before; grown > 1<<30 {
				t.Errorf("%d MiB were allocated on the way", grown>>20)
			}
		})
	}
}

// allocated returns the total of all allocations so far.
func allocated() uint64 {
	var m goruntime.MemStats
	goruntime.ReadMemStats(&m)
	return m.TotalAlloc
}

// Deeply nested source must be refused before anything recurses over it.
func TestDeepSource(t *testing.T) {
	many := func(s string) string { return strings.Repeat(s, 200_000) }
	for name, source := range map[string]string{
		"parentheses":  "x = " + many("(") + many(")"),
		"lists":        "x = " + many("[") + many("]"),
		"dicts":        "x = " + many("{1:") + "1" + many("}"),
		"minus":        "x = " + many("-") + "1",
		"not":          "x = " + many("not ") + "1",
		"lambda":       "x = " + many("lambda:") + "1",
		"conditions":   "x = " + many("1 if 1 else ") + "1",
		"plus":         "x = 1" + many(" + 1"),
		"or":           "x = 1" + many(" or 1"),
		"calls":        "x = f" + many("()"),
		"dots":         "x = f" + many(".a"),
		"indexes":      "x = f" + many("[0]"),
		"arguments":    "x = " + many("f(") + many(")"),
		"comprehend":   "x = " + many("[[") + "1" + many(" for x in y] for x in y]"),
		"for clauses":  "x = [1" + many(" for x in y") + "]",
		"targets":      many("(") + "x" + many(")") + " = 1",
		"star targets": "for " + many("(") + "x" + many(")") + " in y: pass",
		"elif":         "if 1: pass\n" + strings.Repeat("elif 1: pass\n", 50_000),
		"blocks":       nest(5000),
	} {
		t.Run(name, func(t *testing.T) {
			if len(source) > maxModuleBytes {
				source = source[:maxModuleBytes]
			}
			if err := topLevel(source[:min(len(source), maxModuleBytes-100)]); err == nil && name != "for clauses" {
				t.Error("it was accepted")
			} else if _, crash := err.(*runtime.Crash); crash {
				t.Error(err)
			}
		})
	}
}

func nest(n int) string {
	var b strings.Builder
	for i := range min(n, 1400) {
		fmt.Fprintf(&b, "%sif 1:\n", strings.Repeat(" ", i))
	}
	return b.String() + strings.Repeat(" ", 1400) + "pass\n"
}

func TestDeepCalls(t *testing.T) {
	chain := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "def f%d(): return f%d()\n", i, i+1)
		}
		return b.String() + fmt.Sprintf("def f%d(): return 1\nx = f0()\n", n)
	}
	if err := topLevel(chain(maxFunctions - 2)); err != nil {
		t.Error(err)
	}
	wantError(t, topLevel(chain(maxFunctions)), "functions")
	sorts := ""
	for i := range 2000 {
		sorts += fmt.Sprintf("def f%d(_): return sorted([1], key = f%d)\n", i, i+1)
	}
	if err := topLevel(sorts + "def f2000(_): return 1\nf0(0)\n"); err != nil {
		t.Error(err)
	}
}
