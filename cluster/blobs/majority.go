package blobs

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"aion.dev/aion/engine"
)

// pendingPut is one Put that waits for a majority of the voters.
type pendingPut struct {
	others []Peer // the peers that are sent the bytes
	need   int    // how many voters besides this node must have them
	own    int    // 1 if this node votes, because it has them already
	voters int

	mu     sync.Mutex
	have   int              // voters besides this node that have the bytes
	failed int              // voters that failed to take them
	said   map[string]error // the answers by node id; nil: the node has the bytes
	over   chan struct{}    // closed when the outcome is certain
}

func newPendingPut(self string, members []Peer) *pendingPut {
	r := &pendingPut{others: others(self, members), said: map[string]error{}, over: make(chan struct{})}
	for _, p := range members {
		if p.Voter {
			r.voters++
			if p.ID == self {
				r.own = 1
			}
		}
	}
	r.need = r.voters/2 + 1 - r.own
	r.closeIfDecided()
	return r
}

// recordAnswer records one peer's outcome.
func (r *pendingPut) recordAnswer(p Peer, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.said[p.ID] = err
	if !p.Voter {
		return
	}
	if err == nil {
		r.have++
	} else {
		r.failed++
	}
	r.closeIfDecided()
}

// holders counts the voters among members, and those of them that are known to have the bytes. self
// has them.
func (r *pendingPut) holders(self string, members []Peer) (have, voters int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range members {
		if !p.Voter {
			continue
		}
		if p.Voter {
			voters++
		}
		if err, said := r.said[p.ID]; p.ID == self || said && err == nil {
			have++
		}
	}
	return have, voters
}

// closeIfDecided closes over once a majority has the bytes or can no longer get them. The caller
// holds r.mu, or r is not shared yet.
func (r *pendingPut) closeIfDecided() {
	select {
	case <-r.over:
		return
	default:
	}
	asked := 0
	for _, p := range r.others {
		if p.Voter {
			asked++
		}
	}
	if r.have >= r.need || asked-r.failed < r.need {
		close(r.over)
	}
}

// wait returns nil once a majority has the bytes, or *engine.NoQuorum with each node's answer.
func (r *pendingPut) wait(ctx context.Context) error {
	late := error(nil)
	select {
	case <-r.over:
	case <-ctx.Done():
		late = ctx.Err()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.voters > 0 && r.have >= r.need {
		return nil
	}
	if r.voters == 0 {
		return &engine.NoQuorum{Why: "this node knows of no voters"}
	}
	var why []string
	for _, p := range r.others {
		err, answered := r.said[p.ID]
		switch {
		case !p.Voter:
		case !answered:
			why = append(why, p.ID+" has not answered yet")
		case err != nil:
			why = append(why, fmt.Sprintf("%s: %v", p.ID, err))
		default:
			why = append(why, p.ID+" has it")
		}
	}
	text := fmt.Sprintf("the archive is on %d of %d voters (%s)", r.have+r.own, r.voters, strings.Join(why, "; "))
	if late != nil {
		text += ": " + late.Error()
	}
	return &engine.NoQuorum{Why: text}
}
