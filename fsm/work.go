package fsm

// What an entry costs is counted in units: one for each row that it writes or deletes, and more
// where a row is large or something else takes as long. The count follows from the entry and the
// state alone, never from time, a cache or the machine, so it is the same on every node and tests
// can hold it against a budget. The overlay counts rows (store/overlay.go), and apply charges what
// comes on top.

const termsPerUnit = 4 // terms of attributes, each a SHA-256

// cost is the work done so far and what is certain to follow when the entry's changes are written:
// the rows of runs with their places in pages and counts, the feed, and the rows of schedules.
func (t *step) cost() uint64 {
	return t.Work() + 2*uint64(len(t.stale)) + uint64(len(t.feed)) + t.schedules.work + t.owed
}

// Work is what the newest entry cost, in units: for tests and measurements. Call it from the
// goroutine that applies.
func (s *State) Work() uint64 {
	if s.step == nil {
		return 0
	}
	return s.step.Work()
}

// spent reports whether the entry's budget is used up.
func (t *step) spent() bool { return t.budget > 0 && t.cost() >= t.budget }

// Progress is a number that grows while Apply works, also in the middle of an entry, and stands
// still while nothing is applied or the disk does not answer. It distinguishes an entry that takes
// long from a state that is stuck. What it counts may change; only whether it moves matters.
func (s *State) Progress() uint64 { return s.db.Progress() }

// EntryBudget is what the commands of a new entry may cost together before they leave the rest to
// jobs: about half of the 100 ms of one core that an entry may take at most. It travels in each
// entry, so every node ends at the same place, and entries of earlier builds, which name none, are
// applied as they were.
const EntryBudget = 50_000

// leastPiece is what a piece of a job may cost when other commands of its entry have used the
// budget up.
func (t *step) leastPiece() uint64 { return max(t.budget/10, 2*closeCost) }
