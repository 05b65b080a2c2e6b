package namespace

import (
	"cmp"
	"encoding/hex"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func spaces() *rapid.Generator[string] { return rapid.StringMatching(`|[a-z0-9-]{1,8}`) }

func names() *rapid.Generator[string] {
	return rapid.OneOf(rapid.StringMatching(`[A-Za-z0-9._:@-]{1,6}`), rapid.StringMatching(`[!"a-c -]{0,6}`))
}

// TestQualify: names come back as they were, and no two names of any namespaces are stored as one.
func TestQualify(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s1, s2, n1, n2 := spaces().Draw(rt, "space"), spaces().Draw(rt, "other"), names().Draw(rt, "name"), names().Draw(rt, "another")
		q := Qualify(s1, n1)
		if s, n := Split(q); s != s1 || n != n1 || Of(q) != s1 || Bare(q) != n1 {
			rt.Fatalf("%q of %q is stored as %q, which is %q of %q", n1, s1, q, n, s)
		}
		if q == Qualify(s2, n2) && (s1 != s2 || n1 != n2) {
			rt.Fatalf("%q of %q and %q of %q are both stored as %q", n1, s1, n2, s2, q)
		}
		if s1 != "" && !(q >= First && q < Rest) {
			rt.Fatalf("%q is not among the names of namespaces", q)
		}
	})
}

// TestOrder: within a namespace stored names are in the order of the names.
func TestOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := spaces().Draw(rt, "space")
		name := rapid.StringMatching(`[A-Za-z0-9._:@-]{1,6}`)
		a, b := name.Draw(rt, "a"), name.Draw(rt, "b")
		if cmp.Compare(a, b) != cmp.Compare(Qualify(s, a), Qualify(s, b)) {
			rt.Fatalf("%q and %q change places in %q", a, b, s)
		}
	})
}

func TestVersions(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := spaces().Draw(rt, "space")
		var v [32]byte
		copy(v[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(rt, "version"))
		stored := Version(s, v)
		if Version(s, stored) != v {
			rt.Fatal("a version does not come back")
		}
		n := rapid.IntRange(shortest, 64).Draw(rt, "digits")
		ref := hex.EncodeToString(v[:])[:n]
		if got := Ref(s, ref); v != ([32]byte{}) && !strings.HasPrefix(hex.EncodeToString(stored[:]), got) || Ref(s, got) != ref {
			rt.Fatalf("the start %s of a version becomes %s", ref, got)
		}
	})
	if v := Version("acme", [32]byte{}); v != ([32]byte{}) {
		t.Error("no version becomes one")
	}
	for _, odd := range []string{"xyz", "ABCDEF", "abcdefg", strings.Repeat("a", 65), "", "abcde"} {
		if got := Ref("acme", odd); got != odd {
			t.Errorf("%q becomes %q", odd, got)
		}
	}
}

// TestFrozen: what is stored never changes.
func TestFrozen(t *testing.T) {
	mask := Mask("acme")
	for got, want := range map[string]string{
		Qualify("acme", "order"): "!acme!order", Qualify("", "order"): "order", Qualify("", "!x"): "!!!x", Qualify("acme", ""): "!acme!",
		hex.EncodeToString(mask[:]): "200a384015ffcf05e9258d98c56cb4def9e949732d1752085a6b0d0e7e2d3362",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestTexts(t *testing.T) {
	if got := Text("acme", `there is no "!acme!a", and not !acme!b or !other!c`); got != `there is no "a", and not b or !other!c` {
		t.Error(got)
	}
	mask := Mask("acme")
	short := hex.EncodeToString(mask[:])[:12]
	if got := Digits("acme", "is "+short+", not abcde", 6); got != "is 000000000000, not abcde" {
		t.Error(got)
	}
}

func TestCheck(t *testing.T) {
	for _, ok := range []string{"a", "acme", "0", "a-b", strings.Repeat("a", 63)} {
		if err := Check(ok); err != nil {
			t.Errorf("%q: %v", ok, err)
		}
	}
	for _, bad := range []string{"", "A", "a b", "a!", "ä", strings.Repeat("a", 64)} {
		if Check(bad) == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}
