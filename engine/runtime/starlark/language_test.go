package starlark

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"

	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/internal/zones"
	"pgregory.net/rapid"
)

func TestLanguage(t *testing.T) {
	for name, source := range map[string]string{
		"augmented": `
x = [1]
y = x
x += [2]
x += (3,)
eq(y, [1, 2, 3])
d = {"a": [1], "n": 1, "s": "x"}
d["a"] += [2]
d["n"] += 1
d["n"] *= 10
d["n"] -= 5
d["n"] //= 2
d["n"] <<= 2
d["n"] |= 1
d["n"] ^= 3
d["n"] &= 62
d["n"] >>= 1
d["n"] %= 7
d["s"] += "y"
d["s"] *= 2
d["s"] %= ()
eq(d, {"a": [1, 2], "n": 1, "s": "xyxy"})
e = {1: 1}
f = e
e |= {2: 2}
eq(f, {1: 1, 2: 2})
l = [1, 2]
l[-1] += 5
eq(l, [1, 7])
n = 5
n //= 2
n /= 2
eq(n, 1.0)
`,
		"augmented order": `
log = []
def note(x):
    log.append(x)
    return x
d = {1: 10}
def change():
    d[1] = 100
    return 5
d[note(1)] += change()
eq(d, {1: 15})
eq(log, [1])
`,
		"targets": `
d = {}
l = [0, 0]
(d["a"], l[0]), [l[1], x] = (1, 2), (3, 4)
eq((d, l, x), ({"a": 1}, [2, 3], 4))
for d["i"], y in [(1, 2), (3, 4)]: pass
eq(d["i"], 3)
eq([k for k, v in d.items()], ["a", "i"])
`,
		"set": `
s = set([1, 2])
eq(s | set([3]), set([1, 2, 3]))
eq(s - set([1]), set([2]))
eq(sorted(s.union([5], [4])), [1, 2, 4, 5])
`,
		"while": `
def f(n):
    total = 0
    while n > 0:
        n -= 1
        if n == 3: continue
        if n == 1: break
        total += n
    return total
eq(f(6), 5 + 4 + 2)
`,
		"text": `
eq("%s and %r and %d and %x and %%" % ("a", "a", 7, 255), "a and \"a\" and 7 and ff and %")
eq("%(a)s" % {"a": [1, "x"]}, "[1, \"x\"]")
eq("{} {}".format(1, [2]), "1 [2]")
eq("{1}{0}{x!r}".format(1, 2, x = "y"), "21\"y\"")
eq("{{}}", "{{}}".format().replace("{", "{{").replace("}", "}}"))
eq(str([1, (2,), {"a": None}, set([1]), 1.5, "x"]), "[1, (2,), {\"a\": None}, set([1]), 1.5, \"x\"]")
eq("-".join([c for c in "añb".codepoints()]), "a-ñ-b")
eq(list("ab".elem_ords()), [97, 98])
eq("a,b,,c".split(","), ["a", "b", "", "c"])
eq(" a  b ".split(), ["a", "b"])
eq("abc"[::-1], "cba")
eq("abc"[-2:], "bc")
eq([1, 2, 3, 4][3:0:-2], [4, 2])
eq(range(10)[2:8:3], range(2, 8, 3))
a = []
a.append(a)
eq(str(a), "[[...]]")
`,
		"sort": `
eq(sorted([3, 1, 2]), [1, 2, 3])
eq(sorted(["bb", "a", "cc"], key = len), ["a", "bb", "cc"])
eq(sorted(["bb", "a", "cc"], key = len, reverse = True), ["bb", "cc", "a"])
eq(max([1, 5, 3]), 5)
eq(min("b", "a"), "a")
eq(max([1, -5], key = abs), -5)
eq([list(t) for t in zip([1, 2], "ab".elems())], [[1, "a"], [2, "b"]])
eq(enumerate(["a"], 1), [(1, "a")])
eq(reversed([1, 2]), [2, 1])
`,
		"json": `
v = {"b": [1, 2.0, -3e50, None, True, "\u2028\"\\\n\u00e9"], "a": {}}
eq(json.decode(json.encode(v)), v)
eq(json.encode({"b": (1, 2), "a": 1.0}), "{\"b\":[1,2],\"a\":1.0}")
eq(json.encode(time.parse_duration("1h")), "\"1h0m0s\"")
eq(json.encode(time.time(year = 2026, month = 2, day = 3)), "\"2026-02-03T00:00:00Z\"")
eq(json.decode("12345678901234567890123"), 12345678901234567890123)
eq(type(json.decode("1")), "int")
eq(type(json.decode("1.0")), "float")
`,
		"time": `
t = time.parse_time("2026-07-01T12:00:00+02:00")
eq(str(t), "2026-07-01 12:00:00 +0200 +0200")
eq(str(time.from_timestamp(0)), "1970-01-01 00:00:00 +0000 UTC")
eq(t.in_location("Europe/Berlin").hour, 12)
eq(t.in_location("America/New_York").format("15:04 MST"), "06:00 EDT")
eq(time.is_valid_timezone("Europe/Berlin"), True)
eq(time.is_valid_timezone("Local"), False)
eq(time.is_valid_timezone("../etc/passwd"), False)
eq((t + time.hour - t).minutes, 60.0)
eq(time.hour * 2 + time.parse_duration("30m"), time.parse_duration("2h30m"))
eq(time.time(year = 2026, month = 3, day = 29, hour = 12, location = "Europe/Berlin").unix, 1774778400)
`,
		"math": `
eq(math.floor(2.5), 2)
eq(math.pow(2, 10), 1024.0)
eq(math.pow(2, -1), 0.5)
eq(math.sqrt(2.25), 1.5)
`,
		"functions": `
def f(a, *args, b = 2, **kwargs): return (a, args, b, kwargs)
eq(f(1, 2, 3, b = 4, c = 5), (1, (2, 3), 4, {"c": 5}))
eq(f(*[1, 2], **{"b": 3, "x": 4}), (1, (2,), 3, {"x": 4}))
g = lambda *a, **k: (a, k)
eq(g(1, x = 2), ((1,), {"x": 2}))
eq((lambda x, y = 2: x + y)(1), 3)
h = [].append
h(1)
eq(getattr({"a": 1}, "get")("a"), 1)
eq(getattr([], "nope", 5), 5)
eq(hasattr([], "append"), True)
`,
		"one huge literal": "x = [" + manyTimes("1, ", 5000) + "]\neq(len(x), 5000)\n",
	} {
		t.Run(name, func(t *testing.T) { must(t, source) })
	}
}

func manyTimes(s string, n int) string {
	b := make([]byte, 0, n*len(s))
	for range n {
		b = append(b, s...)
	}
	return string(b)
}

// A node in another time zone computes the same times.
func TestTimeIgnoresTheMachinesZone(t *testing.T) {
	zone, err := zones.Of("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	before := time.Local
	time.Local = zone
	defer func() { time.Local = before }()
	must(t, `
eq(str(time.parse_time("2026-07-01T12:00:00+02:00")), "2026-07-01 12:00:00 +0200 +0200")
eq(str(time.parse_time("01 Jul 26 12:00 CEST", format = "02 Jan 06 15:04 MST")), "2026-07-01 12:00:00 +0000 CEST")
eq(str(time.from_timestamp(0)), "1970-01-01 00:00:00 +0000 UTC")
eq(str(time.time(year = 2026)), "2026-01-01 00:00:00 +0000 UTC")
`)
}

// decode reads what encoding/json reads, and encode writes it back.
func TestJSONAgreesWithGo(t *testing.T) {
	m := newMeter("test", nil, runtime.DefaultLimits())
	m.begin(true)
	rapid.Check(t, func(rt *rapid.T) {
		m.used = 0
		want := anyJSON(rt, 4)
		text, err := json.Marshal(want)
		if err != nil {
			rt.Fatal(err)
		}
		v, err := m.decode("value", text)
		if err != nil {
			rt.Fatalf("%s: %v", text, err)
		}
		back, err := m.encode("value", v)
		if err != nil {
			rt.Fatalf("%s: %v", text, err)
		}
		var got, again any
		if err := json.Unmarshal(back, &got); err != nil {
			rt.Fatalf("%s became %s: %v", text, back, err)
		}
		if json.Unmarshal(text, &again); !reflect.DeepEqual(got, again) {
			rt.Fatalf("%s became %s", text, back)
		}
	})
}

func anyJSON(rt *rapid.T, depth int) any {
	kind := rapid.IntRange(0, 6).Draw(rt, "kind")
	if depth == 0 {
		kind %= 5
	}
	switch kind {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(rt, "bool")
	case 2:
		return rapid.Int64().Draw(rt, "int")
	case 3:
		f := rapid.Float64().Draw(rt, "float")
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return 0.5
		}
		return f
	case 4:
		return rapid.String().Draw(rt, "string")
	case 5:
		list := make([]any, rapid.IntRange(0, 4).Draw(rt, "len"))
		for i := range list {
			list[i] = anyJSON(rt, depth-1)
		}
		return list
	}
	object := make(map[string]any)
	for range rapid.IntRange(0, 4).Draw(rt, "len") {
		object[rapid.String().Draw(rt, "name")] = anyJSON(rt, depth-1)
	}
	return object
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.5e3,"\ud83d\ude00\ud800x",null,true]}`, `[`, `"\u12`, `01`, `-`, `1e`, `{"a"}`, "\"\x00\"", `1 2`, "[1,]", "nul", `"\`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m := newMeter("fuzz", nil, runtime.DefaultLimits())
		m.begin(true)
		v, err := m.decode("value", history.Payload(text))
		if valid := json.Valid(text); len(text) > 0 && valid != (err == nil) {
			// Valid text that is refused is too deep, or has too large a number.
			if !valid || len(text) < 200 && !hasExponent(text) {
				t.Fatalf("%q: valid is %v, error is %v", text, valid, err)
			}
		}
		if err != nil {
			return
		}
		if back, err := m.encode("value", v); err != nil || !json.Valid(back) {
			t.Fatalf("%q became %q, %v", text, back, err)
		}
	})
}

func hasExponent(text []byte) bool {
	for _, c := range text {
		if c|0x20 == 'e' {
			return true
		}
	}
	return false
}
