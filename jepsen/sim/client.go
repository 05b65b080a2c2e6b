package sim

import (
	"fmt"
	"math/rand/v2"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// call is a command in transit: from a client, with a request id, or from the leader's loops,
// without one.
type call struct {
	envelope fsm.Envelope
	waits    bool // a caller waits for this answer
	unknown  bool // the caller got no answer, and will ask again
	tries    int
}

// lost leaves the caller without an answer.
func (c *call) lost() {
	if c.waits {
		c.waits, c.unknown = false, true
	}
}

// atOnce bounds the concurrent clients of a world.
const atOnce = 12

// submit sends new commands through a node.
func (w *World) submit(n *node, seeds []uint64) bool {
	did := false
	for _, seed := range seeds {
		if len(w.calls) >= atOnce {
			break
		}
		rng := dice(seed)
		did = w.send(n, w.draw(rng), rng) || did
	}
	return did
}

// submitFlow is submit for runs of real code.
func (w *World) submitFlow(n *node, seed uint64) bool {
	if len(w.calls) >= atOnce {
		return false
	}
	rng := dice(seed)
	return w.send(n, w.flow(rng), rng)
}

// submitAsked is submit for the commands of asked.
func (w *World) submitAsked(n *node, seed uint64) bool {
	if len(w.calls) >= atOnce || n.state == nil {
		return false
	}
	rng := dice(seed)
	c := w.asked(n, rng)
	return c != nil && w.send(n, c, rng)
}

// submitNote is submit for the key of a call that is no command.
func (w *World) submitNote(n *node, rng *rand.Rand) bool {
	return len(w.calls) < atOnce && w.send(n, &fsm.NoteCall{}, rng)
}

func (w *World) send(n *node, command fsm.Command, rng *rand.Rand) bool {
	c := &call{envelope: fsm.Envelope{Command: command, Request: w.request(rng, command), Only: w.drawScope(command, rng)}}
	if c.envelope.Request != nil {
		c.envelope.Actor = "client"
	}
	if !w.forward(n, c) {
		return false
	}
	w.calls = append(w.calls, c)
	return true
}

// request draws a request id: a new one, or sometimes one that was used for something else.
func (w *World) request(rng *rand.Rand, c fsm.Command) *fsm.Request {
	if rng.IntN(8) == 0 {
		return nil
	}
	w.minted++
	id, print := w.minted, catalog.Digest{byte(w.minted), byte(w.minted >> 8), byte(w.minted >> 16), byte(c.Kind())}
	if rng.IntN(40) == 0 && id > 1 {
		id = 1 + rng.Uint64N(id)
	}
	return &fsm.Request{ID: fmt.Sprint("r", id), Print: print, Short: rng.IntN(2) == 0}
}

// forward brings a call to the node that n takes for the leader. It returns false, and tells the
// caller so, if it cannot.
func (w *World) forward(n *node, c *call) bool {
	if n.state == nil || n.leader < 0 {
		return false
	}
	to := w.nodes[n.leader]
	if !to.leads() { // refused there, so nothing happened
		return false
	}
	c.waits, c.unknown = true, false
	c.tries++
	to.pending = append(to.pending, c)
	return true
}

// retry repeats a call with an unknown outcome. The first attempt may still be in flight: then the
// log gets both.
func (w *World) retry(n *node, seed uint64) bool {
	for i := range w.calls {
		c := w.calls[(i+int(seed%16))%len(w.calls)]
		if !c.unknown && !(c.waits && seed%4 == 0) { // one caller in four does not wait for its answer
			continue
		}
		if c.envelope.Request == nil {
			if c.unknown {
				w.drop(c) // without a request id it cannot be repeated
				return true
			}
			continue
		}
		if w.outlived(c) {
			w.drop(c)
			return true
		}
		return w.forward(n, c)
	}
	return false
}

// outlived reports whether c starts, or resets, a run that has continued. Engines mint another run
// id when a start is repeated. Repeated with the same id, after its request key is forgotten and
// its run is purged, it would start that run again, which would continue as the same next run as
// before.
func (w *World) outlived(c *call) bool {
	var id history.RunID
	switch s := c.envelope.Command.(type) {
	case *fsm.StartRun:
		id = s.RunID
	case *fsm.ResetRun:
		id = s.RunID
	default:
		return false
	}
	return w.model.runs[history.DeriveRunID(id, "continue", 1)] != nil
}

func (w *World) drop(c *call) {
	for i := range w.calls {
		if w.calls[i] == c {
			w.calls = append(w.calls[:i], w.calls[i+1:]...)
			return
		}
	}
}

// answer brings a result to its caller, or loses it on the way. What a caller is told must be what
// the model has for the request.
func (w *World) answer(c *call, index uint64, r *fsm.Result) {
	if !c.waits {
		return
	}
	if (index+uint64(c.tries))%11 == 0 && c.envelope.Request != nil {
		c.lost()
		w.stats.Unknown++
		return
	}
	if r.Deduplicated {
		w.stats.Repeated++
	}
	if why := w.model.compareTold(&c.envelope, r); why != "" {
		w.failf("%s was told %+v after %d tries: %s", c.envelope.Command.Kind(), outcomeOf(r), c.tries, why)
	}
	c.waits = false
	w.stats.Acknowledged++
	w.drop(c)
}
