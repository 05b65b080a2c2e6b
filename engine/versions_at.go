package engine

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// Moment is a point of the log: an index, or a time if Index is 0.
type Moment struct {
	Index uint64
	Time  history.Time
}

// since reports whether a record was made after m.
func (m Moment) since(d *rows.DeployRecord) bool {
	if m.Index > 0 {
		return d.Index > m.Index
	}
	return d.At > m.Time
}

// VersionThen is a version that was loaded at a moment, for one type that it carries.
type VersionThen struct {
	Type        string
	Version     catalog.Version
	RouteActive bool
	Package     *catalog.Package // shared: do not change it; nil when it has been unloaded since
	LoadedAt    history.Time     // zero when the record of its load is no longer kept
	LoadedIndex uint64
	// when it was unloaded; zero for one that is loaded still
	UnloadedAt    history.Time
	UnloadedIndex uint64
}

// Then is what was loaded and routed at a moment.
type Then struct {
	Versions []VersionThen // sorted by type, load time and version
	Index    uint64        // of the read
}

// VersionsAt returns what was loaded and routed at a moment; typ "" means every type. It takes back
// the acts of the deploy history since then, newest first, so a moment before the oldest act that
// is kept, or before the history tells enough to take it back, is refused.
func (e *Engine) VersionsAt(ctx context.Context, rd Read, typ string, at Moment) (*Then, error) {
	if typ != "" {
		if err := checkType("type", typ); err != nil {
			return nil, err
		}
	}
	var then Then
	var err error
	readErr := e.read(ctx, rd, func(v fsm.View) {
		then.Index = v.Index()
		switch now := max(v.Now(), e.now()); {
		case at.Index > v.Index():
			err = invalid("at", "is index %d, and the newest is %d", at.Index, v.Index())
		case at.Index == 0 && at.Time > now:
			err = invalid("at", "is %s, and it is %s", at.Time, now)
		default:
			then.Versions, err = versionsAt(v, at)
		}
	})
	if err = cmp.Or(readErr, err); err != nil {
		return nil, err
	}
	then.Versions = slices.DeleteFunc(then.Versions, func(t VersionThen) bool { return typ != "" && t.Type != typ })
	slices.SortFunc(then.Versions, func(a, b VersionThen) int {
		va, vb := namespace.Version(namespace.Of(a.Type), a.Version), namespace.Version(namespace.Of(b.Type), b.Version)
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.LoadedAt, b.LoadedAt), slices.Compare(va[:], vb[:]))
	})
	return &then, nil
}

// carried is a version for one of its types.
type carried struct {
	typ     string
	version catalog.Version
}

// versionsAt takes back, from what is loaded and routed in v, each act since a moment.
func versionsAt(v fsm.View, at Moment) ([]VersionThen, error) {
	loaded, routed := map[carried]*VersionThen{}, map[string]catalog.Version{}
	for _, p := range v.Catalog().Packages() {
		for _, m := range p.Members {
			loaded[carried{m.Type, p.Version}] = &VersionThen{Type: m.Type, Version: p.Version, Package: p, LoadedAt: history.Time(p.LoadedAt), LoadedIndex: p.LoadedIndex}
		}
	}
	for _, r := range v.Catalog().Routes() {
		routed[r.Type] = r.Version
	}
	acts, reached := 0, false // that an act is not after the moment
	var oldest rows.DeployRecord
	for cursor := (fsm.DeployCursor{}); ; {
		page, next := v.Deploys("", MaxPage, cursor)
		for i := range page {
			d := &page[i]
			if d.Outcome != fsm.OutcomeOK {
				continue
			}
			acts++
			oldest = *d
			this := carried{d.Type, d.Version}
			switch {
			case !at.since(d):
				reached = true
				if t := loaded[this]; t != nil && t.LoadedIndex == 0 && d.Fresh {
					t.LoadedAt, t.LoadedIndex = d.At, d.Index
				}
			case d.Chain == (catalog.Digest{}):
				return nil, tooOld(d)
			case d.Fresh:
				delete(loaded, this)
			case d.Operation == fsm.OpUnload:
				loaded[this] = &VersionThen{Type: d.Type, Version: d.Version, UnloadedAt: d.At, UnloadedIndex: d.Index}
			}
			if at.since(d) && d.Routed {
				routed[d.Type] = d.Before
			}
		}
		if cursor = next; cursor == (fsm.DeployCursor{}) {
			break
		}
	}
	if acts > 0 && !reached {
		return nil, tooOld(&oldest)
	}
	then := make([]VersionThen, 0, len(loaded))
	for _, t := range slices.SortedFunc(maps.Values(loaded), func(a, b *VersionThen) int { return cmp.Compare(a.Type, b.Type) }) {
		t.RouteActive = routed[t.Type] == t.Version
		then = append(then, *t)
	}
	return then, nil
}

// tooOld refuses a moment before d, the oldest act from which on the history tells everything.
func tooOld(d *rows.DeployRecord) error {
	return &catalog.InvalidInput{Field: "at", Reason: fmt.Sprintf("is before what the deploy history tells, which begins at index %d (%s)", d.Index, d.At)}
}
