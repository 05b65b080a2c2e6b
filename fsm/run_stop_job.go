package fsm

import (
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// stopJob is a job that pauses or resumes runs, with how many there were to look at.
type stopJob struct {
	rows.Job
	open uint64
}

// beginStop makes the job that does something to the runs of a stop that have a status. It looks
// through the runs of the type or version, or through all runs of that status if there are fewer of
// those. Runs that begin later concern it no more: what is stopped does not begin, or is paused at
// once.
func (t *step) beginStop(kind rows.JobKind, s *rows.Stop, status history.Status) *stopJob {
	var all, mine, open uint64
	for _, k := range t.s.census.cohorts {
		n := t.s.census.of[k]
		if k.Status == status {
			all += n
		}
		if s.Type != "" && k.Type == s.Type || s.Type == "" && k.Version == s.Version {
			if mine += n; k.Status == status {
				open += n
			}
		}
	}
	t.Charge(uint64(len(t.s.census.cohorts)) / cohortsPerUnit)
	t.meta.Job++
	t.meta.Jobs++
	j := &stopJob{rows.Job{
		ID: t.meta.Job, Kind: kind, Since: t.now, Index: t.index, First: 1, End: t.meta.Serial + 1,
		Type: s.Type, Version: s.Version, Space: s.Space,
	}, open}
	if all < mine {
		j.Via = status
	}
	t.storeJob(&j.Job)
	return j
}

// pauseCost is what pausing or resuming a run costs after the command, when its places in the
// indexes are brought into line.
const pauseCost = 12

// serialsPerRead is how many places of an index are read at a time: what is done with the runs
// changes the index.
const serialsPerRead = 100

// continueStop does a piece of such a job: it pauses runs that are running, or resumes those that a
// stop has paused and none holds any more. A stop that was lifted meanwhile has nothing to pause.
func (t *step) continueStop(j *rows.Job) *ContinueAnswer {
	a := new(ContinueAnswer)
	least := t.cost() + t.leastPiece()
	room := func() bool { return t.budget == 0 || t.cost()+pauseCost*a.Changed < max(t.budget, least) }
	if _, stopped := t.s.stops.find(&rows.Stop{Type: j.Type, Version: j.Version}); !stopped && j.Kind == rows.JobStop {
		j.First = j.End
	}
	prefix := rows.StatusKey(j.Via, 0)
	switch {
	case j.Via != 0:
		prefix = prefix[:len(prefix)-8]
	case j.Type != "":
		prefix = rows.TypeKey(j.Type, 0)
		prefix = prefix[:len(prefix)-8]
	default:
		prefix = rows.VersionKey(rows.FamilyByVersion, j.Version)
	}
	for j.First < j.End && room() && t.Err() == nil {
		var serials []uint64
		t.Scan(rows.AppendU64(append([]byte(nil), prefix...), j.First), rows.AppendU64(append([]byte(nil), prefix...), j.End), func(k, _ []byte) bool {
			serials = append(serials, rows.U64(k[len(k)-8:]))
			return len(serials) < serialsPerRead
		})
		for i, serial := range serials {
			if i > 0 && !room() { // what was read is worth one run at least: a piece must come further
				break
			}
			t.Charge(1)
			if t.changeStopped(j, serial) {
				j.Changed++
				a.Changed++
			}
			j.First = serial + 1
		}
		if len(serials) < serialsPerRead && (len(serials) == 0 || j.First == serials[len(serials)-1]+1) {
			j.First = j.End
		}
	}
	if j.First < j.End {
		a.From = j.First
	}
	t.storeJob(j)
	return a
}

// changeStopped pauses or resumes one run, if it is one of the job's.
func (t *step) changeStopped(j *rows.Job, serial uint64) bool {
	status := history.StatusRunning
	if j.Kind == rows.JobLift {
		status = history.StatusPaused
	}
	if j.Via == 0 && t.Get(rows.StatusKey(status, serial)) == nil {
		return false
	}
	t.Charge(1)
	r := t.startedBy(serial)
	if r == nil || j.Type != "" && r.Run.Type != j.Type || j.Type == "" && r.Run.Version != j.Version {
		return false
	}
	if j.Kind == rows.JobStop {
		return t.holdBack(r)
	}
	if r.Run.Status != history.StatusPaused || !r.Run.Stopped || t.stopOf(r.Run.Type, r.Run.Version) != nil {
		return false
	}
	t.resume(r)
	return true
}

// startedBy returns the run with a serial, to be changed; nil = there is none. The row of one that
// started in this entry is not stored before its end.
func (t *step) startedBy(serial uint64) *row {
	if r := t.runOf(serial); r != nil {
		return t.run(r.Run.RunID)
	}
	for _, r := range t.stale {
		if r.Serial == serial {
			return r
		}
	}
	return nil
}
