package starlark

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"

	"aion.dev/aion/engine/runtime"
)

// hungry is code that uses up its steps as slowly as it can: each row makes one kind of operation
// as expensive as possible. prepare runs once, body in a loop.
var hungry = []struct{ name, prepare, body string }{
	{"nothing", "", "pass"},
	{"arithmetic", "a = 1", "a = a + 1 - 1"},
	{"call", "def g(x): return x", "g(1)"},
	{"range loop", "", "[None for _ in range(1000)]"},
	{"large numbers multiplied", "a = half", "a * a"},
	{"large numbers divided", "a = big\nb = half", "a // b"},
	{"large numbers remainder", "a = big\nb = half", "a % b"},
	{"large numbers added", "a = big", "a + a"},
	{"large numbers shifted", "a = 1", "a << 500"},
	{"large numbers compared", "a = big\nb = big - 1", "a == b"},
	{"large numbers and", "a = big", "a & a | a ^ a"},
	{"large numbers inverted", "a = big", "~a"},
	{"large numbers negated", "a = big", "-a"},
	{"large numbers printed", "a = big", "str(a)"},
	{"large numbers printed by %", "a = big", "'%d' % a"},
	{"large numbers printed in hex", "a = big", "'%x' % a"},
	{"large numbers to float", "a = (1 << 500) * (1 << 500)", "float(a)"},
	{"large numbers with floats", "a = (1 << 500) * (1 << 500)", "a + 0.5"},
	{"large numbers and floats compared", "a = (1 << 500) * (1 << 500)", "a < 0.5"},
	{"large numbers as keys", "a = big\nd = {a: 1}", "a in d"},
	{"large numbers parsed", "a = '9' * 1200", "int(a)"},
	{"large numbers encoded", "a = big", "json.encode(a)"},
	{"large numbers sorted", "a = [big - i for i in range(1000)]", "sorted(a)"},
	{"floats printed", "a = [1.7976931348623157e+308] * 1000", "str(a)"},
	{"floats by %f", "a = 1.7976931348623157e+308", "'%f' % a"},
	{"floats by %e", "a = 1.7976931348623157e+308", "'%e' % a"},
	{"floats encoded", "a = [1.7976931348623157e+308] * 1000", "json.encode(a)"},
	{"floats parsed, hard", "a = '0.' + '1' * 3000 + 'e-300'", "float(a)"},
	{"power", "", "math.pow(1.0000001, 1048575)"},
	{"strings added", "a = 'x' * 100000", "a + a"},
	{"strings repeated", "", "'x' * 100000"},
	{"strings repeated, short ones", "", "'xy' * 100000"},
	{"strings compared", "a = 'x' * 100000\nb = 'x' * 99999 + 'y'", "a == b"},
	{"strings ordered", "a = 'x' * 100000\nb = 'x' * 99999 + 'y'", "a < b"},
	{"strings ordered, one short", "a = 'x' * 200\nb = 'x' * 200", "a < b"},
	{"strings searched", "a = 'x' * 100000", "a.find('y')"},
	{"strings searched, hard", "a = 'x' * 100000\nb = 'x' * 50 + 'y'", "a.find(b)"},
	{"strings searched, harder", "a = ('x' * 60 + 'z') * 2000\nb = 'x' * 61", "a.find(b)"},
	{"strings searched, long", "a = 'x' * 100000\nb = 'x' * 5000 + 'y'", "a.find(b)"},
	{"strings searched from behind", "a = 'x' * 100000\nb = 'y' + 'x' * 5000", "a.rfind(b)"},
	{"strings searched from behind, short", "a = 'x' * 100000\nb = 'yx'", "a.rfind(b)"},
	{"strings contain", "a = 'x' * 100000\nb = 'x' * 5000 + 'y'", "b in a"},
	{"strings contain, hard", "a = 'x' * 100000\nb = 'x' * 50 + 'y'", "b in a"},
	{"strings counted", "a = 'x' * 100000", "a.count('x')"},
	{"strings counted, pairs", "a = 'xy' * 50000", "a.count('xy')"},
	{"strings counted, hard", "a = 'x' * 100000\nb = 'x' * 5000 + 'y'", "a.count(b)"},
	{"strings replaced", "a = 'x' * 100000", "a.replace('x', 'y')"},
	{"strings replaced by nothing", "a = 'x' * 100000", "a.replace('x', '')"},
	{"strings replaced between all", "a = 'é' * 50000", "a.replace('', 'y')"},
	{"strings split", "a = 'x,' * 50000", "a.split(',')"},
	{"strings split by white space", "a = 'x ' * 50000", "a.split()"},
	{"strings split by wide white space", "a = '\\u2003x' * 25000", "a.split()"},
	{"strings split from behind", "a = 'x,' * 50000", "a.rsplit(',')"},
	{"strings split from behind, once", "a = 'x,' * 50000", "a.rsplit(',', 1)"},
	{"strings split once, by white space", "a = 'x ' * 50000", "a.split(None, 1)"},
	{"strings split from behind by white space", "a = 'x ' * 50000", "a.rsplit(None, 30000)"},
	{"strings split into lines", "a = 'x\\n' * 50000", "a.splitlines()"},
	{"strings partitioned", "a = 'x' * 100000", "a.partition('y')"},
	{"strings partitioned from behind", "a = 'x' * 100000", "a.rpartition('y')"},
	{"strings partitioned, hard", "a = 'x' * 100000\nb = 'x' * 5000 + 'y'", "a.partition(b)"},
	{"strings joined", "a = ['x'] * 50000", "','.join(a)"},
	{"strings joined, large", "a = ['x' * 1000] * 100", "','.join(a)"},
	{"strings stripped", "a = ' ' * 100000", "a.strip()"},
	{"strings stripped of many", "a = 'y' * 1000\nb = 'abcdefghijklmnopqrstuvwxy'", "a.strip(b)"},
	{"strings stripped of wide ones", "a = 'é' * 50000\nb = 'è' * 50 + 'é'", "a.strip(b)"},
	{"strings stripped of 31", "a = 'é' * 50000\nb = 'èêëàâäùüûôöçœï' + 'é'", "a.strip(b)"},
	{"strings uppered", "a = 'x' * 100000", "a.upper()"},
	{"strings uppered, wide", "a = 'é' * 50000", "a.upper()"},
	{"strings titled", "a = 'é ' * 30000", "a.title()"},
	{"strings capitalized", "a = 'é' * 50000", "a.capitalize()"},
	{"strings are upper", "a = 'É' * 50000", "a.isupper()"},
	{"strings are alphabetic", "a = 'é' * 50000", "a.isalpha()"},
	{"strings are titles", "a = 'Éé ' * 20000", "a.istitle()"},
	{"strings are space", "a = ' ' * 100000", "a.isspace()"},
	{"strings begin", "a = 'x' * 100000\nb = a[:99999]", "a.startswith(b)"},
	{"strings begin with one of many", "a = 'x' * 30\nb = ('y',) * 1000", "a.startswith(b)"},
	{"strings begin with one of many, hard", "a = 'x' * 1000\nb = ('x' * 999 + 'y',) * 1000", "a.startswith(b)"},
	{"strings end with one of many", "a = 'x' * 31\nb = ('y' + 'x' * 30,) * 1000", "a.endswith(b)"},
	{"strings without their prefix", "a = 'x' * 100000\nb = a[:50000]", "a.removeprefix(b)"},
	{"strings formatted", "a = '{}' * 1000\nb = [1] * 1000", "a.format(*b)"},
	{"strings formatted by name", "a = '{a}' * 10000", "a.format(a = 1)"},
	{"strings formatted by long names", "a = ('{' + 'a' * 1000 + '}') * 100\nb = {'a' * 1000: 1}", "a.format(**b)"},
	{"strings formatted without fields", "a = '{{' * 50000", "a.format()"},
	{"strings formatted with large ones", "a = '{0}' * 100\nb = 'x' * 10000", "a.format(b)"},
	{"strings interpolated", "a = '%d' * 1000\nb = (1,) * 1000", "a % b"},
	{"strings interpolated with a mapping", "a = '%(a)s' * 10000\nb = {'a': 1}", "a % b"},
	{"strings interpolated with long names", "a = ('%(' + 'a' * 1000 + ')s') * 1000\nb = {'a' * 1000: 1}", "a % b"},
	{"strings interpolated with nothing", "a = '%%' * 50000\nb = ()", "a % b"},
	{"strings quoted", "a = 'x' * 100000", "repr(a)"},
	{"strings quoted, escapes", "a = '\\u0001' * 30000", "repr(a)"},
	{"strings encoded", "a = '\\u0001é' * 30000", "json.encode(a)"},
	{"strings decoded", "a = '\"' + '\\\\u00e9' * 20000 + '\"'", "json.decode(a)"},
	{"strings sliced", "a = 'x' * 100000", "a[1:40000]"},
	{"strings sliced by steps", "a = 'x' * 100000", "a[::2]"},
	{"strings reversed", "a = 'x' * 100000", "a[::-1]"},
	{"strings hashed", "a = 'x' * 100000", "hash(a)"},
	{"strings as bytes", "a = 'x' * 100000", "bytes(a)"},
	{"bytes as strings", "a = bytes('x' * 100000)", "str(a)"},
	{"bytes of numbers", "a = [1] * 10000", "bytes(a)"}, // each is checked
	{"bytes contain", "a = bytes('x' * 100000)\nb = bytes('x' * 5000 + 'y')", "b in a"},
	{"bytes compared", "a = bytes('x' * 100000)\nb = bytes('x' * 99999 + 'y')", "a == b"},
	{"bytes ordered", "a = bytes('x' * 100000)\nb = bytes('x' * 99999 + 'y')", "a < b"},
	{"bytes hashed", "a = bytes('x' * 100000)", "hash(a)"},
	{"bytes as elements", "a = bytes('x' * 10000)", "list(a.elems())"},
	{"elements", "a = ('x' * 10000).elems()", "list(a)"},
	{"codepoints", "a = 'é' * 10000", "list(a.codepoints())"},
	{"codepoints, not used", "a = 'é' * 50000", "a.codepoints()"},
	{"ord", "a = 'é'", "ord(a)"},
	{"lists made", "a = range(10000)", "list(a)"},
	{"lists added", "a = [1] * 10000", "a + a"},
	{"lists repeated", "a = [1]", "a * 100000"},
	{"lists compared", "a = [1] * 10000\nb = [1] * 10000", "a == b"},
	{"lists of lists compared", "a = [[]] * 10000\nb = [[]] * 10000", "a == b"},
	{"lists of floats compared", "a = [1.5] * 10000\nb = [1.5] * 10000", "a < b"},
	{"lists of strings compared", "a = ['x' * 60] * 10000\nb = ['x' * 60] * 10000", "a == b"},
	{"lists of large numbers compared", "a = [big] * 1000\nb = [big] * 1000", "a == b"},
	{"numbers and lists of them", "a = list(range(10000))", "-1 in a"},
	{"strings in lists", "a = ['x' * 60 + 'y'] * 10000\nb = 'x' * 61", "b in a"},
	{"lists in lists", "a = [[1]] * 10000\nb = [2]", "b in a"},
	{"long in lists of short", "a = [list(range(100))] * 100\nb = list(range(99)) + [0]", "b in a"},
	{"lists searched", "a = list(range(10000))", "a.index(9999)"},
	{"lists inserted into", "a = list(range(10000))", "a.insert(0, 1); a.pop()"},
	{"lists popped from", "a = list(range(10000))", "a.pop(0); a.append(1)"},
	{"lists extended", "a = []\nb = [1] * 1000", "a.extend(b); a.clear()"},
	{"lists sliced", "a = [1] * 10000", "a[1:]"},
	{"lists reversed", "a = [1] * 10000", "reversed(a)"},
	{"lists assigned from", "a = [1] * 10000", "[b for b in a]"},
	{"lists enumerated", "a = [1] * 10000", "enumerate(a)"},
	{"lists zipped", "a = [1] * 10000", "zip(a, a)"},
	{"many zipped", "a = [[1]] * 10000", "zip(*a)"},
	{"ranges in", "a = range(1000000)", "-1 in a"},
	{"ranges compared", "a = range(1000000)\nb = range(1000000)", "a == b"},
	{"any", "a = [0] * 10000", "any(a)"},
	{"all", "a = range(1, 10000)", "all(a)"},
	{"min", "a = list(range(10000))", "min(a)"},
	{"max of strings", "a = ['x' * 1000] * 1000", "max(a)"},
	{"sorted", "a = list(range(10000))", "sorted(a)"},
	{"sorted, mixed", "a = [(i * 7919) % 10007 for i in range(10000)]", "sorted(a)"},
	{"sorted strings", "a = ['x' * 60 + str(i) for i in range(10000)]", "sorted(a, reverse = True)"},
	{"sorted tuples", "a = [(1, 1, 1, i) for i in range(5000)]", "sorted(a)"},
	{"tuples made", "a = range(10000)", "tuple(a)"},
	{"tuples hashed", "a = (1,) * 10000\nd = {a: 1}", "d[a]"},
	{"tuples of strings hashed", "a = ('x' * 60,) * 10000\nd = {a: 1}", "d[a]"},
	{"tuples of large numbers hashed", "a = (big,) * 1000\nd = {a: 1}", "d[a]"},
	{"dicts made", "", "{'a': 1, 'b': 2, 'c': 3, 'd': 4, 'e': 5, 'f': 6, 'g': 7, 'h': 8}"},
	{"empty dicts", "", "{}"},
	{"sets made", "a = range(10000)", "set(a)"},
	{"dicts copied", "a = {i: i for i in range(10000)}", "dict(a)"},
	{"dicts merged", "a = {i: i for i in range(5000)}", "a | a"},
	{"dicts compared", "a = {i: i for i in range(5000)}\nb = dict(a)", "a == b"},
	{"dicts of strings compared", "a = {str(i): i for i in range(5000)}\nb = dict(a)", "a == b"},
	{"dicts listed", "a = {i: i for i in range(5000)}", "a.items()"},
	{"keys listed", "a = {i: i for i in range(5000)}", "a.keys()"},
	{"dicts looped over", "a = {i: i for i in range(5000)}", "[None for _ in a]"},
	{"dicts popped from", "a = {i: i for i in range(5000)}", "a.popitem(); a['x'] = 1"},
	{"dicts emptied from the front", "a = {i: i for i in range(100000)}", "a.popitem() if a else a.update({i: i for i in range(100000)})"},
	{"dicts whose first keys are gone", "a = {i: i for i in range(20000)}\n[a.pop(i) for i in range(19999)]", "list(a)"},
	{"dicts cleared", "a = {i: i for i in range(20000)}\na.clear()", "a.clear()"},
	{"long keys", "a = 'x' * 5000\nd = {a: 1}", "d[a]"},
	{"keys of 255", "a = 'x' * 255\nd = {a: 1}", "d[a]"},
	{"keywords", "def g(**kwargs): return 1\na = {'k' + str(i): i for i in range(200)}", "g(**a)"},
	{"many keywords", "def g(**kwargs): return 1\na = {'k' + str(i): i for i in range(20000)}", "g(**a)"},
	{"many arguments", "def g(*args): return 1\na = [1] * 20000", "g(*a)"},
	{"updates by keywords", "a = {}\nb = {'k' + str(i): i for i in range(5000)}", "a.update(**b)"},
	{"sets united", "a = set(range(5000))", "a | a"},
	{"sets intersected", "a = set(range(5000))", "a & a"},
	{"sets subtracted", "a = set(range(5000))\nb = set()", "a - b"},
	{"sets compared", "a = set(range(5000))\nb = set(range(5000))", "a == b"},
	{"sets ordered", "a = set(range(5000))\nb = set(range(5001))", "a < b"},
	{"subsets", "a = set(range(5000))", "a.issubset(range(5000))"},
	{"supersets", "a = set(range(5000))", "a.issuperset(range(5000))"},
	{"set differences", "a = set(range(5000))", "a.difference([])"},
	{"printed", "a = [1] * 10000", "str(a)"},
	{"printed, nested", "a = [[[]]] * 5000", "str(a)"},
	{"printed, deep", "a = []\nfor _ in range(190): a = [a]", "str(a)"},
	{"encoded", "a = [1] * 10000", "json.encode(a)"},
	{"encoded dicts", "a = [{'a': 1}] * 3000", "json.encode(a)"},
	{"decoded", "a = '[' + ','.join(['1'] * 5000) + ']'", "json.decode(a)"},
	{"decoded dicts", "a = '[' + ','.join(['{\"a\":1}'] * 2000) + ']'", "json.decode(a)"},
	{"decoded floats", "a = '[' + ','.join(['1.7976931348623157e+308'] * 2000) + ']'", "json.decode(a)"},
	{"attributes listed", "", "dir('')"},
	{"attributes looked for", "", "hasattr('', 'y' * 200)"},
	{"methods by value", "a = 'x'", "a.upper()"},
	{"times parsed", "", "time.parse_time('2020-01-01T00:00:00Z')"},
	{"times printed", "a = time.parse_time('2020-01-01T00:00:00Z')", "str(a)"},
	{"times formatted", "a = time.parse_time('2020-01-01T00:00:00Z')", "a.format('2006' * 1000)"},
	{"durations parsed", "", "time.parse_duration('1h' * 200)"},
	// All of these keys fall into one bucket.
	{"equal hashes, one looked up", "d = {i << 32: 0 for i in range(5000)}", "-1 << 32 in d"},
	{"equal hashes, got", "d = {i << 32: 0 for i in range(5000)}", "d.get(-1 << 32)"},
	{"equal hashes, indexed", "d = {i << 32: 0 for i in range(5000)}\nk = 4999 << 32", "d[k]"},
	{"equal hashes, set", "d = {i << 32: 0 for i in range(5000)}\nk = 4999 << 32", "d[k] = 1"},
	{"equal hashes, added", "d = {}", "d[len(d) << 32] = 1"},
	{"equal hashes, made anew", "", "{i << 32: 0 for i in range(1000)}"},
	{"equal hashes, a set", "a = [i << 32 for i in range(2000)]", "set(a)"},
	{"equal hashes, united", "a = set([i << 32 for i in range(2000)])", "a | a"},
	{"equal hashes, subsets", "a = set([i << 32 for i in range(2000)])", "a.issubset(a)"},
	{"equal hashes, compared", "a = {i << 32: 0 for i in range(2000)}\nb = dict(a)", "a == b"},
	{"equal hashes, sets compared", "a = set([i << 32 for i in range(2000)])\nb = set(a)", "a == b"},
	{"equal hashes, sets ordered", "a = set([i << 32 for i in range(2000)])\nb = set(a)", "a <= b"},
	{"equal hashes, deep inside", "a = [{i << 32: 0 for i in range(2000)}]\nb = [dict(a[0])]", "a == b"},
	{"equal hashes, in a list", "a = [{i << 32: 0 for i in range(500)}] * 10\nb = {i << 32: 0 for i in range(1, 500)}\nb[0] = 1", "b in a"},
	{"equal hashes, copied", "a = {i << 32: 0 for i in range(2000)}", "dict(a)"},
	{"equal hashes of large numbers", "base = (1 << 500) * (1 << 500)\nd = {(i << 32) | base: 0 for i in range(1000)}\nk = base | (1 << 480)", "k in d"},
	{"equal hashes of floats", "d = {float(i << 32): 0 for i in range(2000)}\nk = -4294967296.0", "k in d"},
	{"equal hashes of tuples", "d = {(i << 32,): 0 for i in range(2000)}\nk = (-1 << 32,)", "k in d"},
	{"equal hashes of long tuples", "d = {(1,) * 100 + (i << 32,): 0 for i in range(1000)}\nk = (1,) * 100 + (-1 << 32,)", "k in d"},
	{"equal hashes of tuples of strings", "d = {('x' * 60,) * 10 + (i << 32,): 0 for i in range(1000)}\nk = ('x' * 60,) * 10 + (-1 << 32,)", "k in d"},
	{"equal buckets of small numbers", "d = {i << 20: 0 for i in range(2000)}", "-1 in d"},
	{"equal buckets of small numbers, found", "d = {i << 20: 0 for i in range(2000)}\nk = 1999 << 20", "d[k]"},
}

// step runs one row of the table until its steps are used up.
func step(prepare, body string, steps uint64) error {
	indent := func(s string) string { return "    " + strings.ReplaceAll(s, "\n", "\n    ") }
	lines := strings.Split(body, "; ")
	source := "half = (1 << 500) * (1 << 500) * (1 << 500) * (1 << 500) - 1\nbig = half * half\ndef f():\n" + indent("pass\n"+prepare) + "\n    while True:\n"
	for _, line := range lines {
		source += "        " + line + "\n"
	}
	source += "f()\ndef run(ctx, input): pass\n"
	c := Compiler{Limits: runtime.Limits{Steps: steps, MemoryBytes: 1 << 60}}
	_, err := c.Compile(context.Background(), archive(map[string]string{"main.star": source}))
	return err
}

// cpu returns the processor time of this process, including garbage collection.
func cpu() int64 {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		return 0
	}
	return use.Utime.Nano() + use.Stime.Nano()
}

// BenchmarkStep measures how long a step takes in each kind of operation: what an author can make
// of a turn's steps. None should take much longer than the others; see weigh.go.
func BenchmarkStep(b *testing.B) {
	for _, h := range hungry {
		b.Run(strings.ReplaceAll(h.name, " ", "_"), func(b *testing.B) {
			before := cpu()
			err := step(h.prepare, h.body, uint64(b.N))
			b.ReportMetric(float64(cpu()-before)/float64(b.N), "cpu-ns/step")
			if e := (*runtime.PackageError)(nil); !errors.As(err, &e) || !strings.Contains(e.Error(), "steps") {
				b.Fatal(err)
			}
		})
	}
}
