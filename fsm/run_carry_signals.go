package fsm

import (
	"slices"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/fsm/store"
)

// inheritance is what a run that continues as new hands on: in order, stretches of signals, and the
// request to cancel in its place among them.
type inheritance struct {
	t     *step
	r     *row
	carry []uint64 // what is left of the seqs that the code had seen and not taken
	all   bool     // everything is handed on, but requests to cancel
	until uint64   // what came after r.Run.Through up to here was not seen, and goes along

	parts   []rows.Carried
	cancels []*history.CancelRequested // before parts of the same number
	dropped []rows.Stretch             // signals that r had taken over, and read
	bytes   uint64                     // of all signals handed on
	looked  uint64                     // rows that were read to find that out
}

// bequeath makes next show what r had not read. It reads the rows of signals that r received
// itself, and of those that it has read since it took them over: each signal twice in its life,
// however often the run continues.
func (t *step) bequeath(r, next *row, carry []uint64, until uint64) {
	h := &inheritance{t: t, r: r, carry: slices.Compact(slices.Sorted(slices.Values(carry))), until: until, bytes: r.Carried.Bytes}
	h.parts = append(h.parts, rows.Carried{})
	h.cancels = append(h.cancels, nil)
	h.gather()
	for i := range h.parts {
		if e := h.cancels[i]; e != nil {
			t.requestCancel(next, e.Reason, e.From)
		}
		t.inheritSignals(next, r, h.parts[i])
	}
	if next.Carried.Count > 0 {
		next.Carried.Bytes = h.bytes
		next.Run.Bytes += h.bytes
		t.grew(next, h.bytes, next.Run.Status, next.Run.Status)
	}
	t.Charge(h.looked / looksPerUnit)
}

// bequeathAll is bequeath for a run that starts over: next shows every signal that r received.
func (t *step) bequeathAll(r, next *row) {
	if r.Signals == 0 {
		return
	}
	h := &inheritance{t: t, r: r, all: true, until: r.Run.Events, bytes: r.Carried.Bytes, parts: make([]rows.Carried, 1)}
	h.gather()
	t.inheritSignals(next, r, h.parts[0])
	next.Carried.Bytes = h.bytes
	next.Run.Bytes += h.bytes
	t.grew(next, h.bytes, next.Run.Status, next.Run.Status)
	t.Charge(h.looked / looksPerUnit)
}

// looksPerUnit is how many stored events are looked at for one unit.
const looksPerUnit = 4

// inheritSignals appends the row that stands for signals.
func (t *step) inheritSignals(next, r *row, c rows.Carried) {
	n := c.Count()
	if n == 0 {
		return
	}
	c.At = t.now
	seq := next.Run.Events + n
	t.Put(rows.EventKey(next.Serial, seq), c.Encode())
	next.Run.Events, next.Woken = seq, seq
	next.Signals += n
	next.Carried.From = r.Run.RunID
	next.Carried.Ends = append(next.Carried.Ends, seq)
	next.Carried.Count += n
	next.added = append(next.added, line{})
	t.touch(next)
}

// gather walks through the history of r: what it stores itself, and what it took over.
func (h *inheritance) gather() {
	it, err := h.t.Reader(rows.FamilyEvent).Iter(rows.Key(rows.FamilyEvent), rows.Key(rows.FamilyEvent+1))
	if err != nil {
		h.t.Fail(err)
		return
	}
	defer func() { h.t.Fail(it.Close()) }()
	seq := uint64(1)
	for _, end := range h.r.Carried.Ends {
		c := h.t.carriedAt(h.r, end)
		first := end + 1 - c.Count()
		h.own(it, seq, first)
		h.others(c.List, first)
		seq = end + 1
	}
	h.own(it, seq, h.until+1)
	h.t.Fail(it.Error())
	h.t.Fail(eachStored(h.t.Reader(rows.FamilyEvent), h.dropped, 0, func(b []byte) bool {
		h.bytes -= uint64(len(b))
		h.looked++
		return true
	}))
}

// own hands on what is wanted of the events from seq to before end, which r stores.
func (h *inheritance) own(it store.Iter, seq, end uint64) {
	for ; seq < end; seq++ {
		if seq = h.wanted(seq, end); seq >= end || h.all && h.parts[0].Count() == h.r.Signals {
			return
		}
		k := rows.EventKey(h.r.Serial, seq)
		if !(it.Valid() && it.Next() && string(it.Key()) == string(k) || it.SeekGE(k) && string(it.Key()) == string(k)) {
			continue
		}
		b := it.Value()
		h.looked++
		switch history.Type(b[0]) {
		case history.TypeSignalReceived:
			h.parts[len(h.parts)-1].Add(rows.Stretch{Serial: h.r.Serial, First: seq, Count: 1})
			h.bytes += uint64(len(b))
		case history.TypeCancelRequested:
			if h.all {
				continue
			}
			e, err := history.DecodeEvent(b)
			h.t.Fail(err)
			if cancel, ok := e.Data.(*history.CancelRequested); ok {
				h.parts, h.cancels = append(h.parts, rows.Carried{}), append(h.cancels, cancel)
			}
		}
	}
}

// others hands on what is wanted of signals that r took over, and that its history shows from seq
// on.
func (h *inheritance) others(list []rows.Stretch, seq uint64) {
	for _, s := range list {
		for end := seq + s.Count; seq < end; {
			from := h.wanted(seq, end)
			if from > seq {
				h.dropped = append(h.dropped, rows.Stretch{Serial: s.Serial, First: s.First, Count: from - seq})
				s.First += from - seq
			}
			if seq = from; seq < end {
				n := h.run(seq, end)
				h.parts[len(h.parts)-1].Add(rows.Stretch{Serial: s.Serial, First: s.First, Count: n})
				seq, s.First = seq+n, s.First+n
			}
		}
	}
}

// wanted is the first seq from seq on that is handed on; end when none before it is.
func (h *inheritance) wanted(seq, end uint64) uint64 {
	if h.all {
		return min(seq, end)
	}
	if through := h.r.Run.Through; seq <= through {
		for len(h.carry) > 0 && h.carry[0] < seq {
			h.carry = h.carry[1:]
		}
		if len(h.carry) > 0 && h.carry[0] <= through {
			return min(h.carry[0], end)
		}
		seq = through + 1
	}
	if seq > h.until {
		return end
	}
	return min(seq, end)
}

// run is how many seqs from seq on, which is wanted, are wanted without a gap.
func (h *inheritance) run(seq, end uint64) uint64 {
	n := uint64(1)
	for seq+n < end && h.wanted(seq+n, end) == seq+n {
		n++
	}
	return n
}

// carriedAt reads the row that stands for the signals up to seq.
func (t *step) carriedAt(r *row, seq uint64) rows.Carried {
	c, err := rows.DecodeCarried(t.Get(rows.EventKey(r.Serial, seq)))
	t.Fail(err)
	return c
}
