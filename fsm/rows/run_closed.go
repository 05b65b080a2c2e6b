package rows

import (
	"encoding/binary"

	"aion.dev/aion/fsm/history"
)

// ClosedPrefix is what the keys of the closed runs of a type start with.
func ClosedPrefix(typ string) []byte { return append(append(Key(FamilyClosed), typ...), 0) }

// ClosedKey is the place of a run among the closed ones of its type.
func ClosedKey(typ string, at history.Time, serial uint64) []byte {
	return AppendU64(AppendU64(ClosedPrefix(typ), uint64(at)), serial)
}

// ClosedAt reads the time from a key.
func ClosedAt(k []byte) history.Time {
	return history.Time(binary.BigEndian.Uint64(k[len(k)-16:]))
}
