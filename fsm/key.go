package fsm

import (
	"bytes"
	"encoding/binary"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// Keys are a family (1 byte) and fixed-width big-endian numbers, so that bytewise order is the
// order in which rows are wanted. Runs are known inside by their serial, the order in which they
// started: 8 bytes instead of 16, and a new run's rows lie side by side at the end of each family
// instead of all over it. docs/STATE.md lists every family with its value; letters are never reused
// for something else.
const (
	keyMeta      = 'm' // -> meta
	keyPackage   = 'c' // version -> catalog.Package
	keyRoute     = 'o' // type -> catalog.Route
	keyDeploy    = 'h' // index, n -> DeployRecord
	keyFeed      = 'f' // index, n -> event of the public stream
	keyRequest   = 'q' // request id -> unownedRow; written by builds without owners
	keyExpiry    = 'u' // short or long, number -> request id; likewise
	keyNode      = 'n' // node id -> Node
	keyRemoved   = 'X' // node id -> RemovedNode
	keyReadiness = 'y' // version, node id -> Readiness
	keyReport    = 'd' // index of a check, node id -> digest

	keyRunID     = 'i' // run id -> serial
	keyRow       = 'r' // serial -> row
	keyEvent     = 'e' // serial, seq -> event
	keyTurn      = 't' // serial, n -> history.Turn
	keyLog       = 'D' // serial, number of its last line -> logBlock: what a turn logged
	keyLatest    = 'w' // workflow id -> run id of its newest run
	keyByType    = 'T' // type, 0, serial ->
	keyByStatus  = 'S' // status, serial ->
	keyByVersion = 'V' // version, serial ->

	keyPinCount = 'a' // version -> PinCounts
	keyPage     = 'b' // version, kind, page -> holders on it
	keyPin      = 'p' // version, kind, number -> serial, since
	keyReady    = 'x' // index, n -> run id
	keyTimer    = 'g' // fire at, serial, id -> run id
	keyArmed    = 'j' // serial, id -> fire at
	keyChild    = 'k' // serial of the parent, ordinal -> run id of the child, awaited

	keyTask      = 'v' // serial, ordinal -> task: an activity that has no outcome yet, or whose worker does not know yet that it is given up
	keyOffer     = 'l' // queue, activity (each behind its length, 2 bytes), index, n -> run id, ordinal: tasks that a worker may take, oldest first
	keyLane      = 'L' // queue, activity (as above) -> lane: how many offers there are, and the place before which there are none
	keyQueue     = 'z' // queue -> Queue: its limits and counts
	keySchedule  = 's' // schedule id -> apartRow, or Schedule: see schedule_row.go
	keyInput     = 'I' // schedule id -> scheduleInput, of those whose row is of the second layout
	keyFire      = 'F' // next fire time, schedule id ->
	keyAttribute = 'A' // term of a name and a value (16 bytes), serial ->
	keyByParent  = 'P' // term of the parent's workflow id (16 bytes), serial ->
	keyCount     = 'N' // type, 0, version, status -> number of runs
	keyClosed    = 'C' // type, 0, closed at, serial -> run id
	keyJob       = 'J' // job id -> Job
	keyLine      = 'K' // job id, place -> run id: closed runs that the job is to clear up after
	keyRetention = 'R' // type (empty = all others) -> how long closed runs are kept

	keyRemembered = 'Q' // hash of owner and request key -> remembered
	keyForget     = 'U' // class, second, hash -> owner: request keys in the order in which they expire
	keyOwner      = 'O' // owner -> what it holds of the request table
	keyLimits     = 'G' // nothing -> Limits; node id -> Limits that its file has
)

func u64(k []byte, n uint64) []byte { return binary.BigEndian.AppendUint64(k, n) }
func u32(k []byte, n uint32) []byte { return binary.BigEndian.AppendUint32(k, n) }

func key(family byte) []byte                          { return append(make([]byte, 0, 48), family) }
func numberKey(family byte, n uint64) []byte          { return u64(key(family), n) }
func pairKey(family byte, a, b uint64) []byte         { return u64(u64(key(family), a), b) }
func placeKey(family byte, i uint64, n uint32) []byte { return u32(u64(key(family), i), n) }
func textKey(family byte, s string) []byte            { return append(key(family), s...) }

func rowKey(serial uint64) []byte        { return numberKey(keyRow, serial) }
func eventKey(serial, seq uint64) []byte { return pairKey(keyEvent, serial, seq) }
func turnKey(serial, n uint64) []byte    { return pairKey(keyTurn, serial, n) }
func runIDKey(id history.RunID) []byte   { return append(key(keyRunID), id[:]...) }

func typeKey(typ string, serial uint64) []byte {
	return u64(append(append(key(keyByType), typ...), 0), serial)
}
func statusKey(s history.Status, serial uint64) []byte {
	return u64(append(key(keyByStatus), byte(s)), serial)
}
func versionKey(family byte, v catalog.Version) []byte { return append(key(family), v[:]...) }

// after is the first key that does not start with prefix.
func after(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	panic("fsm: a key of 0xff bytes") // families are letters
}

func readU64(b []byte) uint64 { return binary.BigEndian.Uint64(b) }
func readU32(b []byte) uint32 { return binary.BigEndian.Uint32(b) }

// later and sooner return the one of two keys that comes after the other, or before it.
func later(a, b []byte) []byte {
	if bytes.Compare(a, b) > 0 {
		return a
	}
	return b
}

func sooner(a, b []byte) []byte {
	if bytes.Compare(a, b) < 0 {
		return a
	}
	return b
}
