package fsm

import (
	"encoding/binary"
	"fmt"

	"aion.dev/aion/fsm/history"
)

// The bytes of an entry: the format (1 byte), the leader's log time (8 bytes, big-endian), its
// budget (uvarint; format 1 has none), then each command's bytes behind their length (uvarint). A
// node that meets another format stops.
const (
	entryUnbound = 1
	entryBound   = 2
	entryHead    = 1 + 8
)

// MaxEntryCommands is the largest number of commands in an entry.
const MaxEntryCommands = 1 << 16

// EncodeEntry writes an entry as Apply reads it.
func EncodeEntry(e Entry) ([]byte, error) {
	pieces := make([][]byte, len(e.Commands))
	for i, c := range e.Commands {
		piece, err := EncodeEnvelope(c)
		if err != nil {
			return nil, fmt.Errorf("command %d of %d: %w", i+1, len(e.Commands), err)
		}
		pieces[i] = piece
	}
	return EntryWith(e.At, e.Budget, pieces), nil
}

// EntryOf joins commands that EncodeEnvelope wrote into one entry, stamped with the leader's log
// time. It does not keep pieces.
func EntryOf(at history.Time, pieces [][]byte) []byte {
	return EntryWith(at, EntryBudget, pieces)
}

// EntryWith is EntryOf with another budget, for those who test what is left over.
func EntryWith(at history.Time, budget uint64, pieces [][]byte) []byte {
	size := entryHead + binary.MaxVarintLen64
	for _, p := range pieces {
		size += binary.MaxVarintLen32 + len(p)
	}
	b := make([]byte, 0, size)
	if budget == 0 {
		b = binary.BigEndian.AppendUint64(append(b, entryUnbound), uint64(at))
	} else {
		b = binary.BigEndian.AppendUint64(append(b, entryBound), uint64(at))
		b = binary.AppendUvarint(b, budget)
	}
	for _, p := range pieces {
		b = binary.AppendUvarint(b, uint64(len(p)))
		b = append(b, p...)
	}
	return b
}

// DecodeEntry is the reverse of EncodeEntry. The error names the command, by number and kind, that
// this build cannot read.
func DecodeEntry(b []byte) (Entry, error) {
	at, budget, pieces, err := splitEntry(b)
	if err != nil {
		return Entry{}, err
	}
	e := Entry{At: at, Budget: budget, Commands: make([]Envelope, len(pieces))}
	for i, p := range pieces {
		if e.Commands[i], err = DecodeEnvelope(p); err != nil {
			return Entry{}, fmt.Errorf("command %d of %d: %w", i+1, len(pieces), err)
		}
	}
	return e, nil
}

func splitEntry(b []byte) (at history.Time, budget uint64, pieces [][]byte, err error) {
	if len(b) < entryHead {
		return 0, 0, nil, fmt.Errorf("entry of %d bytes is shorter than its head of %d", len(b), entryHead)
	}
	at = history.Time(binary.BigEndian.Uint64(b[1:]))
	rest := b[entryHead:]
	switch b[0] {
	case entryUnbound:
	case entryBound:
		n := 0
		if budget, n = binary.Uvarint(rest); n <= 0 || budget == 0 {
			return 0, 0, nil, fmt.Errorf("its budget is cut off")
		}
		rest = rest[n:]
	default:
		return 0, 0, nil, fmt.Errorf("entry format %d is not known to this build, which knows %d and %d", b[0], entryUnbound, entryBound)
	}
	for len(rest) > 0 {
		size, n := binary.Uvarint(rest)
		if n <= 0 || size == 0 || size > uint64(len(rest)-n) {
			return 0, 0, nil, fmt.Errorf("command %d is cut off", len(pieces)+1)
		}
		if len(pieces) == MaxEntryCommands {
			return 0, 0, nil, fmt.Errorf("entry has more than %d commands", MaxEntryCommands)
		}
		pieces = append(pieces, rest[n:n+int(size)])
		rest = rest[n+int(size):]
	}
	return at, budget, pieces, nil
}
