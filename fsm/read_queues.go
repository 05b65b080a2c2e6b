package fsm

import (
	"bytes"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/history"
)

// Ready implements View.
func (p *picture) Ready(after ReadyCursor, limit int) (ready []ReadyRun, next ReadyCursor) {
	next = after
	first := later(append(placeKey(keyReady, after.Index, after.N), 0), p.queues.ready.from)
	p.scan(first, key(keyReady+1), func(k, b []byte) bool {
		ready = append(ready, ReadyRun{history.RunID(b)})
		next = ReadyCursor(placeOf(k))
		return len(ready) < page(limit)
	})
	return ready, next
}

// DueTimers implements View.
func (p *picture) DueTimers(now history.Time, limit int) (due []TimerRef) {
	if now < 0 {
		return nil
	}
	p.scan(p.queues.timers.from, numberKey(keyTimer, uint64(now)+1), func(k, b []byte) bool {
		due = append(due, TimerRef{FireAt: history.Time(readU64(k[1:])), ID: readU64(k[17:]), RunID: history.RunID(b)})
		return len(due) < page(limit)
	})
	return due
}

// NextTimer implements View.
func (p *picture) NextTimer() (at history.Time, ok bool) {
	p.scan(p.queues.timers.from, key(keyTimer+1), func(k, _ []byte) bool {
		at, ok = history.Time(readU64(k[1:])), true
		return false
	})
	return at, ok
}

// Request implements View.
func (p *picture) Request(id string) (print catalog.Digest, result Result, ok bool) {
	var m remembered
	if !p.row(p.get(textKey(keyRequest, id)), &m) || m.Expires <= p.meta.Now {
		return catalog.Digest{}, Result{}, false
	}
	result, err := m.result()
	if err != nil {
		p.s.fail(err)
		return catalog.Digest{}, Result{}, false
	}
	result.Deduplicated = true
	return m.Print, result, true
}

// Feed implements View.
func (p *picture) Feed(after FeedCursor, limit int) (events []FeedEvent, next FeedCursor) {
	next = after
	first := later(append(placeKey(keyFeed, after.Index, after.N), 0), placeKey(keyFeed, p.meta.FeedFrom.Index, p.meta.FeedFrom.N))
	p.scan(first, key(keyFeed+1), func(k, b []byte) bool {
		e := p.feedEvent(k, b)
		events = append(events, e)
		next = FeedCursor{e.Index, e.N}
		return len(events) < page(limit)
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

func later(a, b []byte) []byte {
	if bytes.Compare(a, b) > 0 {
		return a
	}
	return b
}
