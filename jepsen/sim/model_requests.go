package sim

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// request is what is remembered of an owner's request id.
type request struct {
	asked   fsm.Request
	owned   bool // in the rows with an owner, which is empty where there are no tokens
	print   catalog.Digest
	first   outcome
	expires history.Time
	all     []outcome // of every execution: it is executed again only after it has expired
}

// table is what the model knows of the request table while the table may be full. The model does
// not know how many bytes a row takes; it reads what the table held after the previous entry.
type table struct {
	use      []fsm.RequestUse // nil = far from full
	added    int              // keys added since, in the entry being judged
	replaced bool             // one of them replaced an expired key
	moved    bool             // this entry changed the bound
}

// small is a bound that worlds can reach. rowBytes is more than any row takes.
const (
	smallTable = 1 << 20
	rowBytes   = 3000
)

func requestName(q *fsm.Request) string { return q.Owner + "\x00" + q.ID }

// recall returns the answer to a request that is not executed: its key is known, or the table has
// no room for it.
func (m *Model) recall(q *fsm.Request, r *fsm.Result) (want outcome, done bool) {
	if known := m.requests[requestName(q)]; known != nil && known.expires > m.now {
		want = known.first
		want.again = true
		if known.print != q.Print {
			want = outcome{index: m.index, code: "request_mismatch"}
		}
		return want, true
	}
	must, may := m.full(q)
	_, told := r.Refusal.(*fsm.RequestsFull)
	if must || may && told {
		return outcome{index: m.index, code: "resource_exhausted"}, true
	}
	return outcome{}, false
}

// full reports whether there must be no room for a new key, and whether there may be none.
func (m *Model) full(q *fsm.Request) (must, may bool) {
	limit := m.bounds.RequestBytes
	switch {
	case limit == 0 || limit > smallTable:
		return false, m.table.moved
	case m.table.use == nil || m.table.moved:
		return false, true
	}
	class := 0
	if q.Short {
		class, limit = 1, 2*limit
	}
	use := m.table.use[class]
	held := uint64(0)
	for _, o := range use.Owners {
		if o.Owner == q.Owner {
			held = o.Bytes
		}
	}
	full := func(total, held uint64) bool {
		return total >= limit || q.Owner != "" && held >= (limit-(total-held))/4*3
	}
	more := uint64(m.table.added) * rowBytes
	must = full(use.Bytes, held) && !m.table.replaced
	return must, must || full(use.Bytes+more, held+more) || full(use.Bytes+more, held) || m.table.replaced
}

// remember stores the outcome of a request.
func (m *Model) remember(q *fsm.Request, got outcome) {
	keep := 24 * time.Hour
	if q.Short {
		keep = 15 * time.Minute
	}
	row := m.requests[requestName(q)]
	if row == nil {
		row = new(request)
		m.requests[requestName(q)] = row
	} else {
		m.table.replaced = true
	}
	m.table.added++
	row.asked, row.print, row.first, row.expires = *q, q.Print, got, m.now.Add(keep)
	if row.owned = q.Owner != "" || m.bounds.RequestBytes > 0; row.owned { // these rows store seconds
		row.expires = (row.expires + 1e9 - 1) / 1e9 * 1e9
	}
	row.all = append(row.all, got)
}

// endRequests reads the table after an entry, for the next one.
func (m *Model) endRequests(n *node) {
	m.table = table{}
	if b := m.bounds.RequestBytes; b > 0 && b <= smallTable {
		n.state.View(func(v fsm.View) { m.table.use = v.RequestUse() })
	}
}

// requestsAreNot compares the table: what has not expired is counted, per owner and in total, and
// returns its first answer.
func (m *Model) requestsAreNot(v fsm.View, rng *rand.Rand) string {
	names := slices.Sorted(maps.Keys(m.requests))
	alive := map[string]uint64{}
	for _, name := range names {
		if r := m.requests[name]; r.owned && r.expires > m.now {
			alive[fmt.Sprint(r.asked.Short, r.asked.Owner)]++
			alive[fmt.Sprint(r.asked.Short, "*")]++
		}
	}
	for _, use := range v.RequestUse() {
		bytes, keys := uint64(0), uint64(0)
		for _, o := range use.Owners {
			bytes, keys = bytes+o.Bytes, keys+o.Keys
			if want := alive[fmt.Sprint(use.MadeUp, o.Owner)]; o.Keys < want || o.Keys > 0 != (o.Bytes > 0) {
				return fmt.Sprintf("%q holds %d request keys, %d of them live", o.Owner, o.Keys, want)
			}
		}
		if bytes != use.Bytes || keys != use.Keys || keys < alive[fmt.Sprint(use.MadeUp, "*")] {
			return fmt.Sprintf("the table holds %d request keys in %d bytes, its owners %d in %d", use.Keys, use.Bytes, keys, bytes)
		}
	}
	for range min(4, len(names)) {
		r := m.requests[one(rng, names)]
		got, known := v.Request(r.asked)
		if r.expires <= m.now {
			if known && r.owned {
				return fmt.Sprintf("request %+v has expired and answers %+v", r.asked, got)
			}
			continue
		}
		want := r.first
		want.again = true
		if !known || outcomeOf(&got) != want {
			return fmt.Sprintf("request %+v answers %+v, want %+v", r.asked, outcomeOf(&got), want)
		}
	}
	return ""
}

var owners = []string{"t1", "t2", "t3"}

// submitOwned is submit for a caller with a token. It often uses a key that another caller has
// used.
func (w *World) submitOwned(n *node, seed uint64) bool {
	if len(w.calls) >= atOnce {
		return false
	}
	rng := dice(seed)
	c := &call{envelope: fsm.Envelope{Command: w.draw(rng), Actor: "client"}}
	if odds(rng, 8) { // seldom drawn otherwise
		c.envelope.Command = w.drawSchedule(rng)
	}
	if c.envelope.Request = w.request(rng, c.envelope.Command); c.envelope.Request == nil {
		return false
	}
	q := c.envelope.Request
	if q.Owner = one(rng, owners); odds(rng, 3) {
		q.ID = fmt.Sprint("r", 1+rng.Uint64N(w.minted))
	}
	if !w.forward(n, c) {
		return false
	}
	w.calls = append(w.calls, c)
	return true
}

// scant makes the request table small, or large again, like a node whose configuration was changed.
func (w *World) scant(n *node, seed uint64) bool {
	rng := dice(seed)
	nodes := slices.Sorted(maps.Keys(w.model.nodes))
	if len(nodes) == 0 {
		return false
	}
	c := &fsm.SetLimits{Node: one(rng, nodes), Limits: rows.Limits{RequestBytes: one(rng, []uint64{1 << 30, 2 << 30})}}
	if b := w.model.bounds.RequestBytes; (b == 0 || b > smallTable) && odds(rng, 3) {
		c.Limits.RequestBytes = fsm.MinRequestBytes + rng.Uint64N(2000)
	}
	return w.forward(n, &call{envelope: fsm.Envelope{Command: c}})
}
