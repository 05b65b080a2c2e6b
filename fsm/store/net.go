package store

import (
	"unsafe"

	"aion.dev/aion/fsm/rows"
)

// Many rows live within one entry: a run that starts and ends in it is ready, pinned and listed as
// running in between, and a task is written when it is asked for and when it is leased. The digest
// covers every change. The database gets what is left of them.

// net is what an entry has done to one row of a family.
type net struct {
	first byte // operation
	at    int  // the last one among the family's changes
}

// nets works out the net changes of a family; nil when every change counts.
func (o *Overlay) nets(family int) map[string]net {
	if o.ranged[family] || !o.deleted[family] && family != rows.FamilyTask {
		return nil
	}
	clear(o.net)
	at := 0
	o.each(family, 0, func(op byte, key, _ []byte) error {
		k := unsafe.String(unsafe.SliceData(key), len(key)) // of the changes, which stay as they are until the entry is over
		n, ok := o.net[k]
		if !ok {
			n.first = op
		}
		n.at = at
		o.net[k] = n
		at++
		return nil
	})
	return o.net
}
