package fsm

import (
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
)

// stops is the table of stops in memory, in the order of their keys: every start and every turn
// looks one up. Pictures share it, so it is never changed in place.
type stops []*rows.Stop

func (all stops) find(s *rows.Stop) (int, bool) {
	return slices.BinarySearchFunc(all, s, (*rows.Stop).Compare)
}

// of returns the stop that holds runs of a type on a version; nil = none does.
func (all stops) of(typ string, version catalog.Version) *rows.Stop {
	if len(all) == 0 {
		return nil
	}
	if at, is := all.find(&rows.Stop{Type: typ}); is {
		return all[at]
	}
	if at, is := all.find(&rows.Stop{Version: version}); is {
		return all[at]
	}
	return nil
}

func (t *step) stopOf(typ string, version catalog.Version) *rows.Stop {
	return t.s.stops.of(typ, version)
}

func (t *step) putStop(s *rows.Stop) {
	t.Put(rows.StopKey(s.Type, s.Version), rows.Encoded(s))
	at, _ := t.s.stops.find(s)
	t.s.stops = slices.Insert(slices.Clone(t.s.stops), at, s)
}

func (t *step) dropStop(at int) {
	s := t.s.stops[at]
	t.Del(rows.StopKey(s.Type, s.Version))
	t.s.stops = slices.Delete(slices.Clone(t.s.stops), at, at+1)
}

// forgetStops drops those of a namespace that is being deleted.
func (t *step) forgetStops(space string) {
	for at := len(t.s.stops) - 1; at >= 0; at-- {
		if t.s.stops[at].Space == space {
			t.dropStop(at)
		}
	}
}

// Stops implements View.
func (p *picture) Stops() (list []rows.Stop) {
	for _, s := range p.stops {
		if p.space == nil || s.Space == *p.space {
			list = append(list, *s)
		}
	}
	return list
}

// StopOf implements View.
func (p *picture) StopOf(typ string, version catalog.Version) (rows.Stop, bool) {
	if s := p.stops.of(typ, version); s != nil && (p.space == nil || s.Space == *p.space) {
		return *s, true
	}
	return rows.Stop{}, false
}
