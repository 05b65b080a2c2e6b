package starlark

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aion.dev/aion/engine/runtime"
)

// TestVectors holds the language to what docs/WORKFLOWS.md and its specification say, through the
// compiler that packages go through. testdata/vectors has one expression a line:
//
//	EXPRESSION -> VALUE   it has this value, and the value's type
//	EXPRESSION !! WORDS   it is an error, on its line, that says these words
func TestVectors(t *testing.T) {
	files, err := filepath.Glob("testdata/vectors/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	values, failures := 0, 0
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(text), "\n") {
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			where := fmt.Sprintf("%s:%d: %s", filepath.Base(path), i+1, line)
			if expr, want, ok := strings.Cut(line, " -> "); ok {
				values++
				source := fmt.Sprintf("got = %s\nwant = %s\ndef check():\n    if got != want or type(got) != type(want): fail(\"got %%r\" %% (got,))\ncheck()", expr, want)
				if err := topLevel(source); err != nil {
					t.Errorf("%s: %v", where, err)
				}
				continue
			}
			expr, want, ok := strings.Cut(line, " !! ")
			if !ok {
				t.Fatalf("%s: neither a value nor an error", where)
			}
			failures++
			var e *runtime.PackageError
			if err := topLevel("\nx = " + expr); !errors.As(err, &e) || !strings.Contains(e.Reason, want) || e.Line != 2 {
				t.Errorf("%s: got %v", where, err)
			}
		}
	}
	t.Logf("vectors: %d values, %d errors", values, failures)
	if values < 380 || failures < 170 {
		t.Errorf("vectors are missing: %d values, %d errors", values, failures)
	}
}

// TestProgramVectors covers what takes more than an expression, each with the words of its error;
// "" = it runs.
func TestProgramVectors(t *testing.T) {
	for name, c := range map[string]struct{ source, want string }{
		"if at top level":            {"if 1 < 2: x = 1\nelse: fail('no')", ""},
		"for at top level":           {"l = []\nfor i in range(3): l.append(i)\nif l != [0, 1, 2]: fail(l)", ""},
		"while":                      {"i = 0\nwhile i < 3: i += 1\nif i != 3: fail(i)", ""},
		"while in a function":        {"def f():\n    i = 0\n    while i < 3: i += 1\n    return i\nif f() != 3: fail('no')", ""},
		"a global given twice":       {"x = 1\nx = 2\nif x != 2: fail(x)", ""},
		"recursion":                  {"def f(n): return f(n - 1) if n else 0\nf(3)", "called recursively"},
		"recursion over two":         {"def f(n): return g(n)\ndef g(n): return f(n)\nf(3)", "called recursively"},
		"recursion by a lambda":      {"f = lambda n: f(n)\nf(3)", "called recursively"},
		"a closure":                  {"def f():\n    n = [0]\n    def g():\n        n[0] += 1\n        return n[0]\n    return g\ng = f()\ng()\nif g() != 2: fail('no')", ""},
		"a closure cannot assign":    {"def f():\n    n = 0\n    def g():\n        n += 1\n        return n\n    return g()\nf()", "local variable n referenced before assignment"},
		"a local before its value":   {"def f():\n    y = x\n    x = 1\nf()", "local variable x referenced before assignment"},
		"a global before its value":  {"def f(): return late\nf()\nlate = 1", "global variable late referenced before assignment"},
		"break and continue":         {"def f():\n    l = []\n    for i in range(9):\n        if i == 1: continue\n        if i == 4: break\n        l.append(i)\n    return l\nif f() != [0, 2, 3]: fail(f())", ""},
		"break outside a loop":       {"break", "break not in a loop"},
		"return outside a function":  {"return 1", "return statement not within a function"},
		"unpacking":                  {"def f():\n    (a, [b, c]), d = (1, (2, 3)), 4\n    return [a, b, c, d]\nif f() != [1, 2, 3, 4]: fail(f())", ""},
		"unpacking too many":         {"a, b = 1, 2, 3", "too many values to unpack (got 3, want 2)"},
		"unpacking too few":          {"a, b = (1,)", "too few values to unpack (got 1, want 2)"},
		"unpacking no iterable":      {"a, b = 1", "int"},
		"assigning to a call":        {"len() = 1", "only variables and elements can be assigned to"},
		"assigning to a constant":    {"None = 1", "None"},
		"assigning to an element":    {"x = (1,)\nx[0] = 2", "does not support item assignment"},
		"assigning to a text":        {"x = 'a'\nx[0] = 'b'", "does not support item assignment"},
		"assigning out of range":     {"x = [1]\nx[1] = 2", "out of range"},
		"a field":                    {"x = [1]\nx.y = 2", "only variables and elements can be assigned to"},
		"a parameter given twice":    {"def f(a, a): pass", "duplicate parameter: a"},
		"a default before none":      {"def f(a = 1, b): pass", "required parameter may not follow optional"},
		"two stars":                  {"def f(*a, *b): pass", "multiple * parameters"},
		"a default is shared":        {"def f(l = []):\n    l.append(1)\n    return len(l)\nf()\nif f() != 2: fail('no')", ""},
		"a loop over what changes":   {"l = [1, 2]\ndef f():\n    for x in l: l.append(x)\nf()", "during iteration"},
		"a dict that changes":        {"d = {1: 2}\ndef f():\n    for k in d: d[k + 1] = 0\nf()", "during iteration"},
		"a dict that keeps its keys": {"d = {1: 2}\ndef f():\n    for k in d: d[k] = 0\nf()", "during iteration"},
		"indentation":                {"def f():\nreturn 1", "want"},
		"a text without end":         {"x = 'a", "unexpected newline in string"},
		"a bracket without end":      {"x = (1", "want ')'"},
		"a character of no language": {"x = 1 $ 2", "unexpected input character"},
		"load from nowhere":          {"load('nowhere.star', 'x')", "nowhere"},
		"load of itself":             {"load('main.star', 'x')", "cycle"},
		"load in a function":         {"def f():\n    load('lib.star', 'x')", "load"},
		"load of nothing":            {"load('lib.star')", "load"},
		"pass":                       {"pass", ""},
		"semicolons":                 {"x = 1; y = x + 1\nif y != 2: fail('no')", ""},
		"texts beside each other":    {"x = 'a' 'b'", "got string"},
		"the order of a dict": {`
def f():
    d = {}
    for i in range(1000): d[str(i * 7919 % 1000)] = i
    for i in range(0, 1000, 3): d.pop(str(i))
    for i in range(0, 1000, 3): d[str(i)] = i
    return "".join(d.keys())
if hash(f()) != hash(f()) or f()[:12] != "919838757676": fail(f()[:12])`, ""},
		"the order of a set": {"s = set(['b', 'a'])\ns.add('c')\ns.remove('b')\ns.add('b')\nif list(s) != ['a', 'c', 'b']: fail(list(s))", ""},
		"the order of arguments": {`
def f():
    log = []
    def n(x):
        log.append(x)
        return x
    (lambda *a, **k: None)(n(1), n(2), a = n(3), *[n(4)], **{"b": n(5)})
    [n(6), n(7)][n(0)]
    {n(8): n(9)}
    return log
if f() != [1, 2, 3, 4, 5, 6, 7, 0, 8, 9]: fail(f())`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if err := topLevel(c.source); c.want != "" {
				wantError(t, err, c.want)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// TestWorkIsCharged repeats each operation on large values: a limit must end it long before it
// completes, whether it builds much or only reads much.
func TestWorkIsCharged(t *testing.T) {
	const again = 1000
	for _, c := range []struct{ large, work string }{
		// Text of 200 kB.
		{"'x' * 200000", "a + 'y'"}, {"'x' * 200000", "a * 2"}, {"'x' * 200000", "a.upper()"}, {"'x' * 200000", "a.lower()"}, {"'x' * 200000", "a.title()"}, {"'x' * 200000", "a.capitalize()"},
		{"'x' * 200000", "a.count('y')"}, {"'x' * 200000", "a.find('y')"}, {"'x' * 200000", "a.rfind('y')"}, {"'x' * 200000", "'y' in a"}, {"'x' * 200000", "a.replace('x', 'yy')"},
		{"'x' * 200000", "a.replace('y', 'z')"}, {"'x' * 200000", "a.split('y')"}, {"'x' * 200000", "a.rsplit('y')"}, {"'x' * 200000", "a.split()"}, {"'x' * 200000", "a.splitlines()"},
		{"'x' * 200000", "a.partition('y')"}, {"'x' * 200000", "a.rpartition('y')"}, {"'x' * 200000", "a.isalpha()"}, {"'x' * 200000", "a.isalnum()"}, {"'1' * 200000", "a.isdigit()"},
		{"' ' * 200000", "a.isspace()"}, {"'x' * 200000", "a.islower()"}, {"'X' * 200000", "a.isupper()"}, {"'x' * 200000", "a.istitle()"}, {"' ' * 200000", "a.strip()"},
		{"' ' * 200000", "a.lstrip()"}, {"' ' * 200000", "a.rstrip()"}, {"'x' * 200000", "a.strip('x')"}, {"'x' * 200000", "a.removeprefix('x')"}, {"'x' * 200000", "a.removesuffix('x')"},
		{"'x' * 200000", "a.startswith(a)"}, {"'x' * 200000", "a.endswith(a)"}, {"'x' * 200000", "hash(a)"}, {"'x' * 200000", "str([a])"}, {"'x' * 200000", "repr(a)"},
		{"'x' * 200000", "a[::-1]"}, {"'x' * 200000", "a == a[:-1] + 'y'"}, {"'x' * 200000", "a < a[:-1] + 'y'"}, {"'x' * 200000", "'%s' % a"}, {"'x' * 200000", "'{}'.format(a)"},
		{"'x' * 200000", "bytes(a)"}, {"bytes('x' * 200000)", "str(a)"}, {"'x' * 200000", "list(a.elems())"}, {"'x' * 200000", "list(a.codepoints())"}, {"'x' * 200000", "json.encode(a)"},
		{"'[' + '1,' * 5000 + '1]'", "json.decode(a)"}, {"'x' * 200000", "''.join([a])"}, {"'1' * 1200", "int(a)"}, {"'f' * 1000", "int(a, 16)"},
		{"'x' * 200000", "{a: 1}"}, {"'x' * 200000", "len(set([a]))"}, {"'x' * 200000", "a in {'y': 1}"},
		{"'x' * 200000", "getattr(a, 'upper')()"}, {"'x' * 200000", "sorted([a, a + 'y'])"},
		{"'x' * 200000", "max(a, a + 'y')"}, {"'x' * 200000", "min([a, a])"}, {"'{}' * 5000", "a.format(*range(5000))"}, {"'x' * 200000", "(a,) == (a[:-1] + 'y',)"},
		// Lists and tuples of 20,000.
		{"[1] * 20000", "a + [2]"}, {"[1] * 20000", "a * 2"}, {"(1,) * 20000", "a + (2,)"}, {"(1,) * 20000", "a * 2"}, {"[1] * 20000", "a[1:]"}, {"[1] * 20000", "a[::-1]"}, {"[1] * 20000", "list(a)"},
		{"[1] * 20000", "tuple(a)"}, {"[1] * 20000", "sorted(a)"}, {"[1] * 20000", "sorted(a, reverse = True)"}, {"[1] * 20000", "reversed(a)"}, {"[1] * 20000", "enumerate(a)"}, {"[1] * 20000", "zip(a, a)"},
		{"[1] * 20000", "2 in a"}, {"[1] * 20000", "a.index(1) if 2 in a else 0"}, {"[1] * 20000", "a == list(a)"}, {"[1] * 20000", "a < a + [1]"}, {"[1] * 20000", "max(a)"}, {"[1] * 20000", "min(a)"},
		{"[1] * 20000", "all(a)"}, {"[0] * 20000", "any(a)"}, {"[1] * 20000", "set(a)"}, {"[1] * 20000", "str(a)"}, {"[1] * 20000", "json.encode(a)"}, {"['x'] * 20000", "','.join(a)"}, {"[1] * 20000", "[].extend(a)"},
		{"[1] * 20000", "(lambda *x: 0)(*a)"}, {"(1,) * 20000", "{a: 1}"}, {"(1,) * 20000", "a in [a[:-1] + (2,)]"}, {"[1] * 20000", "a.insert(0, a.pop())"}, {"[1] * 20000", "a.insert(0, a.pop(0))"}, {"[65] * 20000", "bytes(a)"},
		{"[(i, i) for i in range(2000)]", "dict(a)"}, {"'%s' * 5000", "a % ((1,) * 5000)"}, {"[1] * 20000", "'%s' % (a,)"}, {"range(200000)", "list(a)"}, {"range(200000)", "sorted(a)"}, {"range(200000)", "max(a)"},
		{"range(200000)", "[x for x in a]"}, {"range(200000)", "all(a) or any(a)"}, {"range(200000)", "str(list(a))"}, {"range(200000)", "zip(a, a)"}, {"range(200000)", "set(a)"}, {"range(200000)", "tuple(a)"},
		// Dicts and sets of 5,000.
		{"{i: i for i in range(5000)}", "a | {}"}, {"{i: i for i in range(5000)}", "dict(a)"}, {"{i: i for i in range(5000)}", "a.keys()"}, {"{i: i for i in range(5000)}", "a.values()"},
		{"{i: i for i in range(5000)}", "a.items()"}, {"{i: i for i in range(5000)}", "{}.update(a)"}, {"{i: i for i in range(5000)}", "a == dict(a)"}, {"{i: i for i in range(5000)}", "str(a)"},
		{"{i: i for i in range(5000)}", "sorted(a)"}, {"{i: i for i in range(5000)}", "list(a)"}, {"{str(i): i for i in range(5000)}", "json.encode(a)"}, {"{str(i): i for i in range(5000)}", "(lambda **k: 0)(**a)"},
		{"set(range(5000))", "a | a"}, {"set(range(5000))", "a & a"}, {"set(range(5000))", "a - set()"}, {"set(range(5000))", "a ^ set()"},
		{"set(range(5000))", "a == set(a)"}, {"set(range(5000))", "a.union(a)"}, {"set(range(5000))", "a.intersection(a)"}, {"set(range(5000))", "a.difference([])"}, {"set(range(5000))", "a.issubset(a)"},
		{"set(range(5000))", "a.issuperset(a)"}, {"set(range(5000))", "a.symmetric_difference([])"}, {"set(range(5000))", "a <= a"}, {"set(range(5000))", "list(a)"}, {"set(range(5000))", "a.update(a.union([]))"},
		{"[[1] * 100] * 200", "a == [[1] * 100] * 200"}, {"[[1] * 100] * 200", "str(a)"}, {"[[1] * 100] * 200", "json.encode(a)"}, {"time.hour", "a.seconds + len('x' * 100000)"},
	} {
		within := func(source string) error {
			c := Compiler{Limits: runtime.Limits{Steps: 300_000, MemoryBytes: 6 << 20}}
			_, err := c.Compile(t.Context(), archive(map[string]string{"main.star": source + "\ndef run(ctx, input): pass\n"}))
			return err
		}
		code := fmt.Sprintf("a = %s\ndef work():\n    for i in range(%d): %s\n", c.large, again, c.work)
		if err := within(code); err != nil {
			t.Errorf("%s: cannot be made: %v", c.large, err)
			continue
		}
		// Globals are frozen once the module is loaded, so the work is done before that.
		if err := within(code + "work()"); err == nil {
			t.Errorf("%s, %d times on %s, is within the limits", c.work, again, c.large)
		} else if !strings.Contains(err.Error(), "more than") {
			t.Errorf("%s on %s: %v", c.work, c.large, err)
		}
	}
}
