package store

import (
	"aion.dev/aion/fsm/rows"
	"github.com/cockroachdb/pebble/v2"
)

// Many rows live for one entry or a few: a run that starts and ends in one is ready, pinned and
// listed as running in between, a task is written when it is asked for and when it is leased, and
// the row of a run with each of its steps. The digest covers every change. The database gets what
// is left of them.

// net is what entries that are written together have done to one row.
type net struct {
	first byte // operation
	at    int  // the last one among the family's changes
}

// once are the families whose keys are not written again before they are deleted. Pebble lets such
// a pair vanish together, so that a short-lived row leaves no mark behind.
var once = [rows.Families]bool{rows.FamilyPin: true, rows.FamilyReady: true, rows.FamilyByStatus: true, rows.FamilyAttribute: true, rows.FamilyOrdered: true, rows.FamilyTimer: true, rows.FamilyOffer: true, rows.FamilyForget: true, rows.FamilyLine: true}

// again are the families whose rows several entries write one after the other.
var again = [rows.Families]bool{rows.FamilyRun: true, rows.FamilyQueue: true, rows.FamilyOwner: true, rows.FamilyFingerprint: true}

// nets works out the net changes of a family by one entry or several; nil when every change counts.
func (l *backlog) nets(family int, changes []change, several bool) map[string]net {
	deleted, ranged := false, false
	for _, c := range changes {
		deleted, ranged = deleted || c.op == opDelete, ranged || c.op == opRange
	}
	if ranged || !deleted && family != rows.FamilyTask && !(several && again[family]) {
		return nil
	}
	clear(l.net)
	for at, c := range changes {
		k := keyOf(c.key)
		n, ok := l.net[k]
		if !ok {
			n.first = c.op
		}
		n.at = at
		l.net[k] = n
	}
	return l.net
}

// writeFamily adds what is left of changes to one family to a batch.
func (l *backlog) writeFamily(b *pebble.Batch, family int, changes []change, several bool) (err error) {
	nets := l.nets(family, changes, several)
	for at, c := range changes {
		l.progress.Add(1)
		switch net, ok := nets[keyOf(c.key)]; {
		case !ok:
		case at < net.at, once[family] && net.first == opSet && c.op == opDelete: // there was none before
			continue
		case once[family] && net.first == opDelete && c.op == opSet:
			if err := b.SingleDelete(c.key, nil); err != nil {
				return err
			}
		}
		switch {
		case c.op == opSet:
			err = b.Set(c.key, c.value, nil)
		case c.op == opRange:
			err = b.DeleteRange(c.key, c.value, nil)
		case once[family]:
			err = b.SingleDelete(c.key, nil)
		default:
			err = b.Delete(c.key, nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
