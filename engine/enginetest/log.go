package enginetest

import (
	"context"
	"errors"
	"sync"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/history"
	"aion.dev/aion/fsm"
)

// Fault is what happens to one proposal.
type Fault uint8

// Faults.
const (
	None        Fault = iota
	NotLeader         // refused before anything happened
	UnknownDone       // applied, but the answer is lost
	UnknownLost       // neither applied nor answered
)

// maxEntry is how many commands one entry gathers, as in the cluster's group commit.
const maxEntry = 1024

var errAnswerLost = errors.New("enginetest: the answer was lost")

// Log is a replicated log of one replica: what is proposed is applied at once. Proposals that come together are applied as one entry. It implements
// engine.Log, engine.Clock and engine.HandOver.
type Log struct {
	state *fsm.State

	mu        sync.Mutex // guards what follows
	leads     bool
	fault     func(fsm.Command) Fault
	pending   []*proposal
	busy      bool // somebody applies what is pending
	index     uint64
	entries   uint64
	handovers [][]string
}

type proposal struct {
	piece  []byte
	lose   bool
	result chan fsm.Result
	err    error // set before result is closed
}

// Propose implements engine.Log.
func (l *Log) Propose(ctx context.Context, e fsm.Envelope) (fsm.Result, error) {
	piece, err := fsm.EncodeEnvelope(e)
	if err != nil {
		return fsm.Result{}, err
	}
	if ctx.Err() != nil {
		return fsm.Result{}, ctx.Err()
	}
	p := &proposal{piece: piece, result: make(chan fsm.Result, 1)}
	fault := l.faultOf(e.Command)
	l.mu.Lock()
	switch {
	case fault == NotLeader || !l.leads && !forwarded(e.Command):
		l.mu.Unlock()
		return fsm.Result{}, &engine.NotLeader{}
	case fault == UnknownLost:
		l.mu.Unlock()
		return fsm.Result{}, &engine.Unknown{Cause: errAnswerLost}
	}
	p.lose = fault == UnknownDone
	l.pending = append(l.pending, p)
	if l.busy {
		l.mu.Unlock()
	} else {
		l.busy = true
		l.mu.Unlock()
		l.drain()
	}
	select {
	case res, ok := <-p.result:
		switch {
		case !ok:
			return fsm.Result{}, p.err
		case p.lose:
			return fsm.Result{}, &engine.Unknown{Cause: errAnswerLost}
		}
		return res, nil
	case <-ctx.Done():
		return fsm.Result{}, &engine.Unknown{Cause: ctx.Err()}
	}
}

// forwarded reports whether a follower sends the command on to the leader.
func forwarded(c fsm.Command) bool {
	switch c.(type) {
	case *fsm.AnnounceNode, *fsm.ReportReady, *fsm.ReportDigest:
		return true
	}
	return false
}

// drain applies what is pending until nothing is.
func (l *Log) drain() {
	for {
		l.mu.Lock()
		batch := l.pending[:min(len(l.pending), maxEntry)]
		l.pending = l.pending[len(batch):]
		if len(batch) == 0 {
			l.busy = false
			l.mu.Unlock()
			return
		}
		l.index++
		l.entries++
		index := l.index
		l.mu.Unlock()
		pieces := make([][]byte, len(batch))
		for i, p := range batch {
			pieces[i] = p.piece
		}
		results, err := l.state.Apply(index, fsm.EntryOf(l.Now(), pieces))
		for i, p := range batch {
			if err != nil {
				p.err = err
				close(p.result)
				continue
			}
			p.result <- results[i]
		}
	}
}

// Sync implements engine.Log: one replica that leads has everything.
func (l *Log) Sync(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.leads {
		return &engine.NotLeader{}
	}
	return ctx.Err()
}

// View implements engine.Log.
func (l *Log) View(f func(fsm.View)) { l.state.View(f) }

// Wait implements engine.Log.
func (l *Log) Wait(ctx context.Context, after uint64) (uint64, error) {
	return l.state.Wait(ctx, after)
}

// Now implements engine.Clock.
func (l *Log) Now() history.Time {
	return history.At(time.Now())
}

// HandOver implements engine.HandOver by remembering the offer.
func (l *Log) HandOver(_ context.Context, nodes []string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.handovers = append(l.handovers, nodes)
	return nil
}

// HandOvers lists the offers so far.
func (l *Log) HandOvers() [][]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([][]string(nil), l.handovers...)
}

// Entries counts what was applied.
func (l *Log) Entries() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.entries
}

func (l *Log) faultOf(c fsm.Command) Fault {
	l.mu.Lock()
	f := l.fault
	l.mu.Unlock()
	if f == nil {
		return None
	}
	return f(c)
}

// Inject asks f for the fault of every later proposal, in the proposer's goroutine, before it is applied; nil ends the faults. f may propose, too: that
// is how something gets between a decision and its entry.
func (l *Log) Inject(f func(fsm.Command) Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault = f
}

// SetLeads says whether proposals are taken. Node.Elect and Depose also start and end the leader's loops.
func (l *Log) SetLeads(leads bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.leads = leads
}
