package fsm

import (
	"bytes"
	"crypto/sha256"
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// Foresight is what a turn counted on when it was made: that the command Back places before it, in
// the same entry, appends the events after After up to the turn's Through, and no others, to its
// run. The leader wrote both commands, so if that many events come from that command they are the
// events that the turn saw. Only their time was not known, and a turn that asks for the time is
// never made ahead.
//
// The trap: this holds for commands whose events say what the command says, or come to nothing:
// StartRun with its version, CompleteTasks, SignalRun, FireTimers. A turn may meet a limit and fail
// its run instead of completing it, and what a child begins with follows from its parent's row. So
// a turn that follows from another turn names the events, too, in Saw. A failed attempt may be
// retried; no turn is made ahead of one.
//
// A turn whose foresight failed changes nothing. Its run needs a turn like any other.
type Foresight struct {
	Back    uint64          `cbor:"1,keyasint"`           // 1 = the command just before
	After   uint64          `cbor:"2,keyasint,omitempty"` // the newest event that was in the log; 0 = the run was not
	Version catalog.Version `cbor:"3,keyasint,omitzero"`  // of a run that was not: the one whose code made the turn
	Saw     []byte          `cbor:"4,keyasint,omitempty"` // SawEvents of the events; empty = they follow from the command
}

// SawEvents names events by what they say, whatever their number and time.
func SawEvents(events ...history.Data) []byte {
	h := sha256.New()
	for _, data := range events {
		b, err := history.AppendEvent(nil, history.Event{Data: data})
		if err != nil {
			panic(err) // data is a type of package history
		}
		fmt.Fprintf(h, "%d ", len(b))
		h.Write(b)
	}
	return h.Sum(nil)
}

// unforeseen says what happened otherwise than c's turn foresaw, if anything did.
func (c *RecordTurn) unforeseen(t *step, r *row) string {
	f := c.Foreseen
	switch {
	case f == nil:
		return ""
	case f.Back == 0 || f.Back > uint64(t.place):
		return fmt.Sprintf("turn %d foresaw a command %d places before it, and %d are in the entry", c.N, f.Back, t.place)
	case f.After == 0 && f.Version != r.Run.Version:
		return fmt.Sprintf("turn %d was made on version %s, and the run started on %s", c.N, f.Version.Short(), r.Run.Version.Short())
	}
	cause, next := t.place-int(f.Back), f.After+1
	var saw []history.Data
	for _, l := range r.added {
		if l.event.Data == nil || l.place != cause {
			continue
		}
		if l.event.Seq != next {
			return fmt.Sprintf("turn %d foresaw event %d, and event %d came in its place", c.N, next, l.event.Seq)
		}
		next++
		saw = append(saw, l.event.Data)
	}
	if next != c.Through+1 {
		return fmt.Sprintf("turn %d foresaw events up to %d, and they end with %d", c.N, c.Through, next-1)
	}
	if len(f.Saw) > 0 && !bytes.Equal(f.Saw, SawEvents(saw...)) {
		return fmt.Sprintf("turn %d foresaw other events after %d than those that came", c.N, f.After)
	}
	return ""
}
