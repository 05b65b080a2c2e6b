package rewind

import (
	"bytes"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cmd/aion-node/recording"
	"aion.dev/aion/engine/runtime/starlark"
)

// session opens the exported run on its own code, changed by edit.
func session(t *testing.T, edit func(source string) string) *Session {
	t.Helper()
	rec, err := recording.Read("../testdata/exported/order.run.json")
	if err != nil {
		t.Fatal(err)
	}
	archive, err := catalog.Open(rec.File.Archive.Code, catalog.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range archive.Modules {
		archive.Modules[i].Source = []byte(edit(string(m.Source)))
	}
	program, err := (starlark.Compiler{}).Compile(t.Context(), archive)
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(rec, archive, program, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func same(source string) string { return source }

// A step looks the same however one got there.
func TestThereAndBack(t *testing.T) {
	s := session(t, same)
	var forwards []string
	for n := 1; n <= s.Len(); n++ {
		step, err := s.Step(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		forwards = append(forwards, strings.Join(s.Lines(step), "\n"))
	}
	jumping := session(t, same)
	for n := s.Len(); n >= 1; n-- {
		step, err := jumping.Step(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(jumping.Lines(step), "\n"); got != forwards[n-1] {
			t.Errorf("turn %d backwards:\n%s\nforwards:\n%s", n, got, forwards[n-1])
		}
	}
}

// Code that does not follow the record says where, and what comes after is not made up.
func TestOtherCode(t *testing.T) {
	s := session(t, func(source string) string { return strings.Replace(source, `"200ms"`, `"300ms"`, 1) })
	second, err := s.Step(t.Context(), 2)
	if err != nil || !strings.Contains(second.Problem, "at order.star:8:14") || !strings.Contains(second.Problem, `"200ms"`) || !strings.Contains(second.Problem, `"300ms"`) {
		t.Errorf("%v: %+v", err, second)
	}
	third, err := s.Step(t.Context(), 3)
	if err != nil || third.Problem != "an earlier turn does not replay" || len(third.Stacks) > 0 || len(third.Asked) != 1 {
		t.Errorf("%v: %+v", err, third)
	}
}

func TestPlain(t *testing.T) {
	var out bytes.Buffer
	if err := session(t, same).Plain(t.Context(), strings.NewReader("n\n\ngoto\nfly\nlast\nn\nfirst\nq\nn\n"), &out); err != nil {
		t.Fatal(err)
	}
	var turns []string
	for line := range strings.Lines(out.String()) {
		if !strings.HasPrefix(line, " ") {
			turns = append(turns, strings.Fields(line)[0]+strings.Fields(line)[1])
		}
	}
	if got, want := strings.Join(turns, " "), `turn1 turn2 gototakes "fly"is turn3 thereis turn1`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// What a run was given cannot take over the terminal.
func TestVisible(t *testing.T) {
	if got := visible("a\x1b[2Jb\x9bc\ttab é"); got != "a\ufffd[2Jb\ufffdc\ufffdtab é" {
		t.Errorf("got %q", got)
	}
}
