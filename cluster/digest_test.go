package cluster

import (
	"testing"

	"aion.dev/aion/catalog"
)

func TestJudgeDigests(t *testing.T) {
	a, b, c := catalog.Digest{1}, catalog.Digest{2}, catalog.Digest{3}
	three := []string{"n1", "n2", "n3"}
	for _, k := range []struct {
		name    string
		own     catalog.Digest
		voters  []string
		reports map[string]catalog.Digest
		want    verdict
	}{
		{"nobody reported", a, three, nil, agreed},
		{"all agree", a, three, map[string]catalog.Digest{"n1": a, "n2": a, "n3": a}, agreed},
		{"one other differs", a, three, map[string]catalog.Digest{"n1": a, "n2": a, "n3": b}, agreed},
		{"this one differs", b, three, map[string]catalog.Digest{"n1": a, "n2": a, "n3": b}, minority},
		{"this one differs and has not reported", b, three, map[string]catalog.Digest{"n1": a, "n2": a}, minority},
		{"a non-voter differs", b, three, map[string]catalog.Digest{"n1": a, "n2": a, "n3": a, "n4": b}, minority},
		{"a non-voter's report does not count", a, three, map[string]catalog.Digest{"n1": a, "n4": b}, agreed},
		{"two differ, the third is awaited", a, three, map[string]catalog.Digest{"n1": a, "n2": b}, undecided},
		{"one that was away differs, of the others only this one is known", a, three, map[string]catalog.Digest{"n1": a, "n3": b}, undecided},
		{"three ways", a, three, map[string]catalog.Digest{"n1": a, "n2": b, "n3": c}, split},
		{"two voters differ", a, []string{"n1", "n2"}, map[string]catalog.Digest{"n1": a, "n2": b}, split},
		{"even split", a, []string{"n1", "n2", "n3", "n4"}, map[string]catalog.Digest{"n1": a, "n2": a, "n3": b, "n4": b}, split},
		{"alone", a, []string{"n1"}, map[string]catalog.Digest{"n1": a}, agreed},
	} {
		if got, why := judge(k.own, k.voters, k.reports); got != k.want {
			t.Errorf("%s: judged %d (%s), want %d", k.name, got, why, k.want)
		}
	}
}
