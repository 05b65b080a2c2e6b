package fsm

// What an entry costs is counted in units: one for each row that it writes or deletes, and more where a row is large or something else takes as long. The count follows from the entry
// and the state alone, never from time, a cache or the machine, so it is the same on every node and tests can hold it against a budget.
const (
	bytesPerUnit = 1 << 10 // of a row's value: encoding, hashing and writing them takes about as long as one more row
	termsPerUnit = 4       // terms of attributes, each a SHA-256
)

// charge counts work done for the entry.
func (t *step) charge(units uint64) {
	t.work += units
	t.s.progress.Add(units)
}

// Progress is a number that grows while Apply works, also in the middle of an entry, and stands still while nothing is applied or the disk does not answer. It tells an entry that takes
// long from a state that is stuck. What it counts may change; only whether it moves means anything.
func (s *State) Progress() uint64 { return s.progress.Load() }
