package starlark

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"aion.dev/aion/engine/runtime"
)

const eq2 = `
def eq(got, want):
    if got != want or type(got) != type(want):
        fail("got %r, want %r" % (got, want))
`

// topLevel2 is topLevel for abi 2.
func topLevel2(source string) error {
	a := archive(map[string]string{"main.star": eq2 + source + "\ndef run(ctx, input): pass\n"})
	a.Manifest.ABI = 2
	c := Compiler{Limits: runtime.Limits{Steps: 3_000_000, MemoryBytes: 6 << 20}}
	_, err := c.Compile(context.Background(), a)
	return err
}

func TestLanguage2(t *testing.T) {
	for name, source := range map[string]string{
		"sum": `
eq(sum([1, 2, 3]), 6)
eq(sum([]), 0)
eq(sum((0.5, 1)), 1.5)
eq(sum(range(5), 10), 20)
eq(sum([[1], [2, 3]], start = []), [1, 2, 3])
eq(sum([0.1] * 10), 0.9999999999999999)
eq(sum(set([4, 5])), 9)
`,
		"percent": `
eq("%.2f" % 2.675, "2.67")
eq("%.2f" % 0.125, "0.12")
eq("%.0f" % 2.5, "2")
eq("%8.3f|%-8.3f|%08.3f|%+.1f" % (3.14159, 3.14159, -3.14159, 2), "   3.142|3.142   |-003.142|+2.0")
eq("%5d|%-5d|%05d|% d" % (42, 42, -42, 42), "   42|42   |-0042| 42")
eq("%5s|%-5s|%.2s|%5r" % ("ab", "ab", "abc", "a"), "   ab|ab   |ab|  \"a\"")
eq("%.3e" % 12345.678, "1.235e+04")
eq("%06x" % 255, "0000ff")
eq("%(n)6.1f" % {"n": 9.96}, "  10.0")
eq("%.2f" % 10000000000000000000000001, "10000000000000000000000001.00")
eq("%s and %d and %f and %g" % ("a", 7, 1.5, 1.5), "a and 7 and 1.500000 and 1.5")
eq("%5.1f%%" % 99.5, " 99.5%")
`,
		"format": `
eq("{:.2f}".format(3), "3.00")
eq("{:,.2f}".format(1234567.891), "1,234,567.89")
eq("{:,}".format(-1234567), "-1,234,567")
eq("{:,}".format(123), "123")
eq("{:_x}".format(0xabcdef01), "abcd_ef01")
eq("{:>6}|{:<6}|{:^6}|{:*^7}".format("ab", "ab", "ab", "ab"), "    ab|ab    |  ab  |**ab***")
eq("{:6}|{:6}".format("ab", 42), "ab    |    42")
eq("{0:+d} {0:05d} {0: d}".format(7), "+7 00007  7")
eq("{:.1%}".format(0.1234), "12.3%")
eq("{x!r:>5}".format(x = "a"), "  \"a\"")
eq("{:é>3}".format("ü"), "ééü")
eq("{:.3}".format("abcdef"), "abc")
eq("{:b} {:o} {:X}".format(5, 8, 255), "101 10 FF")
eq("{:10.2e}".format(1234.5), "  1.23e+03")
eq("{} {:5.1f}".format([1], 2.25), "[1]   2.2")
eq("{:.2f}".format(-0.001), "-0.00")
eq("{:5}|{:8}".format(True, 1.5), "True |     1.5")
eq("{:,.2f}".format(99999999999999999999), "99,999,999,999,999,999,999.00")
eq("{:6.1f}|{:06.1f}".format(float("inf"), float("nan")), "   inf|   nan")
eq("{:+,.1f}".format(1e6), "+1,000,000.0")
eq("{:g}".format(1e20), "1e+20")
`,
		"struct": `
s = struct(b = 2, a = [1])
eq((s.a, s.b, str(s), dir(s)), ([1], 2, "struct(a = [1], b = 2)", ["a", "b"]))
eq(s == struct(a = [1], b = 2), True)
eq(s == struct(a = [1]), False)
s.a.append(5)
eq(json.encode(s), "{\"a\":[1,5],\"b\":2}")
eq(type(s), "struct")
eq(replace(s, b = 3).b, 3)
eq(s.b, 2)
eq(hasattr(s, "a") and not hasattr(s, "c"), True)
eq(getattr(s, "c", 7), 7)
eq(struct(**{"x": 1}).x, 1)
eq([struct(n = 1), 2] == [struct(n = 1), 2], True)
eq(struct(x = struct(y = 1)).x.y, 1)
`,
		"record": `
Item = record("Item", sku = str, price = float, count = field(int, 1), note = field((str, None), None))
Order = record(id = str, items = list, first = (Item, None), extra = any)
a = Item(sku = "x", price = 2)
eq((a.sku, a.price, a.count, a.note), ("x", 2, 1, None))
eq(str(a), "Item(sku = \"x\", price = 2, count = 1, note = None)")
eq(type(a), "record")
eq(a == Item(count = 1, price = 2, sku = "x"), True)
eq(a == struct(sku = "x", price = 2, count = 1, note = None), False)
eq(json.encode(a), "{\"sku\":\"x\",\"price\":2,\"count\":1,\"note\":null}")
b = replace(a, count = 5)
eq((a.count, b.count), (1, 5))
eq(Item(**json.decode(json.encode(b))) == b, True)
o = Order(id = "1", items = [a], first = a, extra = {})
eq(o.first.sku, "x")
eq(sum([i.price * i.count for i in [a, b]]), 12)
eq(str(Item), "<record type Item>")
eq(type(Item), "record_type")
`,
		"recursion": `
def fact(n): return 1 if n < 2 else n * fact(n - 1)
eq(fact(20), 2432902008176640000)
def even(n): return True if n == 0 else odd(n - 1)
def odd(n): return False if n == 0 else even(n - 1)
eq(even(301), False)
def depth(v):
    """How deep a tree is."""
    return 1 + max([depth(x) for x in v] + [0]) if type(v) == "list" else 0
eq(depth([[1], [[2]], 3]), 3)
def outer():
    def walk(n): return [n] + walk(n - 1) if n > 0 else []
    return walk(4)
eq(outer(), [4, 3, 2, 1])
y = lambda f, n: 0 if n == 0 else 1 + f(f, n - 1)
eq(y(y, 50), 50)
def args(*a): return len(a) + args(*a[1:]) if a else 0
eq(args(1, 2, 3), 6)
`,
	} {
		t.Run(name, func(t *testing.T) {
			if err := topLevel2(source); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestErrors2(t *testing.T) {
	for source, want := range map[string]string{
		`sum([1, "a"])`:         "sum: unknown binary op: int + string",
		`sum(["a"])`:            "int + string",
		`sum(1)`:                "sum: for parameter x: got int, want iterable",
		`"%.2f" % "a"`:          "f format requires float, not string",
		`"%.2d" % 1`:            "takes no precision",
		`"%1001d" % 1`:          "the width 1001 is more than 1000",
		`"%.99999999999f" % 1`:  "is more than 1000",
		`"%5" % 1`:              "incomplete format",
		`"%.f" % 1`:             "the precision is missing",
		`"%5q" % 1`:             "unknown conversion %q",
		`"{:,s}".format("a")`:   "is for numbers, not for string",
		`"{:zz}".format(1)`:     `cannot read the format "zz"`,
		`"{:08,}".format(1)`:    "has both 0 and ,",
		`"{:,x}".format(1)`:     "groups digits by _",
		`"{:d}".format("1")`:    "d format requires integer",
		`"{:d}".format(True)`:   "d format requires integer",
		`"{:.2f}".format(None)`: "f format requires float, not NoneType",
		`"{!q:5}".format(1)`:    `unknown conversion "q"`,
		`struct(1)`:             "struct: got a positional argument",
		`struct(a = 1).b`:       "struct has no .b field or method",
		`struct(**{str(i): i for i in range(251)})`:      "struct: 251 fields, the limit is 250",
		`{struct(a = 1): 1}`:                             "unhashable type: struct",
		`record("R", a = int)(a = "x")`:                  "R: field a: got string, want int",
		`record("R", a = (int, None))(a = "x")`:          "R: field a: got string, want int or None",
		`record("R", a = int)()`:                         "R: field a is missing",
		`record("R", a = int)(b = 1)`:                    "R: there is no field b; the fields are a",
		`record("R", a = int)(1)`:                        "R: got a positional argument",
		`record(a = 5)`:                                  "record: field a: int is no type of a field",
		`record(a = len)`:                                "builtin_function_or_method is no type of a field",
		`record(a = [].append)`:                          "is no type of a field",
		`field(list, [])`:                                "a list cannot be a default",
		`field(int, "x")`:                                "the default is string, want int",
		`replace(record("R", a = int)(a = 1), a = None)`: "replace: field a: got NoneType, want int",
		`replace(1)`:                                     "replace: got int, want struct or record",
		`replace(struct(a = 1), b = 2)`:                  "there is no field b",
		"def f(n): return f(n + 1)\nf(0)":                "calls are nested deeper than 1000",
		"f = lambda g: g(g)\nf(f)":                       "calls are nested deeper than 1000",
		"def f(x): return sorted([1], key = f)\nf(0)":    "calls are nested deeper than 1000",
		"def f(n):\n    return f(n + 1) if n < 990 else " + "[" + strings.Repeat("n, ", 600) + "]" + "\nf(0)": "", // a large function that is deep is charged
		"s = struct(f = lambda: s)\nl = []\nl.append(struct(l = l))\nx = [l]":                                 "",
		"def g():\n    l = []\n    f = lambda: l[0]\n    l.append(struct(f = f))\n    return f\nh = g()":      "cannot be frozen",
	} {
		err := topLevel2(source)
		if want == "" {
			if err != nil {
				t.Errorf("%s: %v", source, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", source, err, want)
		}
	}
}

// Nothing of abi 2 is in abi 1: what an archive of abi 1 does stays what it was.
func TestABI1HasNothingOfABI2(t *testing.T) {
	for name := range builtins2 {
		wantError(t, topLevel("x = "+name), "undefined: "+name+": it is part of abi 2; the package is written for abi 1 (set abi = 2 in workflow.toml)")
		if builtins[name] != nil {
			t.Errorf("%s is in abi 1", name)
		}
	}
	for source, want := range map[string]string{
		`"%.2f" % 1.5`:         "unknown conversion %.",
		`"%5d" % 1`:            "unknown conversion %5",
		`"{:.2f}".format(1.5)`: "format specifications are not supported",
		"def f(n): return f(n - 1) if n else 0\nf(3)": "function f called recursively",
	} {
		wantError(t, topLevel(source), want)
	}
}

// What abi 2 builds is charged, and deep stacks of large functions are.
func TestMemory2(t *testing.T) {
	big := "    x = [" + strings.Repeat("1, ", 20_000) + "]\n"
	for source, want := range map[string]string{
		"l = []\nfor i in range(200000): l.append(struct(a = i, b = i))":             "bytes",
		"R = record(a = int)\nl = []\nfor i in range(200000): l.append(R(a = i))":    "bytes",
		"x = [sum([[1] * 1000 for i in range(100)], []) for j in range(100)]":        "bytes",
		`x = ["{:1000}".format(1) for i in range(100000)]`:                           "bytes",
		"def f(n):\n    if n == 0: return 0\n    return f(n - 1)\n" + big + "f(900)": "bytes",
		"def f(n): return 0 if n == 0 else f(n - 1)\nfor i in range(10000): f(500)":  "steps",
		"l = list(range(1000))\nfor i in range(100000): sum(l)":                      "steps",
	} {
		err := topLevel2(source)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: got %v, want the limit of %s", source, err, want)
		}
	}
	// A call that is over is not charged for: recursion in a loop costs steps, not memory.
	if err := topLevel2("def f(n): return 0 if n == 0 else f(n - 1)\nfor i in range(200): f(500)"); err != nil {
		t.Error(err)
	}
}

// Verbs of both notations agree with Go's own formatting, which is exact.
func TestFormattedFloats(t *testing.T) {
	for _, x := range []float64{0, 0.1, 2.675, 1e21, 123456.789, 5e-324, 1.7976931348623157e308} {
		for _, verb := range []string{".0f", ".2f", ".17f", ".3e", ".10g"} {
			source := fmt.Sprintf("x = float(%q)\neq(%q %% x, %q)\neq(%q.format(x), %[3]q)", fmt.Sprint(x), "%"+verb, fmt.Sprintf("%"+verb, x), "{:"+verb+"}")
			if err := topLevel2(source); err != nil {
				t.Errorf("%v as %s: %v", x, verb, err)
			}
		}
	}
}
