package fsm

import (
	"bytes"
	"encoding/binary"
	"encoding/json"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/history"
)

// The feed is the public event stream: what operators and those who wait for results follow. It keeps the newest feedKept events and up to feedSlack
// more; older ones go together, so that dropping costs one deletion in a thousand events.
const (
	feedKept  = 100_000
	feedSlack = 1_000
)

// feedNames are numbered where they are stored; numbers are never reused.
var feedNames = [...]string{
	1: "PackageLoaded", 2: "RouteChanged", 3: "VersionUnloaded", 4: "DeployRefused", 5: "VersionReadinessChanged", 6: "LeaderChanged", 7: "MemberChanged",
	8: "WorkflowClosed",
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
)

// Every event's data is one of these structs: field order is wire order, names are those of CONTRACT 3.
type (
	packageLoaded struct {
		Version       catalog.Version `json:"version"`
		WorkflowTypes []string        `json:"workflow_types"`
		WorkflowType  string          `json:"workflow_type"`
		FreshlyLoaded bool            `json:"freshly_loaded"`
	}
	routeChanged struct {
		WorkflowType string          `json:"workflow_type"`
		Version      catalog.Version `json:"version,omitzero"`
		Previous     catalog.Version `json:"previous,omitzero"`
	}
	versionUnloaded struct {
		Version       catalog.Version `json:"version"`
		WorkflowTypes []string        `json:"workflow_types"`
	}
	deployRefused struct {
		Operation    string `json:"operation"`
		WorkflowType string `json:"workflow_type"`
		Version      string `json:"version,omitempty"` // as the caller wrote it, when it names none that is loaded
		Code         string `json:"code"`
		Detail       string `json:"detail"`
	}
	readinessChanged struct {
		Version catalog.Version `json:"version"`
		Node    string          `json:"node"`
		Ready   bool            `json:"ready"`
		Problem string          `json:"problem,omitempty"`
	}
	leaderChanged struct {
		Node string `json:"node"`
		Term uint64 `json:"term"`
	}
	memberChanged struct {
		Node        string `json:"node"`
		Change      string `json:"change"` // announced, removed
		RaftAddress string `json:"raft_address,omitempty"`
		HTTPAddress string `json:"http_address,omitempty"`
		Version     string `json:"version,omitempty"` // of the binary
	}
	workflowClosed struct { // stored as run id and status; the rest is in the run's row, and gone with it
		WorkflowID   string          `json:"workflow_id,omitempty"`
		RunID        history.RunID   `json:"run_id"`
		WorkflowType string          `json:"workflow_type,omitempty"`
		Version      catalog.Version `json:"version,omitzero"`
		Status       history.Status  `json:"status"`
		Purged       bool            `json:"purged,omitempty"` // by retention, since
	}
)

// feedLine is an event as it waits for the end of its entry, where it is known which one is the last.
type feedLine struct {
	name byte
	run  history.RunID
	data []byte
}

// announce adds an event to the feed.
func (t *step) announce(name byte, data any) {
	t.feed = append(t.feed, feedLine{name: name, data: jsonOf(data)})
}

func (t *step) announceClosed(r *row) {
	t.feed = append(t.feed, feedLine{feedWorkflowClosed, r.Run.RunID, []byte{byte(r.Run.Status)}})
}

// jsonOf writes one of the structs above.
func jsonOf(data any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(data); err != nil {
		panic(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// storeFeed writes the entry's events and drops the oldest.
func (t *step) storeFeed() {
	for n, line := range t.feed {
		v := make([]byte, 0, 2+16+len(line.data))
		v = append(v, line.name, 0)
		if n == len(t.feed)-1 {
			v[1] = 1
		}
		v = append(append(v, line.run[:]...), line.data...)
		t.put(placeKey(keyFeed, t.index, uint32(n)), v)
	}
	t.meta.Feed += uint64(len(t.feed))
	if t.meta.Feed > feedKept+feedSlack {
		from, dropped := t.dropOldest(keyFeed, t.meta.FeedFrom, t.meta.Feed-feedKept)
		t.meta.Feed -= dropped
		t.meta.FeedFrom = from
	}
}

// dropOldest deletes the first n rows at or after from of a family keyed by place, and returns where the first row left may be. One row goes by itself:
// range deletions in memory are sorted anew for the first reader after each, so one for every entry would make each dearer than the one before.
func (t *step) dropOldest(family byte, from place, n uint64) (place, uint64) {
	first := placeKey(family, from.Index, from.N)
	var dropped uint64
	t.scan(first, key(family+1), func(k, _ []byte) bool {
		if dropped == n {
			from = placeOf(k)
			return false
		}
		if dropped++; dropped == 1 {
			first = append([]byte(nil), k...)
		}
		from = placeOf(k)
		from.N++
		return true
	})
	switch {
	case dropped == 1:
		t.del(first)
	case dropped > 1:
		t.delRange(first, placeKey(family, from.Index, from.N))
	}
	return from, dropped
}

// feedEvent reads an event back.
func (p *picture) feedEvent(k, v []byte) FeedEvent {
	at := placeOf(k)
	e := FeedEvent{Index: at.Index, N: at.N, Name: feedNames[v[0]], Last: v[1] == 1, Data: append([]byte(nil), v[18:]...)}
	copy(e.RunID[:], v[2:18])
	if v[0] == feedWorkflowClosed {
		closed := workflowClosed{RunID: e.RunID, Status: history.Status(v[18]), Purged: true}
		if run, ok := p.Run(e.RunID); ok {
			closed.WorkflowID, closed.WorkflowType, closed.Version, closed.Purged = run.WorkflowID, run.Type, run.Version, false
		}
		e.Data = jsonOf(closed)
	}
	return e
}

// place is where a row stands in a family keyed by log index and order within the entry.
type place struct {
	Index uint64 `cbor:"1,keyasint,omitempty"`
	N     uint32 `cbor:"2,keyasint,omitempty"`
}

func placeOf(k []byte) place {
	return place{binary.BigEndian.Uint64(k[1:]), binary.BigEndian.Uint32(k[9:])}
}

// Feed implements View.
func (p *picture) Feed(after FeedCursor, limit int) (events []FeedEvent, next FeedCursor) {
	next = after
	first := later(append(placeKey(keyFeed, after.Index, after.N), 0), placeKey(keyFeed, p.meta.FeedFrom.Index, p.meta.FeedFrom.N))
	p.scan(first, key(keyFeed+1), func(k, b []byte) bool {
		e := p.feedEvent(k, b)
		events = append(events, e)
		next = FeedCursor{e.Index, e.N}
		return len(events) < pageSize(limit)
	})
	return events, next
}

// FeedStart implements View.
func (p *picture) FeedStart() uint64 {
	if p.meta.FeedFrom.N > 0 {
		return p.meta.FeedFrom.Index + 1
	}
	return p.meta.FeedFrom.Index
}
