package backups

import (
	"testing"

	"aion.dev/aion/jepsen/load/loadtest"
	"aion.dev/aion/jepsen/op"
)

// story is a start before a backup, one after it, and what was restored.
type story struct {
	in       inside
	restored op.Outcome
	flipped  op.Outcome
}

func newStory() *story {
	return &story{inside{Index: 7, Runs: map[string]string{"a": "r-a"}, Again: map[string]string{"b-a": "r-a"}}, op.OK, op.Refused}
}

func (s *story) ops() []op.Op {
	return []op.Op{
		{ID: 1, Workload: "backups", F: "start", Key: "a", Request: "b-a", Invoke: 1, Return: 2, Index: 5, Outcome: op.OK, Answer: loadtest.JSON(map[string]any{"run_id": "r-a"})},
		{ID: 2, Workload: "backups", F: "backup", Key: "f", Invoke: 3, Return: 6, Index: 7, Outcome: op.OK},
		{ID: 3, Workload: "backups", F: "start", Key: "z", Request: "b-z", Invoke: 4, Return: 5, Index: 8, Outcome: op.OK, Answer: loadtest.JSON(map[string]any{"run_id": "r-z"})},
		{ID: 4, Workload: "backups", F: "restored", Key: "f", Value: loadtest.JSON(2), Outcome: s.restored, Answer: loadtest.JSON(s.in)},
		{ID: 5, Workload: "backups", F: "flipped", Key: "f", Value: loadtest.JSON(2), Outcome: s.flipped},
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(s *story)
		want  string
	}{
		{"right", func(*story) {}, ""},
		{"lost", func(s *story) { delete(s.in.Runs, "a") }, "that it is in there is false"},
		{"too much", func(s *story) { s.in.Runs["z"] = "r-z" }, "that it is in there is true"},
		{"too old", func(s *story) { s.in.Index = 4; delete(s.in.Runs, "a") }, "was acknowledged at index 5 before it began"},
		{"another run", func(s *story) { s.in.Runs["a"] = "r-b" }, "a is run r-b in it"},
		{"invented", func(s *story) { s.in.Runs["x"] = "r-x" }, "nobody has started x"},
		{"without archives", func(s *story) { s.in.Missing = 1 }, "1 archives are not in it"},
		{"started again", func(s *story) { s.in.Again["b-a"] = "r-c" }, "sent again, is answered with run r-c"},
		{"useless", func(s *story) { s.restored = op.Refused }, "no cluster can be made of it"},
		{"unchecked", func(s *story) { s.flipped = op.OK }, "found to be sound"},
	} {
		s := newStory()
		c.spoil(s)
		loadtest.Expect(t, c.name, (&Workload{}).Check(s.ops()), c.want)
	}
}

func TestCheckRecovered(t *testing.T) {
	of := func(outcome op.Outcome, r recovered) []op.Op {
		return []op.Op{{ID: 1, Workload: "backups", F: "recovered", Key: "a pair", Outcome: outcome, Answer: loadtest.JSON(r)}}
	}
	loadtest.Expect(t, "right", (&Workload{}).Check(of(op.OK, recovered{Acked: 5})), "")
	loadtest.Expect(t, "lost", (&Workload{}).Check(of(op.OK, recovered{Acked: 5, Lost: []string{"pair-2-7"}})), "1 of 5 acknowledged starts are lost by the recovery, pair-2-7 among them")
	loadtest.Expect(t, "empty", (&Workload{}).Check(of(op.OK, recovered{})), "nothing was acknowledged")
	loadtest.Expect(t, "refused", (&Workload{}).Check(of(op.Refused, recovered{})), "is not recovered")
}

func TestCheckMeanwhile(t *testing.T) {
	of := func(m meanwhile) []op.Op {
		return []op.Op{{ID: 1, Workload: "backups", F: "meanwhile", Key: "f", Outcome: op.OK, Answer: loadtest.JSON(m)}}
	}
	loadtest.Expect(t, "right", (&Workload{}).Check(of(meanwhile{Restored: 9})), "")
	loadtest.Expect(t, "lost", (&Workload{}).Check(of(meanwhile{Lost: "m-0", Index: 7, Restored: 9})), "namespace m-0 was acknowledged at index 7 while a backup was restored, as index 9, and is gone")
}
