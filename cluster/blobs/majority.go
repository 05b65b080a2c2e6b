package blobs

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"aion.dev/aion/engine"
)

// putting is one Put waiting for a majority of the voters.
type putting struct {
	others []Peer // who is sent the bytes
	need   int    // voters besides this node that must have them
	own    int    // 1 if this node votes: it has them already
	voters int

	mu     sync.Mutex
	have   int              // voters besides this node that have it
	failed int              // voters that will not
	said   map[string]error // by node id, nil error = has it
	over   chan struct{}    // closed when the outcome is certain
}

func newPutting(self string, members []Peer) *putting {
	r := &putting{others: others(self, members), said: map[string]error{}, over: make(chan struct{})}
	for _, p := range members {
		if p.Voter {
			r.voters++
			if p.ID == self {
				r.own = 1
			}
		}
	}
	r.need = r.voters/2 + 1 - r.own
	r.settle()
	return r
}

// answer takes one peer's outcome.
func (r *putting) answer(p Peer, err error) {
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
	r.settle()
}

// holders counts the voters among members, and those of them that are known to have the bytes. self
// has them.
func (r *putting) holders(self string, members []Peer) (have, voters int) {
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

// settle closes over once a majority has it, or none can any more; r.mu is held, or nobody else
// knows r.
func (r *putting) settle() {
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

// wait returns nil once a majority has it, or *engine.NoQuorum naming who answered what.
func (r *putting) wait(ctx context.Context) error {
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
