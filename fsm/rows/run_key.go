package rows

import "aion.dev/aion/fsm/history"

// RunKey is the key of a RunRow.
func RunKey(serial uint64) []byte { return NumberKey(FamilyRun, serial) }

// EventKey is the key of an event, or of a row of Carried.
func EventKey(serial, seq uint64) []byte { return PairKey(FamilyEvent, serial, seq) }

// TurnKey is the key of a turn.
func TurnKey(serial, n uint64) []byte { return PairKey(FamilyTurn, serial, n) }

// RunIDKey is the key of a run's serial.
func RunIDKey(id history.RunID) []byte { return append(Key(FamilyRunID), id[:]...) }

// TypeKey is the place of a run in the listing of its type.
func TypeKey(typ string, serial uint64) []byte {
	return AppendU64(append(append(Key(FamilyByType), typ...), 0), serial)
}

// StatusKey is the place of a run in the listing of its status.
func StatusKey(s history.Status, serial uint64) []byte {
	return AppendU64(append(Key(FamilyByStatus), byte(s)), serial)
}
