package fsm

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// The feed is the public event stream: what operators and those who wait for results follow. It
// keeps the newest feedKept events and up to feedSlack more; older ones go together, so that
// dropping costs one deletion in a thousand events.
const (
	feedKept  = 100_000
	feedSlack = 1_000
)

// feedNames are numbered where they are stored; numbers are never reused.
var feedNames = [...]string{
	1: "PackageLoaded", 2: "RouteChanged", 3: "VersionUnloaded", 4: "DeployRefused", 5: "VersionReadinessChanged", 6: "LeaderChanged", 7: "MemberChanged",
	8: "WorkflowClosed", 9: "VersionDrained",
	10: "CanaryStarted", 11: "CanaryChanged", 12: "CanaryPromoted", 13: "CanaryAborted",
	23: "PolicyChanged",
	27: "Stopped", 28: "StopLifted",
}

const (
	feedPackageLoaded = 1 + iota
	feedRouteChanged
	feedVersionUnloaded
	feedDeployRefused
	feedReadinessChanged
	feedLeaderChanged
	feedMemberChanged
	feedWorkflowClosed
	feedVersionDrained
	feedCanaryStarted
	feedCanaryChanged
	feedCanaryPromoted
	feedCanaryAborted

	feedPolicyChanged = 23

	feedStopped    = 27
	feedStopLifted = 28
)

// Every event's data is one of these structs; feed_json.go writes them.
type (
	packageLoaded struct {
		Version       catalog.Version
		WorkflowTypes []string
		WorkflowType  string
		FreshlyLoaded bool
	}
	routeChanged struct {
		WorkflowType string
		Version      catalog.Version
		Previous     catalog.Version
	}
	versionUnloaded struct {
		Version       catalog.Version
		WorkflowTypes []string
	}
	versionDrained struct { // no type is routed to it any more, and nothing pins it
		Version       catalog.Version
		WorkflowTypes []string
		Index         uint64
	}
	canaryChange struct { // of all four events of canaries
		Type    string
		Version catalog.Version
		Share   uint64
		Counts  rows.CanaryCounts // of the canary
		Routed  rows.CanaryCounts // of the routed version
	}
	policyChanged struct { // of signatures; never of what is loaded
		Change    string // key_trusted, key_revoked, key_forgotten, rule_set, rule_dropped
		Key       string // its name
		PublicKey string
		Prefix    *string // of the rule
		By        string
	}
	stopChange struct { // of what is stopped, or is no more
		Type    string
		Version catalog.Version
		Space   string
		Reason  string
		By      string
	}
	deployRefused struct {
		Operation    string
		WorkflowType string
		Version      string // as the caller wrote it, when it names none that is loaded
		Code         string
		Detail       string
		refusal      Refusal // that Detail is of
	}
	readinessChanged struct {
		Version catalog.Version
		Node    string
		Ready   bool
		Problem string
	}
	leaderChanged struct {
		Node string
		Term uint64
	}
	memberChanged struct {
		Node        string
		Change      string // announced, removed
		RaftAddress string
		HTTPAddress string
		Version     string // of the binary
	}
	workflowClosed struct { // stored as run id and status; the rest is in the run's row, and gone with it
		WorkflowID   string
		RunID        history.RunID
		WorkflowType string
		Version      catalog.Version
		Status       history.Status
		Purged       bool // by retention, since
	}
)

// feedLine is an event as it waits for the end of its entry, where it is known which one is the
// last.
type feedLine struct {
	name  byte
	run   history.RunID
	typ   string // of the run
	data  []byte
	space string
}

// announce adds an event to the feed.
func (t *step) announce(name byte, data feedData) {
	space := t.spaceOf(data)
	if space != "" {
		t.spaceFeed = append(t.spaceFeed, feedLine{name: name, data: data.bare(space).json(), space: space})
		return
	}
	t.feed = append(t.feed, feedLine{name: name, data: data.json()})
}

func (t *step) announceClosed(r *row) {
	line := feedLine{feedWorkflowClosed, r.Run.RunID, r.Run.Type, []byte{byte(r.Run.Status)}, namespace.Of(r.Run.WorkflowID)}
	if line.space != "" {
		t.spaceFeed = append(t.spaceFeed, line)
		return
	}
	t.feed = append(t.feed, line)
}

// encode writes the row of an event; last says that it is the last one of its index.
func (line *feedLine) encode(last bool) []byte {
	v := make([]byte, 0, 2+16+len(line.data))
	v = append(v, line.name, 0)
	if last {
		v[1] = 1
	}
	return append(append(v, line.run[:]...), line.data...)
}

// storeFeed writes the entry's events and drops the oldest.
func (t *step) storeFeed() {
	for n, line := range t.feed {
		t.Put(rows.PlaceKey(rows.FamilyFeed, t.index, uint32(n)), line.encode(n == len(t.feed)-1))
	}
	t.meta.Feed += uint64(len(t.feed))
	if keep := t.s.cfg.Keep; t.meta.Feed > keep.feed()+keep.slack() {
		from, dropped := t.dropOldest(rows.Key(rows.FamilyFeed), t.meta.FeedFrom, t.meta.Feed-keep.feed())
		t.meta.Feed -= dropped
		t.meta.FeedFrom = from
	}
}

// dropOldest deletes the first n events at or after from, and returns where the first one left may
// be. One row goes by itself: range deletions in memory are sorted anew for the first reader after
// each, so one for every entry would make each dearer than the one before.
func (t *step) dropOldest(prefix []byte, from rows.Place, n uint64) (rows.Place, uint64) {
	first := rows.PlaceIn(prefix, from)
	var dropped uint64
	t.Scan(first, rows.After(prefix), func(k, _ []byte) bool {
		if dropped == n {
			from = rows.PlaceAfter(prefix, k)
			return false
		}
		if dropped++; dropped == 1 {
			first = append([]byte(nil), k...)
		}
		from = rows.PlaceAfter(prefix, k)
		from.N++
		return true
	})
	switch {
	case dropped == 1:
		t.Del(first)
	case dropped > 1:
		t.DelRange(first, rows.PlaceIn(prefix, from))
	}
	return from, dropped
}

// feedEvent reads an event back.
func (p *picture) feedEvent(space string, at rows.Place, v []byte) FeedEvent {
	e := FeedEvent{Index: at.Index, N: at.N, Name: feedNames[v[0]], Last: v[1] == 1, Data: append([]byte(nil), v[18:]...)}
	copy(e.RunID[:], v[2:18])
	if v[0] == feedWorkflowClosed {
		closed := workflowClosed{RunID: e.RunID, Status: history.Status(v[18]), Purged: true}
		if run, ok := p.Run(e.RunID); ok {
			closed.WorkflowID, closed.WorkflowType, closed.Version, closed.Purged = run.WorkflowID, run.Type, run.Version, false
		}
		e.Data = closed.bare(space).json()
	}
	return e
}

// feedBytes is how much of events one page has, and one event more: thousands of streams each hold
// a page while their readers are slow.
const feedBytes = 64 << 10

// Feed implements View.
func (p *picture) Feed(after FeedCursor, limit int) (events []FeedEvent, next FeedCursor) {
	if p.foreign() {
		return p.FeedIn(*p.space, after, limit)
	}
	prefix := rows.Key(rows.FamilyFeed)
	return p.feed(prefix, rows.PlaceIn(prefix, p.meta.FeedFrom), after, limit, func(k, b []byte) FeedEvent {
		return p.feedEvent("", rows.PlaceOf(k), b)
	})
}

// feed reads a page of events behind the beginning of their keys.
func (p *picture) feed(prefix, from []byte, after FeedCursor, limit int, read func(k, b []byte) FeedEvent) (events []FeedEvent, next FeedCursor) {
	next = after
	size := 0
	first := rows.Later(append(rows.PlaceIn(prefix, rows.Place(after)), 0), from)
	p.Scan(first, rows.After(prefix), func(k, b []byte) bool {
		e := read(k, b)
		events = append(events, e)
		next = FeedCursor{e.Index, e.N}
		size += len(e.Data)
		return len(events) < pageSize(limit) && size < feedBytes
	})
	return events, next
}

// FeedStart implements View.
func (p *picture) FeedStart() uint64 {
	from := p.meta.FeedFrom
	if p.foreign() {
		_, use, _ := p.Namespace(*p.space)
		from = use.FeedFrom
	}
	if from.N > 0 {
		return from.Index + 1
	}
	return from.Index
}
