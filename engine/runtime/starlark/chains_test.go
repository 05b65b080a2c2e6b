package starlark

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"aion.dev/aion/engine/runtime"
	"go.starlark.net/starlark"
)

// within runs code as a top level with a limit of steps, and reports whether the limit sufficed.
func within(t *testing.T, steps uint64, code string) bool {
	t.Helper()
	c := Compiler{Limits: runtime.Limits{Steps: steps, MemoryBytes: 1 << 30}}
	_, err := c.Compile(context.Background(), archive(map[string]string{"main.star": code + "\ndef run(ctx, input): pass\n"}))
	if e := (*runtime.PackageError)(nil); err != nil && (!errors.As(err, &e) || !strings.Contains(e.Error(), "steps")) {
		t.Fatalf("%s: %v", code, err)
	}
	return err == nil
}

// Operations on colliding keys compare a key with all the others, whatever the keys are made of and
// however they got there. Thousands of colliding keys take millions of steps; as many other keys
// take few.
func TestCollisionsAreCharged(t *testing.T) {
	keys := map[string]string{
		"numbers":       "i << 32",
		"large numbers": "(i << 32) + (1 << 500)",
		"floats":        "float(i << 32)",
		"tuples":        "(i << 32,)",
		"long tuples":   "(1, 2, 3, 4, i << 32)",
		"text in them":  "('x' * 100, i << 32)",
		"one bucket":    "i << 16",
	}
	uses := map[string]string{
		"set one by one":   "d = {}\nfor i in range(n): d[KEY] = 0",
		"comprehension":    "d = {KEY: 0 for i in range(n)}",
		"made into a set":  "s = set([KEY for i in range(n)])",
		"added to a set":   "s = set()\n[s.add(KEY) for i in range(n)]",
		"united":           "s = set()\ns.update([KEY for i in range(n)])",
		"union":            "s = set() | set([KEY for i in range(n)])",
		"setdefault":       "d = {}\n[d.setdefault(KEY) for i in range(n)]",
		"update":           "d = {}\nd.update([(KEY, 0) for i in range(n)])",
		"made into a dict": "d = dict([(KEY, 0) for i in range(n)])",
	}
	for name, key := range keys {
		for use, code := range uses {
			n := 2500
			if name == "one bucket" {
				n = 10_000 // only keys with different hashes are compared
			}
			code = fmt.Sprintf("n = %d\n", n) + strings.ReplaceAll(code, "KEY", key)
			if within(t, 600_000, code) {
				t.Errorf("%s, %s: %d that collide take less than 600,000 steps", name, use, n)
			}
			apart := strings.ReplaceAll(strings.ReplaceAll(code, " << 32", ""), " << 16", "")
			if !within(t, uint64(n)*100, apart) {
				t.Errorf("%s, %s: %d that do not collide take more than 100 steps each", name, use, n)
			}
		}
	}
}

// Operations that only look at colliding keys pay as well.
func TestLookingAtCollisionsIsCharged(t *testing.T) {
	const made = "d = {i << 32: 0 for i in range(1000)}\ne = dict(d)\ns = set(d)\nz = set(d)\nk = 1000 << 32\nl = list(d)\n"
	for _, look := range []string{
		"k in d", "k not in d", "d.get(k)", "d.get(999 << 32)", "d[999 << 32]", "d.pop(k, 0)", "k in s", "s.discard(k)", "d.setdefault(5 << 32)",
	} {
		code := made + "for i in range(5000):\n    " + look
		if within(t, 2_000_000, code) || !within(t, 20_000_000, code) {
			t.Errorf("%s: a look at 1,000 that collide takes less than 300 steps or more than 4,000", look)
		}
	}
	for _, all := range []string{
		"d == e", "d != e", "s == z", "s <= z", "s < z", "s | z", "s & z", "s - z", "s ^ z", "d | e", "s.union(l)", "s.issubset(z)", "s.issuperset(l)", "s.intersection(z)",
		"s.difference(l)", "s.symmetric_difference(z)", "dict(d)", "set(d)", "d.update(e)", "[d] == [e]", "d in [e]", "[d].index(e)", "sorted([1, 2], key = lambda _: s)", "s.update(l)",
	} {
		code := made + "for i in range(20):\n    " + all
		if all == "sorted([1, 2], key = lambda _: s)" {
			continue // sets have no order that sorting takes
		}
		if within(t, 3_000_000, code) {
			t.Errorf("%s: a walk over 1,000 that collide takes less than 150,000 steps", all)
		}
	}
}

// A large dict costs no more for each key than a small one.
func TestLargeDictsAreCheap(t *testing.T) {
	for _, key := range []string{"i", "-i", "str(i)", "float(i)", "(i, 'x')", "'a long enough text ' + str(i)", "i * 7919", "(str(i), i, i, i, i)"} {
		code := fmt.Sprintf("d = {}\nfor i in range(50000): d[%s] = i\n", key)
		if !within(t, 50_000*60, code) {
			t.Errorf("%s: more than 60 steps a key", key)
		}
	}
	if !within(t, 50_000*40, "d = {i: i for i in range(20000)}\nfor i in range(20000): d.pop(i)\nfor i in range(20000): d[i] = d.get(i - 1)\n") {
		t.Error("taking out and putting in costs more than 40 steps a key")
	}
}

// The counts of a container's buckets match a fresh count, whatever is done to the container.
func TestChainsStayRight(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	m := newMeter("test", nil, runtime.Limits{Steps: 1 << 60, MemoryBytes: 1 << 60})
	m.begin(true)
	key := func() starlark.Value {
		i := starlark.MakeInt(rnd.IntN(400))
		switch rnd.IntN(4) {
		case 0:
			return starlark.MakeInt64(int64(rnd.IntN(400)) << 32)
		case 1:
			return starlark.String(fmt.Sprint("k", i))
		case 2:
			return starlark.Tuple{i, starlark.String("and a long text")}
		}
		return i
	}
	call := func(v starlark.Value, name string, args ...starlark.Value) {
		t.Helper()
		if _, err := m.callMethod(v, name, args, nil, methodsOf(v)); err != nil && !strings.Contains(err.Error(), "missing") && !strings.Contains(err.Error(), "empty") {
			t.Fatal(name, err)
		}
	}
	d, s := new(starlark.Dict), new(starlark.Set)
	counted := 0
	for range 30_000 {
		switch rnd.IntN(14) {
		case 0, 1, 2:
			if err := m.set(d, key(), starlark.None); err != nil {
				t.Fatal(err)
			}
		case 3:
			call(d, "setdefault", key())
		case 4:
			call(d, "pop", key(), starlark.None)
		case 5:
			call(d, "popitem")
		case 6:
			call(d, "get", key())
		case 7, 8, 9:
			call(s, "add", key())
		case 10:
			call(s, "discard", key())
		case 11:
			call(s, "remove", key())
		case 12:
			call(s, "update", starlark.NewList([]starlark.Value{key(), key()}))
		case 13:
			call(s, "pop")
		}
		for _, v := range []starlark.Value{d, s} {
			c := m.chains[v]
			if c == nil || c.size != length(v) {
				continue // it is counted again before its next use
			}
			again, err := m.countChains(v)
			if err != nil {
				t.Fatal(err)
			}
			if len(again.counts) == len(c.counts) {
				if counted++; !slices.Equal(c.counts, again.counts) {
					t.Fatalf("a %s of %d has %v, counted %v", v.Type(), length(v), c.counts, again.counts)
				}
			}
		}
	}
	if counted < 10_000 {
		t.Errorf("only %d counts were compared", counted)
	}
}
