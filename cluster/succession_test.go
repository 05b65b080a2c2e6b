package cluster

import "testing"

func TestBestSuccessor(t *testing.T) {
	const fit, unfit = true, false
	for name, c := range map[string]struct {
		found map[string]goneAnswer
		want  string
	}{
		"the newer term wins over the longer log": {map[string]goneAnswer{"a": {false, true, fit, 3, 10}, "b": {false, true, fit, 2, 90}}, "a"},
		"the longer log":                     {map[string]goneAnswer{"a": {false, true, fit, 3, 10}, "b": {false, true, fit, 3, 11}}, "b"},
		"the first of equals":                {map[string]goneAnswer{"b": {false, true, fit, 3, 10}, "a": {false, true, fit, 3, 10}, "c": {false, true, fit, 3, 10}}, "a"},
		"one that may not stand is left out": {map[string]goneAnswer{"a": {false, true, unfit, 3, 12}, "b": {false, true, fit, 3, 10}}, "b"},
		"nobody may":                         {map[string]goneAnswer{"a": {false, true, unfit, 3, 12}}, ""},
	} {
		if got := bestSuccessor(c.found); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
