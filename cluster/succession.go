package cluster

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"aion.dev/aion/cluster/port"
	"aion.dev/aion/internal/lifecycle"
	"github.com/hashicorp/raft"
)

// Raft finds out by silence that its leader is gone: after one to three heartbeat timeouts. But
// when a process ends, whatever ended it, its machine says so at once: it closes the process's
// connections, and refuses new ones. This file listens. A follower whose connection from the leader
// ends looks whether anything still answers at the leader's address, and asks the other voters to
// look. If a majority of the voters find nobody there, the one with the newest log stands for
// election at once, as if the leader had handed over to it.
//
// Nothing here is needed for safety: raft's votes decide, and a wrong guess costs one election. Nor
// is it needed for progress: a leader that is cut off, frozen or without power is silent, and
// raft's timeouts are for that.

// callGone asks a voter whether it, too, finds that the leader's process has ended.
const callGone = "gone"

type goneQuestion struct {
	Leader string `json:"leader"` // its id
	Term   uint64 `json:"term"`
}

// goneAnswer is what a voter found. Those that agree also say how good a leader they would be.
type goneAnswer struct {
	Past     bool   `json:"past"` // the voter no longer follows that leader: an election has begun
	Gone     bool   `json:"gone"` // nobody answers at the leader's address
	Fit      bool   `json:"fit"`  // the voter may stand for election
	LastTerm uint64 `json:"last_term"`
	Last     uint64 `json:"last"` // index of its newest entry
}

const (
	// lookFor bounds how long a voter looks: the connections of an ending process do not all close
	// at the same moment.
	lookFor   = 200 * time.Millisecond
	lookEvery = 10 * time.Millisecond
	// askFor bounds the question to the others. Raft's own timeouts are about to run out then.
	askFor  = 500 * time.Millisecond
	restFor = 50 * time.Millisecond
)

// keepSucceeding watches the leader until ctx ends. Voters that ask each other wake each other up,
// so it rests between two attempts.
func (c *Cluster) keepSucceeding(ctx context.Context) {
	for ; ctx.Err() == nil; lifecycle.Pause(ctx, restFor) {
		select {
		case <-ctx.Done():
		case id := <-c.link.Parted():
			c.succeed(ctx, id)
		case id := <-c.suspect:
			c.succeed(ctx, id)
		}
	}
}

// succeed takes leadership if the node with id leads and has ended, and this node is the best
// successor.
func (c *Cluster) succeed(ctx context.Context, id string) {
	r := c.raft.Load()
	q := goneQuestion{Leader: id, Term: r.CurrentTerm()}
	own := c.look(ctx, r, q)
	if !own.Gone {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	if !c.isBestSuccessor(ctx, r, q, own) || !c.follows(r, q) {
		return
	}
	c.log.Info("the leader's process has ended: standing for election", "leader", id, "term", q.Term)
	if err := c.link.stand(ctx); err != nil {
		c.log.Warn("cannot stand for election", "error", err)
	}
}

// follows reports whether this node votes and follows the leader that q is about.
func (c *Cluster) follows(r *raft.Raft, q goneQuestion) bool {
	_, leader := r.LeaderWithID()
	return string(leader) == q.Leader && r.State() == raft.Follower && r.CurrentTerm() == q.Term && slices.Contains(c.voters(), c.id)
}

// look finds out what this node has to say about a leader that it follows.
func (c *Cluster) look(ctx context.Context, r *raft.Raft, q goneQuestion) goneAnswer {
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	for ; ctx.Err() == nil && c.follows(r, q); lifecycle.Pause(ctx, lookEvery) {
		address, _ := r.LeaderWithID()
		if c.caller.Gone(ctx, port.Server{ID: q.Leader, Address: string(address)}) {
			stats := r.Stats() // raft tells the term of its newest entry nowhere else
			last, _ := strconv.ParseUint(stats["last_log_index"], 10, 64)
			term, _ := strconv.ParseUint(stats["last_log_term"], 10, 64)
			return goneAnswer{Gone: true, Fit: c.mayStand(false) == nil, LastTerm: term, Last: last}
		}
	}
	_, leader := r.LeaderWithID()
	return goneAnswer{Past: r.CurrentTerm() > q.Term || r.CurrentTerm() == q.Term && string(leader) != q.Leader}
}

// answerGone tells another voter what this one finds, and lets this one succeed, too.
func (c *Cluster) answerGone(ctx context.Context, _ port.Introduction, q goneQuestion) (goneAnswer, error) {
	r := c.raft.Load()
	if r == nil {
		return goneAnswer{}, nil
	}
	a := c.look(ctx, r, q)
	if a.Gone {
		select {
		case c.suspect <- q.Leader:
		default: // it is looking already
		}
	}
	return a, nil
}

// isBestSuccessor reports whether a majority of the voters agree that the leader is gone, and none
// of them would be a better one than this node. Once a better one has begun to stand it is no
// longer among those that agree, and a second candidate would only split the votes.
func (c *Cluster) isBestSuccessor(ctx context.Context, r *raft.Raft, q goneQuestion, own goneAnswer) bool {
	found := map[string]goneAnswer{c.id: own}
	past := false
	var mu sync.Mutex // guards found and past
	var all sync.WaitGroup
	voters := 0
	for _, s := range r.GetConfiguration().Configuration().Servers {
		if s.Suffrage != raft.Voter {
			continue
		}
		voters++
		if id := string(s.ID); id != c.id && id != q.Leader {
			all.Go(func() {
				var a goneAnswer
				if c.call(ctx, port.Server{ID: id, Address: string(s.Address)}, callGone, q, &a) != nil {
					return
				}
				mu.Lock()
				defer mu.Unlock()
				past = past || a.Past
				if a.Gone {
					found[id] = a
				}
			})
		}
	}
	all.Wait()
	return !past && len(found) > voters/2 && bestSuccessor(found) == c.id
}

// bestSuccessor returns the fit voter with the newest log, "" if none is fit. All voters that know
// the same choose the same one.
func bestSuccessor(found map[string]goneAnswer) (best string) {
	for id, a := range found { // any order: the order of voters is total
		if !a.Fit {
			continue
		}
		b := found[best]
		if best == "" || cmp.Or(cmp.Compare(a.LastTerm, b.LastTerm), cmp.Compare(a.Last, b.Last), cmp.Compare(best, id)) > 0 {
			best = id
		}
	}
	return best
}
