package grant

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	for _, text := range []string{"read", "admin", "start:type=order", "work:queue=gpu-", "operate:queue=a", "operate:type=b", "deploy:type=x=y", "admin:namespace=acme", "work:namespace=acme,queue=gpu-", "read:namespace=a,type=b"} {
		g, err := Parse(text)
		if err != nil || g.String() != text {
			t.Errorf("%q is read as %q, %v", text, g, err)
		}
	}
	for text, why := range map[string]string{
		"": "none of the grants", "write": "none of the grants read, payload, start, signal, work, deploy, operate, admin", "Read": "none of the grants",
		"read:": "is limited by namespace or type", "read:type": "has no prefix", "read:type=": "has no prefix", "read:queue=a": "read is limited by namespace or type", "work:type=a": "work is limited by namespace or queue",
		"operate:type=a,queue=b": "write two grants", "read:type=a,type=b": "write two grants", "admin:type=a": "admin is limited by namespace, not", "read:type=a,namespace=b": "stands first", "read:namespace=": "has no prefix", "read:namespace=a,namespace=b": "stands first",
		"read:type=a b": "spaces", "read:type=\x00": "control", "read:type=" + strings.Repeat("a", MaxPrefix+1): "the limit is 255", " read": "none of the grants",
	} {
		if g, err := Parse(text); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q is read as %q, %v; want an error about %q", text, g, err, why)
		}
	}
}

// TestSet: a set allows what one of its grants allows, told a second time by going through them one
// by one.
func TestSet(t *testing.T) {
	names := []string{"a", "ab", "abc", "b", ""}
	rapid.Check(t, func(rt *rapid.T) {
		var grants []Grant
		var texts []string
		for range rapid.IntRange(0, 4).Draw(rt, "grants") {
			kind := rapid.SampledFrom(Kinds()).Draw(rt, "kind")
			text := string(kind)
			if of := keys[kind]; len(of) > 0 && rapid.Bool().Draw(rt, "limited") {
				text += ":" + rapid.SampledFrom(of).Draw(rt, "key") + "=" + rapid.SampledFrom(names[:4]).Draw(rt, "prefix")
			}
			g, err := Parse(text)
			if err != nil {
				rt.Fatal(err)
			}
			grants, texts = append(grants, g), append(texts, text)
		}
		allows := func(k Kind, typ, queue *string) bool {
			for _, text := range texts {
				kind, limit, _ := strings.Cut(text, ":")
				key, prefix, _ := strings.Cut(limit, "=")
				if kind != string(k) && kind != "admin" {
					continue
				}
				if limit == "" || key == "type" && typ != nil && strings.HasPrefix(*typ, prefix) || key == "queue" && queue != nil && strings.HasPrefix(*queue, prefix) {
					return true
				}
			}
			return false
		}
		set, err := ParseAll(texts)
		if err != nil {
			rt.Fatal(err)
		}
		for _, k := range Kinds() {
			r := set.Of(k)
			if got, want := r.Whole(), allows(k, nil, nil); got != want {
				rt.Errorf("%v allow %s without limit: %v, want %v", texts, k, got, want)
			}
			for _, n := range names {
				if got, want := r.Type(n), allows(k, &n, nil); got != want {
					rt.Errorf("%v allow %s of type %q: %v, want %v", texts, k, n, got, want)
				}
				if got, want := r.Queue(n), allows(k, nil, &n); got != want {
					rt.Errorf("%v allow %s of queue %q: %v, want %v", texts, k, n, got, want)
				}
				if got, want := r.AllTypes([]string{n, "a"}), allows(k, &n, nil) && allows(k, &names[0], nil); got != want {
					rt.Errorf("%v allow %s of types %q and a: %v, want %v", texts, k, n, got, want)
				}
			}
		}
		again, err := ParseAll(set.Strings())
		if a, b := strings.Join(again.Strings(), " "), strings.Join(set.Strings(), " "); err != nil || a != b {
			rt.Errorf("%s is read back as %s, %v", b, a, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add("start:type=order")
	f.Fuzz(func(t *testing.T, text string) {
		g, err := Parse(text)
		if err != nil {
			return
		}
		if back, err := Parse(g.String()); err != nil || back.String() != g.String() || g.String() != text {
			t.Errorf("%q is read as %q and back as %q, %v", text, g, back, err)
		}
	})
}
