package fsm

import (
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

func (r *Request) key() []byte { return rows.RequestKey(r.Owner, r.ID) }

func printOf(r *Request) [rows.PrintBytes]byte {
	return [rows.PrintBytes]byte(r.Print[:rows.PrintBytes])
}

// secondAfter is the first full second at or after a time: a key may live a little longer, never
// shorter.
func secondAfter(at history.Time) uint64 { return (uint64(at) + 1e9 - 1) / 1e9 }
