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

// term is one period of leading: from the barrier after the win until the loss.
type term struct {
	number    uint64
	clock     *clock
	committer *committer
}

// Lead is what a leader does besides committing: the engine's loops. It returns when ctx ends,
// which is when this node no longer leads or shuts down.
type Lead func(ctx context.Context, term uint64)

// leadership tracks what raft reports about this node's leadership and runs the leader's duties
// accordingly: win, barrier, lead, lost. The duties of one win end before those of the next begin.
type leadership struct {
	mu      sync.Mutex
	wins    uint64        // how often raft reported that this node won
	leading bool          // what raft reported last
	term    *term         // nil unless leading and caught up
	between *interlude    // what is to run between two terms; nil = nothing
	changed chan struct{} // closed and replaced whenever any of the above changes
}

func newLeadership() *leadership { return &leadership{changed: make(chan struct{})} }

// current returns the term that this node leads in, or nil, and a channel that is closed when that
// may have changed.
func (l *leadership) current() (*term, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.term, l.changed
}

// standing returns the input of decide, and a channel that is closed when it has changed.
func (l *leadership) standing(serving uint64) (standing, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return standing{leading: l.leading, wins: l.wins, serving: serving, between: l.between != nil}, l.changed
}

// record stores what raft reports.
func (l *leadership) record(leading bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if leading {
		l.wins++
	}
	l.leading = leading
	l.announce()
}

// setTerm publishes the term that this node leads in now. nil clears it.
func (l *leadership) setTerm(t *term) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.term = t
	l.announce()
}

func (l *leadership) announce() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// standing is what decide needs to know.
type standing struct {
	leading bool   // what raft reported last
	wins    uint64 // how often raft reported that this node won
	serving uint64 // the win whose duties run; 0 if none do
	between bool   // an interlude is to run
	closing bool
}

type action int

const (
	stay        action = iota
	startDuties        // start the duties of this win
	endDuties          // end the running duties and wait for them
	runBetween         // run the interlude
)

// decide returns what to do next. If this node lost and won again between two calls, that is a new
// win: its duties begin after the old ones have ended. An interlude runs between two duties.
func decide(s standing) action {
	wanted := s.leading && !s.closing
	switch {
	case s.serving != 0 && (!wanted || s.serving != s.wins || s.between):
		return endDuties
	case s.serving == 0 && s.between:
		return runBetween
	case s.serving == 0 && wanted:
		return startDuties
	}
	return stay
}

// follow acts on raft's reports until closing is closed, and returns when no duty runs any more.
// notify is raft's NotifyCh. Raft blocks until a report is received, so a goroutine receives it at
// once, however long the duties take to end.
func (c *Cluster) follow(notify <-chan bool, lead Lead, closing <-chan struct{}) {
	pumped := make(chan struct{})
	defer close(pumped)
	go func() {
		for {
			select {
			case leading := <-notify:
				c.lead.record(leading)
			case <-pumped:
				return
			}
		}
	}()

	var now duties
	for {
		s, changed := c.lead.standing(now.win)
		select {
		case <-closing:
			s.closing = true
		default:
		}
		switch decide(s) {
		case startDuties:
			now = beginDuties(s.wins, func(ctx context.Context) { c.serve(ctx, lead) })
		case endDuties:
			now.stop()
			now = duties{}
		case runBetween:
			c.lead.takeBetween().play()
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

// duties are the goroutines that run because of a win.
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

// stop ends the duties and waits for them.
func (d duties) stop() {
	d.end()
	<-d.ended
}

// serve runs one win: barrier, the leader's first command, then the duties until ctx ends. The
// watchdog runs from the win on.
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

	// The leader's own commands enter the log before any other: that it leads, and its address. So
	// a caller who is told who leads is also told where.
	err := c.proposeFirst(ctx, t, &fsm.AnnounceLeader{Node: c.id, Term: number})
	if row, due := c.desiredRow(); err == nil && due {
		err = c.proposeFirst(ctx, t, &row)
	}
	if err != nil {
		c.log.Warn("lost leadership before the first command", "term", number, "error", err)
		return
	}
	c.lead.setTerm(t)
	defer c.lead.setTerm(nil)
	c.log.Info("leading", "term", number, "log_time", t.clock.at(faults.Now()))

	var own sync.WaitGroup
	own.Go(func() { lead(ctx, number) })
	own.Go(func() { c.keepMembers(ctx) })
	own.Go(func() { c.keepLevel(ctx) })
	own.Go(func() { c.keepForwardKey(ctx) })
	own.Go(func() { c.keepStandingAside(ctx) })
	own.Go(func() { c.keepChecking(ctx, t) })
	own.Wait()
	c.log.Info("no longer leading", "term", number)
}

// beginTime asks the other voters for their clocks and decides where log time begins in this term.
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

// catchUp waits until this node's state has everything that earlier terms committed. It returns
// false if the win is over.
func (c *Cluster) catchUp(ctx context.Context, r *raft.Raft, number uint64) bool {
	for ctx.Err() == nil {
		done := make(chan error, 1)
		if !c.startTracked(func() { done <- r.Barrier(0).Error() }) {
			return false
		}
		var err error
		select {
		case err = <-done:
		case <-ctx.Done(): // a state or a log that hangs never answers
			return false
		}
		if err == nil {
			return r.CurrentTerm() == number // otherwise raft is already reporting another win
		}
		if !errors.Is(err, raft.ErrLeadershipTransferInProgress) {
			return false
		}
		lifecycle.Pause(ctx, retryEvery)
	}
	return false
}

// proposeFirst writes one of the term's first commands. Raft refuses it during a transfer of
// leadership; if that transfer fails, this node goes on leading, so it tries again.
func (c *Cluster) proposeFirst(ctx context.Context, t *term, cmd fsm.Command) error {
	piece, err := fsm.EncodeEnvelope(fsm.Envelope{Command: cmd})
	if err != nil {
		return err
	}
	for {
		_, err := t.committer.propose(ctx, newCommand(0, 0, piece))
		if _, busy := err.(*engine.Unavailable); !busy || ctx.Err() != nil {
			return err
		}
		lifecycle.Pause(ctx, retryEvery)
	}
}
