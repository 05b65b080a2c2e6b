package fsm

import "aion.dev/aion/fsm/history"

// A run is doomed when a run that it is to end with has closed and a job has not come to it yet.
// From the entry on that closed the first run of the tree, nothing happens to it any more that
// anybody was told of: no turn of it is recorded, no signal is taken for it, no result of its
// activities counts. It still pins its version, because its row says that it is open, until the job
// closes it.
//
// Doom is no mark on the runs, for marking 200,000 of them would take as long as closing them. It
// is found by going up from the run to its parent: the children index holds a child's line until
// the parent is rid of it, so a closed parent that still has the line has not dealt with the child
// yet. Nobody goes up while there is no job.
const (
	alive   fate = iota
	doomed       // it ends with one that has closed
	unknown      // its tree is too deep to say now: whoever asks comes again when the job is done
)

type fate uint8

// maxHops is how many parents one entry goes up to, all its commands together.
const (
	maxHops     = 10_000
	hopsPerUnit = 2
)

// fateOf returns how a run stands that its row says is open.
func (t *step) fateOf(r *row) fate {
	if t.meta.Jobs == 0 {
		return alive
	}
	for {
		p := r.Run.Parent
		if p == nil || p.OnClose != history.CloseTerminate {
			return alive
		}
		if t.hops++; t.hops > maxHops {
			return unknown
		}
		if t.hops%hopsPerUnit == 0 {
			t.Charge(1)
		}
		parent := t.run(p.RunID)
		if parent == nil {
			return alive
		}
		if line, ok := t.child(parent, p.ID); !ok || line.Run != r.Run.RunID {
			return alive // reopened, after its parent had its answer
		}
		if !parent.Run.Status.Open() {
			if t.spares(parent, r) {
				return alive
			}
			return doomed
		}
		r = parent
	}
}

// spares reports whether a child that would be terminated with its parent, which has closed, may go
// on: it was asked to cancel before, and may be in the middle of cleaning up. Whoever terminates
// the parent terminates it too.
func (t *step) spares(parent, child *row) bool {
	return t.level() >= 4 && child.Run.CancelAsked && parent.Run.Status != history.StatusTerminated
}

// ends refuses what callers ask of a run that is doomed.
func (t *step) ends(r *row) Refusal {
	switch t.fateOf(r) {
	case doomed:
		return &NotRunning{WorkflowID: r.Run.WorkflowID, RunID: r.Run.RunID, Status: history.StatusTerminated}
	case unknown:
		return &TreeCloses{WorkflowID: r.Run.WorkflowID, RunID: r.Run.RunID}
	}
	return nil
}

// TreeCloses asks to come again: a tree of runs is being closed, and what was asked for cannot be
// answered before. Nothing has happened.
type TreeCloses struct {
	WorkflowID string
	RunID      history.RunID
}

func (r *TreeCloses) Error() string {
	return "run " + r.RunID.String() + " of workflow \"" + r.WorkflowID + "\": a tree of runs is being closed, see the jobs; try again in a moment"
}

// Code implements Refusal.
func (r *TreeCloses) Code() string { return "unavailable" }

// Facts implements Refusal.
func (r *TreeCloses) Facts() map[string]any { return runFacts(r.WorkflowID, r.RunID) }
