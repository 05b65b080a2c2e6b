package main

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// said is the output of test2json for one test after another: "Test action seconds".
func said(lines ...string) []byte {
	var b strings.Builder
	for _, l := range lines {
		f := strings.Fields(l)
		b.WriteString(`{"Action":"run","Test":"` + f[0] + "\"}\n")
		if len(f) == 3 {
			b.WriteString(`{"Action":"` + f[1] + `","Test":"` + f[0] + `","Elapsed":` + f[2] + "}\n")
		}
	}
	return []byte(b.String())
}

func TestQuickTestsAreRunAgain(t *testing.T) {
	r := parse(said("TestB pass 0.1", "TestA pass 2", "TestA/part pass 1", "TestSlow pass 2.1", "TestBad fail 0.1", "TestNot skip 0", "TestStuck"), errors.New("exit 1"))
	if got := r.quick(2 * time.Second); !slices.Equal(got, []string{"TestA", "TestB"}) {
		t.Errorf("quick are %v", got)
	}
}

func TestTallyNamesWhatFailed(t *testing.T) {
	exit := errors.New("exit status 1")
	c := newTally()
	c.add("a", parse(said("TestOne pass 0", "TestTwo fail 0"), exit))
	c.add("a", parse(said("TestOne pass 0", "TestTwo pass 0"), nil))
	c.add("a", parse(said("TestOne pass 0", "TestTwo pass 0", "TestNot skip 0"), exit)) // it leaked a goroutine
	c.add("b", parse(said("TestHangs"), exit))
	var b strings.Builder
	c.print(&b)
	want := `4 tests ran 7 times; 3 of them failed.
     1 of     1  b TestHangs (1 did not end)
     1 of     3  a (the package)
     1 of     3  a TestTwo
`
	if b.String() != want || c.failures() != 3 {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

// A real package, so that the test also covers what go's tools print.
func TestHuntRunsRealTests(t *testing.T) {
	o := options{
		length: time.Minute, quick: time.Minute, patience: time.Minute, first: time.Minute,
		rounds: 2, parallel: 1, run: "TestTally|TestQuick", out: t.TempDir(),
	}
	c, err := hunt(t.Context(), o, []string{"."})
	if err != nil {
		t.Fatal(err)
	}
	n := c.counts[name{"aion.dev/aion/internal/flakes", "TestTallyNamesWhatFailed"}]
	if n == nil || n.runs != 3 || c.failures() != 0 {
		t.Errorf("counted %+v, %d failures", n, c.failures())
	}
}
