package cluster

import (
	"context"
	"errors"
	"sync"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/internal/faults"
	"aion.dev/aion/internal/lifecycle"
	"github.com/hashicorp/raft"
)

// term is one time of leading: from the barrier after the win until the loss.
type term struct {
	number    uint64
	clock     *clock
	committer *committer
}

// Lead is what a leader does beside committing: the engine's loops. It returns when ctx ends, which
// is when this node no longer leads or shuts down.
type Lead func(ctx context.Context, term uint64)

// leadership follows what raft says about this node's leadership and runs the leader's duties
// accordingly: win, barrier, lead, lost. The duties of one win are over before those of the next
// begin.
type leadership struct {
	mu      sync.Mutex
	wins    uint64        // how often raft said that this node won
	leading bool          // what raft said last
	term    *term         // nil unless leading and caught up
	changed chan struct{} // closed and replaced whenever any of the above changes
}

func newLeadership() *leadership { return &leadership{changed: make(chan struct{})} }

// current returns the term this node leads in, nil if none, and a channel that is closed when that
// may have changed.
func (l *leadership) current() (*term, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.term, l.changed
}

// stand returns what to decide from, and a channel that is closed when it has changed.
func (l *leadership) stand(serving uint64) (standing, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return standing{leading: l.leading, wins: l.wins, serving: serving}, l.changed
}

// told takes what raft says.
func (l *leadership) told(leading bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if leading {
		l.wins++
	}
	l.leading = leading
	l.announce()
}

// lead publishes the term that this node leads in now; nil takes it back.
func (l *leadership) lead(t *term) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.term = t
	l.announce()
}

func (l *leadership) announce() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// standing is what the next step of the leadership follows from.
type standing struct {
	leading bool   // what raft said last
	wins    uint64 // and how often it said that this node won
	serving uint64 // the win whose duties run; 0 if none do
	closing bool
}

type step int

const (
	stay  step = iota
	begin      // start the duties of this win
	cease      // end the running duties and wait for them
)

// decide says what to do next. Losing and winning again between two looks is a new win: its duties
// begin after the old ones are over.
func decide(s standing) step {
	wanted := s.leading && !s.closing
	switch {
	case s.serving != 0 && (!wanted || s.serving != s.wins):
		return cease
	case s.serving == 0 && wanted:
		return begin
	}
	return stay
}

// follow obeys raft's word until closing is closed, and returns when no duty runs any more. told is
// raft's NotifyCh: raft waits until its word is taken, so a pump takes it at once, however long the
// duties take to end.
func (c *Cluster) follow(told <-chan bool, lead Lead, closing <-chan struct{}) {
	pumped := make(chan struct{})
	defer close(pumped)
	go func() {
		for {
			select {
			case leading := <-told:
				c.lead.told(leading)
			case <-pumped:
				return
			}
		}
	}()

	var now duties
	for {
		s, changed := c.lead.stand(now.win)
		select {
		case <-closing:
			s.closing = true
		default:
		}
		switch decide(s) {
		case begin:
			now = beginDuties(s.wins, func(ctx context.Context) { c.serve(ctx, lead) })
		case cease:
			now.cease()
			now = duties{}
		case stay:
			if s.closing {
				return
			}
			select {
			case <-changed:
			case <-closing:
			}
		}
	}
}

// duties are what runs because of a win.
type duties struct {
	win   uint64 // 0 if nothing runs
	end   context.CancelFunc
	ended chan struct{}
}

func beginDuties(win uint64, run func(context.Context)) duties {
	ctx, cancel := context.WithCancel(context.Background())
	d := duties{win: win, end: cancel, ended: make(chan struct{})}
	go func() {
		defer close(d.ended)
		run(ctx)
	}()
	return d
}

// cease ends the duties and waits until they are over.
func (d duties) cease() {
	d.end()
	<-d.ended
}

// serve is one win: barrier, the leader's first command, then the duties until ctx ends. The
// watchdog is there from the win on.
func (c *Cluster) serve(ctx context.Context, lead Lead) {
	ctx, over := context.WithCancel(ctx)
	var duties sync.WaitGroup
	defer duties.Wait()
	defer over()
	r := c.raft.Load()
	number := r.CurrentTerm()
	c.log.Info("won the election", "term", number)
	duties.Go(func() { c.keepWatch(ctx) })
	if !c.catchUp(ctx, r, number) {
		return
	}
	t := &term{number: number, clock: c.beginTime(ctx, number)}
	t.committer = startCommitter(r, func() history.Time { return t.clock.at(faults.Now()) }, c.leaderElsewhere)
	defer t.committer.wait()
	defer t.committer.end(&engine.NotLeader{})

	// The leader's own commands are in the log before anybody else's can be: that it leads, and
	// where it is reached. Whoever is told who leads has been told where.
	err := c.first(ctx, t, &fsm.AnnounceLeader{Node: c.id, Term: number})
	if row, due := c.row(); err == nil && due {
		err = c.first(ctx, t, &row)
	}
	if err != nil {
		c.log.Warn("lost leadership before the first command", "term", number, "error", err)
		return
	}
	c.lead.lead(t)
	defer c.lead.lead(nil)
	c.log.Info("leading", "term", number, "log_time", t.clock.at(faults.Now()))

	var own sync.WaitGroup
	own.Go(func() { lead(ctx, number) })
	own.Go(func() { c.keepMembers(ctx) })
	own.Go(func() { c.keepStandingAside(ctx) })
	own.Go(func() { c.keepChecking(ctx, t) })
	own.Wait()
	c.log.Info("no longer leading", "term", number)
}

// beginTime asks the other voters for their clocks and decides where this term's log time begins.
func (c *Cluster) beginTime(ctx context.Context, number uint64) *clock {
	c.hearClocks(ctx, true)
	j := c.judgeClock()
	var state history.Time
	c.state.View(func(v fsm.View) { state = v.Now() })
	now := faults.Now()
	wall := history.At(c.wall(now))
	base, held := firstTime(state, wall, j, c.cfg.Clock)
	if held > 0 {
		c.log.Error("log time stays behind this machine's clock: no majority of the voters' clocks agrees with it, and no operator has confirmed the time",
			"term", number, "behind", held, "clocks", j.verdict, "only_voter", j.alone, "confirm_with", "aion-node cluster clock confirm")
	}
	return newClock(now, wall, base, held)
}

// catchUp waits until this node's state has all that earlier terms committed. It answers false when
// the win is over.
func (c *Cluster) catchUp(ctx context.Context, r *raft.Raft, number uint64) bool {
	for ctx.Err() == nil {
		done := make(chan error, 1)
		if !c.goes(func() { done <- r.Barrier(0).Error() }) {
			return false
		}
		var err error
		select {
		case err = <-done:
		case <-ctx.Done(): // a state or a log that hangs answers never
			return false
		}
		if err == nil {
			return r.CurrentTerm() == number // else another win is being told about already
		}
		if !errors.Is(err, raft.ErrLeadershipTransferInProgress) {
			return false
		}
		lifecycle.Pause(ctx, retryEvery)
	}
	return false
}

// first writes one of the term's first commands. A transfer of leadership under way refuses it;
// when that fails, this node goes on leading.
func (c *Cluster) first(ctx context.Context, t *term, cmd fsm.Command) error {
	piece, err := fsm.EncodeEnvelope(fsm.Envelope{Command: cmd})
	if err != nil {
		return err
	}
	for {
		_, err := t.committer.propose(ctx, piece, 0, 0)
		if _, busy := err.(*engine.Unavailable); !busy || ctx.Err() != nil {
			return err
		}
		lifecycle.Pause(ctx, retryEvery)
	}
}
