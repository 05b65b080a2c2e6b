package sourcemap_test

import (
	"fmt"
	"strings"
	"testing"

	"aion.dev/aion/engine/runtime/wasm/sourcemap"
)

func parse(t *testing.T, mappings string) *sourcemap.Map {
	t.Helper()
	m, err := sourcemap.Parse(fmt.Appendf(nil, `{"version":3,"sources":["a.ts","b.ts"],"sourcesContent":[null,"x"],"names":[],"mappings":%q}`, mappings))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSource(t *testing.T) {
	// Line 1: columns 0 and 4 are lines 1 and 3 of a.ts. Line 3: column 2 is line 2 of b.ts, and
	// from column 6 on there is no source.
	m := parse(t, "AAAA,IAEA;;ECDA,I;")
	for at, want := range map[[2]int]string{
		{1, 0}: "a.ts:1", {1, 3}: "a.ts:1", {1, 4}: "a.ts:3", {1, 1 << 40}: "a.ts:3", {1, -5}: "a.ts:1",
		{2, 0}: "", {3, 1}: "", {3, 2}: "b.ts:2", {3, 5}: "b.ts:2", {3, 6}: "", {4, 0}: "", {5, 0}: "", {0, 0}: "", {-1, 0}: "",
	} {
		source, line, ok := m.Source(at[0], at[1])
		got := ""
		if ok {
			got = fmt.Sprintf("%s:%d", source, line)
		}
		if got != want {
			t.Errorf("%v: %q, want %q", at, got, want)
		}
	}
}

// What is out of order in a line is found nevertheless.
func TestOutOfOrder(t *testing.T) {
	m := parse(t, "IAEA,JAFA") // columns 4 and 0
	if _, line, _ := m.Source(1, 1); line != 1 {
		t.Errorf("line %d", line)
	}
	if _, line, _ := m.Source(1, 9); line != 3 {
		t.Errorf("line %d", line)
	}
}

func TestRefuses(t *testing.T) {
	for want, text := range map[string]string{
		"no JSON object":                     `[]`,
		"version \"\", only 3":               `{}`,
		"version \"4\"":                      `{"version":4}`,
		"has sections":                       `{"version":3,"sections":[]}`,
		"no list of sources":                 `{"version":3,"sources":7}`,
		"mappings that are no text":          `{"version":3,"mappings":7}`,
		"not valid, for line 1":              `{"version":3,"sources":["a"],"mappings":"A!AA"}`,
		"not valid, for line 2":              `{"version":3,"sources":["a"],"mappings":";AA"}`,
		"not valid, for line 1 (no source)":  `{"version":3,"sources":["a"],"mappings":"ACAA"}`,
		"not valid, for line 1 (cut off)":    `{"version":3,"sources":["a"],"mappings":"AAAg"}`,
		"not valid, for line 1 (long)":       `{"version":3,"sources":["a"],"mappings":"ggggggggggA"}`,
		"not valid, for line 1 (negative)":   `{"version":3,"sources":["a"],"mappings":"DAAA"}`,
		"not valid, for line 1 (six fields)": `{"version":3,"sources":["a"],"mappings":"AAAAAA"}`,
		"more than 2000000 lines":            `{"version":3,"mappings":"` + strings.Repeat(";", 2_000_001) + `A"}`,
		"the limit is 33554432":              strings.Repeat(" ", sourcemap.MaxBytes+1),
	} {
		text, want := text, want
		want, _, _ = strings.Cut(want, " (")
		if _, err := sourcemap.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"version":3,"sources":["a.ts","b.ts"],"mappings":"AAAA,IAEA;;ECDA,I;"}`), 1, 2)
	f.Fuzz(func(t *testing.T, b []byte, line, column int) {
		m, err := sourcemap.Parse(b)
		if err != nil {
			return
		}
		if source, from, ok := m.Source(line, column); ok && (from < 1 || len(source) > 600) {
			t.Errorf("%q:%d", source, from)
		}
	})
}
