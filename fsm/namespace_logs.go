package fsm

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/fsm/store"
	"aion.dev/aion/internal/namespace"
)

// A namespace has a deploy history and an event stream of its own, with windows of their own, so
// that nothing that others do pushes anything out or takes a reader's time. Chains and events are
// written in the names and versions that the namespace sees.

// spaceLogs is what is in memory of a namespace's deploy history.
type spaceLogs struct {
	windows windows
	chain   catalog.Digest
}

// logsOf returns the logs of a namespace, to be changed.
func (t *step) logsOf(space string) *spaceLogs {
	l := t.s.logs[space]
	if l == nil {
		l = new(spaceLogs)
		t.s.logs[space] = l
	}
	return l
}

// recordIn adds a line to the deploy history of a namespace.
func (t *step) recordIn(space string, d rows.DeployRecord) {
	l, prefix := t.logsOf(space), rows.SpaceLog(space, rows.SpaceDeploys)
	kind := kindOf(&d)
	if t.routing(&d); kind == kindAct {
		seen := d
		seen.Type, seen.Version = namespace.Bare(d.Type), namespace.Version(space, d.Version)
		seen.Previous, seen.Before = namespace.Version(space, d.Previous), namespace.Version(space, d.Before)
		d.Chain = seen.Link(l.chain)
		l.chain = d.Chain
	}
	t.Put(rows.PlaceIn(prefix, rows.Place{Index: d.Index, N: d.N}), rows.Encoded(d))
	l.windows[kind] = append(l.windows[kind], rows.Place{Index: d.Index, N: d.N})
	if len(l.windows[kind]) > t.s.cfg.Keep.deploys() {
		t.Del(rows.PlaceIn(prefix, l.windows[kind][0]))
		l.windows[kind] = l.windows[kind][1:]
	}
}

// loadLogs reads where the records of all namespaces stand.
func loadLogs(from store.Reader, all spaces) (map[string]*spaceLogs, error) {
	logs := map[string]*spaceLogs{}
	for _, n := range all {
		prefix := rows.SpaceLog(n.Name, rows.SpaceDeploys)
		var bad error
		err := from.Scan(prefix, rows.After(prefix), func(k, b []byte) bool {
			var d rows.DeployRecord
			if bad = rows.Decode(b, &d); bad != nil {
				return false
			}
			if logs[n.Name] == nil {
				logs[n.Name] = new(spaceLogs)
			}
			l, kind := logs[n.Name], kindOf(&d)
			l.windows[kind] = append(l.windows[kind], rows.PlaceAfter(prefix, k))
			if kind == kindAct {
				l.chain = d.Chain
			}
			return true
		})
		if err == nil {
			err = bad
		}
		if err != nil {
			return nil, err
		}
	}
	return logs, nil
}

// deploysIn are the records of a namespace, newest first.
func (p *picture) deploysIn(space, typ string, limit int, before DeployCursor) (records []rows.DeployRecord, next DeployCursor) {
	prefix := rows.SpaceLog(space, rows.SpaceDeploys)
	end := rows.After(prefix)
	if before != (DeployCursor{}) {
		end = rows.PlaceIn(prefix, rows.Place(before))
	}
	p.ScanBack(prefix, end, func(_, b []byte) bool { return p.addRecord(b, typ, limit, &records, &next) })
	return records, next
}

// chainIn is the chain of a namespace's newest act.
func (p *picture) chainIn(space string) (chain catalog.Digest) {
	prefix := rows.SpaceLog(space, rows.SpaceDeploys)
	p.ScanBack(prefix, rows.After(prefix), func(_, b []byte) bool {
		var d rows.DeployRecord
		if !p.row(b, &d) {
			return false
		}
		chain = d.Chain
		return kindOf(&d) != kindAct
	})
	return chain
}

// storeSpaceFeed writes the entry's events of namespaces, and drops the oldest.
func (t *step) storeSpaceFeed() {
	var fed []string // in the order in which they came
	lines := map[string][]feedLine{}
	for _, line := range t.spaceFeed {
		if lines[line.space] == nil {
			fed = append(fed, line.space)
		}
		lines[line.space] = append(lines[line.space], line)
	}
	for _, space := range fed {
		if t.s.spaces.of(space) == nil { // deleted in this entry
			continue
		}
		prefix, use := rows.SpaceLog(space, rows.SpaceFeed), t.use(space)
		for n, line := range lines[space] {
			t.Put(rows.PlaceIn(prefix, rows.Place{Index: t.index, N: uint32(n)}), line.encode(n == len(lines[space])-1))
		}
		use.Feed += uint64(len(lines[space]))
		if keep := t.s.cfg.Keep; use.Feed > keep.feed()+keep.slack() {
			from, dropped := t.dropOldest(prefix, use.FeedFrom, use.Feed-keep.feed())
			use.Feed, use.FeedFrom = use.Feed-dropped, from
		}
	}
}

// FeedIn implements View.
func (p *picture) FeedIn(space string, after FeedCursor, limit int) (events []FeedEvent, next FeedCursor) {
	prefix := rows.SpaceLog(space, rows.SpaceFeed)
	return p.feed(prefix, rows.PlaceIn(prefix, rows.Place{}), after, limit, func(k, v []byte) FeedEvent {
		return p.feedEvent(space, rows.PlaceAfter(prefix, k), v)
	})
}
