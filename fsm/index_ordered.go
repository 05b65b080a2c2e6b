package fsm

import (
	"slices"

	"bytes"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// Attributes in the order of their values (rows/order.go), from level 4 on. The runs that there are
// when it is reached are taken up bit by bit, by TakeOrdered.

// order moves r's rows from some attributes to others, which have the same names or fewer.
func (t *step) order(r *row, was, is history.Attributes) {
	if t.level() < 4 || !t.s.ordered.Have(r.Serial) {
		return
	}
	space := namespace.Of(r.Run.WorkflowID)
	for _, name := range sortedKeys(was) {
		value, stays := is[name]
		if stays && bytes.Equal(rows.AppendPlace(nil, was[name]), rows.AppendPlace(nil, value)) {
			continue
		}
		t.Del(rows.OrderKey(space, name, was[name], r.Serial))
	}
	for _, name := range sortedKeys(is) {
		value, was := was[name]
		if was && bytes.Equal(rows.AppendPlace(nil, value), rows.AppendPlace(nil, is[name])) {
			continue
		}
		t.Put(rows.OrderKey(space, name, is[name], r.Serial), nil)
	}
	t.Charge(uint64(len(was)+len(is)) / termsPerUnit)
}

// firstOrdered begins with the index at level 4: runs that there are already follow.
func (t *step) firstOrdered() {
	t.s.ordered = rows.FingerprintsDone{Until: t.meta.Serial}
	t.Put(rows.OrderedDone(), t.s.ordered.Encode())
}

// TakeOrdered takes the next runs that there were when level 4 was reached into the index of
// ordered attributes. The leader proposes it until all are.
type TakeOrdered struct{}

// orderedAtOnce is how many runs one command looks at, and orderedWork what it may cost.
const (
	orderedAtOnce = 1_000
	orderedWork   = EntryBudget / 2
)

// Kind implements Command.
func (*TakeOrdered) Kind() Kind { return KindTakeOrdered }

func (c *TakeOrdered) apply(t *step) (Answer, Refusal) {
	done := t.s.ordered
	if t.level() < 4 || done.All() {
		return new(Done), nil
	}
	var serials []uint64
	t.Scan(rows.RunKey(done.Done+1), rows.RunKey(done.Until+1), func(k, _ []byte) bool {
		serials = append(serials, rows.U64(k[1:]))
		return len(serials) < orderedAtOnce
	})
	for _, r := range t.stale { // the rows of those that started in this entry are not stored before its end
		if _, there := slices.BinarySearch(serials, r.Serial); !there && r.Serial > done.Done && r.Serial <= done.Until && len(serials) < orderedAtOnce {
			serials = slices.Insert(serials, len(serials), r.Serial)
			slices.Sort(serials)
		}
	}
	through := done.Until
	if len(serials) == orderedAtOnce {
		through = serials[len(serials)-1]
	}
	before := t.Work()
	for _, serial := range serials {
		if t.Work()-before > orderedWork {
			through = serial - 1
			break
		}
		t.Charge(2)
		t.s.ordered.Done = serial // so that order has it
		if r := t.startedBy(serial); r != nil {
			t.order(r, nil, r.Run.Attributes)
		}
	}
	t.s.ordered.Done = through
	t.Put(rows.OrderedDone(), t.s.ordered.Encode())
	return new(Done), nil
}

// OrderWaits implements View.
func (p *picture) OrderWaits() bool { return p.Level() < 4 || !p.ordered.All() }

// spaceAsked is the namespace whose part of the index answers for the picture; not ok when it shows
// all, or the index does not have all runs yet.
func (p *picture) spaceAsked() (space string, ok bool) {
	switch {
	case p.OrderWaits():
		return "", false
	case p.space != nil:
		return *p.space, true
	}
	return "", len(p.spaces) == 0
}
