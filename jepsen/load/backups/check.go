package backups

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
)

// Check compares what is in each restored backup with the starts of the history. A start is in a
// backup if and only if its index is not above the backup's.
func (w *Workload) Check(ops []op.Op) (found []load.Violation) {
	bad := func(o op.Op, format string, args ...any) {
		found = append(found, load.Violation{Checker: "backups", What: o.Key + ": " + fmt.Sprintf(format, args...), Ops: []int{o.ID}})
	}
	starts, asked, taken := map[string]started{}, map[string]bool{}, map[int]op.Op{}
	for _, o := range ops {
		if o.Workload != "backups" {
			continue
		}
		switch o.F {
		case "start":
			asked[o.Key] = true
			if o.Outcome == op.OK {
				s := started{Op: o}
				if err := json.Unmarshal(o.Answer, &s); err != nil {
					bad(o, "its answer cannot be read: %v", err)
				}
				if first, twice := starts[o.Key]; twice {
					s.Op = first.Op // the first answer came earlier
				}
				starts[o.Key] = s
			}
		case "backup":
			taken[o.ID] = o
		}
	}
	for _, o := range ops {
		if o.Workload != "backups" {
			continue
		}
		switch {
		case o.F == "recovered" && o.Outcome != op.OK:
			bad(o, "a cluster that had lost its quorum is not recovered: %s", o.Error)
		case o.F == "recovered":
			var r recovered
			if err := json.Unmarshal(o.Answer, &r); err != nil {
				bad(o, "%v", err)
			} else if len(r.Lost) > 0 {
				bad(o, "%d of %d acknowledged starts are lost by the recovery, %s among them", len(r.Lost), r.Acked, slices.Min(r.Lost))
			} else if r.Acked == 0 {
				bad(o, "nothing was acknowledged before the quorum was lost, so nothing is shown")
			}
		case o.F == "meanwhile" && o.Outcome == op.OK:
			var m meanwhile
			if err := json.Unmarshal(o.Answer, &m); err != nil {
				bad(o, "%v", err)
			} else if m.Lost != "" {
				bad(o, "namespace %s was acknowledged at index %d while a backup was restored, as index %d, and is gone", m.Lost, m.Index, m.Restored)
			}
		case o.F == "flipped" && o.Outcome == op.OK:
			bad(o, "one of its bits is another one, and it is found to be sound")
		case o.F == "restored" && o.Outcome != op.OK:
			bad(o, "no cluster can be made of it: %s", o.Error)
		case o.F == "restored":
			var id int
			var in inside
			if err := json.Unmarshal(o.Value, &id); err != nil {
				bad(o, "%v", err)
				continue
			}
			if err := json.Unmarshal(o.Answer, &in); err != nil {
				bad(o, "%v", err)
				continue
			}
			for _, p := range compare(taken[id], in, starts, asked) {
				bad(o, "%s", p)
			}
		}
	}
	return found
}

// started is a start that was acknowledged.
type started struct {
	op.Op `json:"-"`
	RunID string `json:"run_id"`
}

// compare returns what is wrong with what is in a backup.
func compare(taken op.Op, in inside, starts map[string]started, asked map[string]bool) (problems []string) {
	bad := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	if in.Index != taken.Index {
		bad("the node said that it is of index %d, the file says %d", taken.Index, in.Index)
	}
	if in.Missing > 0 {
		bad("%d archives are not in it", in.Missing)
	}
	for _, key := range slices.Sorted(maps.Keys(starts)) {
		s := starts[key]
		run, there := in.Runs[key]
		switch {
		case s.Return < taken.Invoke && s.Index > in.Index:
			bad("it is of index %d, and the start of %s was acknowledged at index %d before it began", in.Index, key, s.Index)
		case there != (s.Index <= in.Index):
			bad("it is of index %d, the start of %s is of %d, and that it is in there is %v", in.Index, key, s.Index, there)
		case there && run != s.RunID:
			bad("%s is run %s in it, and was acknowledged as %s", key, run, s.RunID)
		}
		if run, sent := in.Again[s.Request]; sent && run != s.RunID {
			bad("the start of %s, sent again, is answered with run %s, and was with %s", key, run, s.RunID)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(in.Runs)) {
		if !asked[key] {
			bad("nobody has started %s, which is in it", key)
		}
	}
	return problems
}
