package rows

import "aion.dev/aion/fsm/history"

// TimerKey is the place of a timer, or of the clock of a task, among all by when they fire.
func TimerKey(at history.Time, serial, id uint64) []byte {
	return AppendU64(PairKey(FamilyTimer, uint64(at), serial), id)
}

// ArmedKey is the place of a timer among those of its run.
func ArmedKey(serial, id uint64) []byte { return PairKey(FamilyArmed, serial, id) }
