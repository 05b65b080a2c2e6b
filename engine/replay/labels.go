package replay

import (
	"fmt"
	"maps"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

// labels are the attributes that a turn sets. However often code sets them, the turn asks for one
// AttributesUpdated, at the place of the first call, with the last value of each name: nobody sees
// the values in between, and each would cost an event and an index row.
//
// Turns of earlier builds asked for one event per call. A turn with more than one such event is one
// of these, and is replayed the way it was made.
type labels struct {
	event *history.AttributesUpdated // of this turn; nil = none set yet
	at    int                        // its index in asked
	apart bool                       // each call has an event of its own
	bytes int                        // of names and values
}

func newLabels(b book) (l labels) {
	n := 0
	for _, e := range b.recorded {
		if e.Data.Type() == history.TypeAttributesUpdated {
			n++
		}
	}
	l.apart = n > 1
	return l
}

// mayBecome reports whether asked, the turn's attributes so far, can still become what was
// recorded.
func (l *labels) mayBecome(asked, recorded history.Data) bool {
	return !l.apart && asked.Type() == history.TypeAttributesUpdated && recorded.Type() == history.TypeAttributesUpdated
}

// compareLabels compares the turn's attributes with the recorded ones, now that they are final.
func (b *book) compareLabels() error {
	if b.labels.event == nil || b.labels.apart || same(b.labels.event, b.recorded[b.labels.at].Data) {
		return nil
	}
	return b.differs(b.labels.at, b.labels.event)
}

// SetAttributes implements runtime.Host.
func (l *ledger) SetAttributes(a history.Attributes) error {
	if err := l.writable(); err != nil {
		return err
	}
	if len(a) == 0 {
		return nil
	}
	set, err := canonical(a)
	if err != nil {
		return err
	}
	b := &l.book
	if b.labels.event != nil && !b.labels.apart {
		return l.addLabels(set)
	}
	if err := l.checkRoom(&history.AttributesUpdated{}); err != nil {
		return err
	}
	e := &history.AttributesUpdated{Attributes: make(history.Attributes, len(set))}
	was := b.labels
	b.labels.event, b.labels.at, b.labels.bytes = e, len(b.asked), 0
	if err := l.addLabels(set); err != nil {
		return err
	}
	if err := l.request(e); err != nil {
		b.labels = was
		return err
	}
	return nil
}

func canonical(a history.Attributes) (history.Attributes, error) {
	if len(a) > history.MaxAttributes {
		return nil, fmt.Errorf("%d attributes are set at once, the limit is %d", len(a), history.MaxAttributes)
	}
	set := make(history.Attributes, len(a))
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if err := history.CheckAttributeName(name); err != nil {
			return nil, err
		}
		value, err := history.CanonicalAttribute(a[name])
		if err != nil {
			return nil, fmt.Errorf("attribute %s %w", catalog.Quote(name), err)
		}
		set[name] = value
	}
	return set, nil
}

// addLabels replaces earlier values by later ones.
func (l *ledger) addLabels(set history.Attributes) error {
	labels := &l.book.labels
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if old, there := labels.event.Attributes[name]; there {
			labels.bytes -= len(name) + len(old)
		}
		labels.event.Attributes[name] = set[name]
		labels.bytes += len(name) + len(set[name])
	}
	return l.checkLabels()
}

// checkLabels applies the bounds of a run's attributes to what one turn sets. Names that it removes
// count too, because they are index rows.
func (l *ledger) checkLabels() error {
	switch labels := &l.book.labels; {
	case !l.book.bound:
		return nil
	case len(labels.event.Attributes) > history.MaxAttributes:
		return runtime.Exceeded("the turn sets more than %d different attributes", history.MaxAttributes)
	case labels.bytes > history.MaxAttributesBytes:
		return runtime.Exceeded("the turn sets attributes of %d bytes, names included; the limit is %d", labels.bytes, history.MaxAttributesBytes)
	}
	return nil
}
