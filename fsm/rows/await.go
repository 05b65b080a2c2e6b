package rows

// Two kinds of rows of one family say which run waits for the result of which workflow. A run that
// is waited for has a line of those who wait for it, which the run that goes on from it takes over
// as it is; a line is known by the serial of the run with which it began.

// AwaitPrefix is the beginning of the rows of what a run waits for, by the serial of the run.
func AwaitPrefix(waiter uint64) []byte { return AppendU64(append(Key(FamilyAwait), 'a'), waiter) }

// AwaitKey is the row of what a run waits for under an ordinal; its value is the line.
func AwaitKey(waiter, id uint64) []byte { return AppendU64(AwaitPrefix(waiter), id) }

// LinePrefix is the beginning of the places in a line.
func LinePrefix(line uint64) []byte { return AppendU64(append(Key(FamilyAwait), 'l'), line) }

// PlaceInLineKey is the place in a line of a run that waits under an ordinal.
func PlaceInLineKey(line, waiter, id uint64) []byte {
	return AppendU64(AppendU64(LinePrefix(line), waiter), id)
}
