package rehearsal

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"aion.dev/aion/engine/runtime/starlark/startest"
	"aion.dev/aion/internal/examples"
)

// TestSameHistories plays the tests of every example, and of the corpus, in every language, left
// alone and disturbed in every way, and compares all that is recorded, event by event and turn by
// turn.
func TestSameHistories(t *testing.T) {
	names, err := examples.Names(exampleDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			compare(t, func(t *testing.T, l language) []*plan {
				if l.example == nil {
					return nil
				}
				dir := t.TempDir()
				l.example(t, dir, name)
				return []*plan{opened(t, dir)}
			})
		})
	}
	t.Run("corpus", func(t *testing.T) {
		t.Parallel()
		compare(t, corpus)
	})
}

// corpus makes the versions of the corpus: the second one is of the same steps with another result,
// the third one of other steps.
func corpus(t *testing.T, l language) (plans []*plan) {
	dir := t.TempDir()
	l.corpus(t, dir)
	plans = append(plans, opened(t, dir))
	replace(t, dir, `"one"`, `"two"`)
	plans = append(plans, opened(t, dir))
	for from, to := range map[string]string{`"1h"`: `"90m"`, "(time.Hour)": "(90*time.Minute)", ", time.Hour)": ", 90*time.Minute)"} {
		replace(t, dir, from, to)
	}
	return append(plans, opened(t, dir))
}

// compare plays projects in all languages and compares what is told of them.
func compare(t *testing.T, plans func(t *testing.T, l language) []*plan) {
	t.Helper()
	var want map[string]string
	for _, l := range tongues {
		t.Run(l.name, func(t *testing.T) {
			list := plans(t, l)
			if list == nil {
				return
			}
			c, most := chosen(), maxMoments[len(list) > 1]
			got := disturb(t, list, "", func(n int) []int {
				if c.all {
					return someOf(n, n+1, 0)
				}
				return someOf(n, most, c.which)
			})
			if want == nil {
				want = got
			}
			for scene, d := range differences(got, want) {
				t.Errorf("%s differs from %s at %s", scene, tongues[0].name, d)
			}
		})
	}
}

// differences returns where scenes differ, by their names.
func differences(got, want map[string]string) map[string]string {
	found := map[string]string{}
	for scene := range want {
		if d := difference(got[scene], want[scene]); d != "" {
			found[scene] = d
		}
	}
	for scene := range got {
		if _, there := want[scene]; !there {
			found[scene] = "its first line: nobody else has this scene"
		}
	}
	return found
}

// A difference that is planted into the code of one language is found, and where it can be seen
// only when something goes wrong, it is found there.
func TestADifferenceIsFound(t *testing.T) {
	made := func(l language, from, to, tests string) map[string]string {
		dir := t.TempDir()
		l.corpus(t, dir)
		replace(t, dir, from, to)
		return disturb(t, []*plan{opened(t, dir)}, tests, func(n int) []int { return someOf(n, 6, 0) })
	}
	star, golang := tongues[0], tongues[1]
	want := made(star, "", "", "")
	for _, c := range []struct {
		l              language
		from, to, only string
	}{
		{star, `"factor": 3.0`, `"factor": 2.0`, "test_retries,"},
		{star, "low = ctx.random() < 0.5", "low = ctx.random() + 0 * ctx.random() < 0.5", "test_mail,"},
		{star, `{"n": 3}, on_cancel = "ignore"`, `{"n": 3}`, "test_cleanup,"},
		{star, `{"n": 9}`, `{"n": 8}`, "test_cleanup, cancelled"},
		{golang, "number{9}", "number{8}", "test_cleanup, cancelled"},
		{golang, "late.Cancel()", "late.Cancel(); early.Done()", ""},
		{golang, "closed || seen >= 2", "closed || seen >= 3", "test_shop"},
	} {
		tests, _, _ := strings.Cut(c.only, ",")
		expected := maps.Clone(want)
		maps.DeleteFunc(expected, func(scene, _ string) bool { return !strings.HasPrefix(scene, tests) })
		found := differences(made(c.l, c.from, c.to, tests), expected)
		if (len(found) == 0) != (c.only == "") {
			t.Errorf("%s in place of %s: %d scenes differ", c.to, c.from, len(found))
		}
		for scene, d := range found {
			if !strings.HasPrefix(scene, c.only) {
				t.Errorf("%s in place of %s is found in %q as well: %s", c.to, c.from, scene, d)
			}
		}
	}
}

// disturb plays the tests of a project whose names begin so, in every way, and tells what came of
// each. Of n moments it disturbs them at those that moments returns.
func disturb(t *testing.T, plans []*plan, tests string, moments func(n int) []int) map[string]string {
	t.Helper()
	told := map[string]string{}
	p := plans[0]
	for _, file := range p.files {
		suite, err := startest.Load(t.Context(), p.modules, file, p.archive.Manifest.ABI, p.archive.Manifest.Activities)
		if err != nil {
			t.Fatal(err)
		}
		for _, test := range suite.Tests {
			if !strings.HasPrefix(test.Name, tests) {
				continue
			}
			play := func(plans []*plan, d disturbance) int {
				text, moments := perform(t, plans, suite, test, d)
				told[test.Name+", "+d.name] = text
				return moments
			}
			n := play(plans[:1], disturbance{name: "left alone"})
			play(plans[:1], disturbance{"restarted at every moment", func(w *stage, _ int) (bool, error) { return false, w.restart() }, nil})
			if d := difference(told[test.Name+", restarted at every moment"], told[test.Name+", left alone"]); d != "" {
				t.Errorf("%s: a run that is rebuilt at every moment differs at %s", test.Name, d)
			}
			play(plans[:1], disturbance{"reset to every turn", nil, (*stage).resetAll})
			play(plans[:1], disturbance{"reopened", nil, (*stage).reopenAll})
			for _, k := range moments(n) {
				once := func(f func(w *stage) error) func(*stage, int) (bool, error) {
					return func(w *stage, moment int) (bool, error) {
						if moment != k {
							return false, nil
						}
						return true, f(w)
					}
				}
				play(plans[:1], disturbance{fmt.Sprintf("cancelled at moment %d and reopened", k), once((*stage).cancelAll), (*stage).reopenAll})
				for n, other := range plans[1:] {
					two := []*plan{plans[0], other}
					play(two, disturbance{fmt.Sprintf("moved to version %d at moment %d", n+2, k), once(func(w *stage) error { return w.moveAll(two[0], two[1]) }), nil})
				}
			}
		}
	}
	return told
}
