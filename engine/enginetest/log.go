package enginetest

import (
	"context"
	"errors"
	"sync"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/solo"
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
	Apart             // not proposed, because it does not fit into one entry with others; alone it does
)

var errAnswerLost = errors.New("enginetest: the answer was lost")

// Log is solo's log with injected faults and leadership. It also implements engine.HandOver.
type Log struct {
	*solo.Log

	mu        sync.Mutex // guards the fields below
	leads     bool
	fault     func(fsm.Command) Fault
	handovers [][]string
}

// Propose implements engine.Log.
func (l *Log) Propose(ctx context.Context, e fsm.Envelope) (fsm.Result, error) {
	results, err := l.ProposeTogether(ctx, e)
	if err != nil {
		return fsm.Result{}, err
	}
	return results[0], nil
}

// ProposeTogether implements engine.Together. The first fault of any of the commands is that of
// all.
func (l *Log) ProposeTogether(ctx context.Context, all ...fsm.Envelope) ([]fsm.Result, error) {
	fault := None
	for _, e := range all {
		if fault == None {
			fault = l.faultOf(e.Command)
		}
	}
	switch {
	case fault == NotLeader, !l.leading() && !forwarded(all[0].Command):
		return nil, &engine.NotLeader{}
	case fault == Apart && len(all) > 1:
		return nil, engine.ErrApart
	case fault == UnknownLost:
		return nil, &engine.Unknown{Cause: errAnswerLost}
	}
	results, err := l.Log.ProposeTogether(ctx, all...)
	if err == nil && fault == UnknownDone {
		return nil, &engine.Unknown{Cause: errAnswerLost}
	}
	return results, err
}

// forwarded reports whether a follower forwards the command to the leader.
func forwarded(c fsm.Command) bool {
	switch c.(type) {
	case *fsm.AnnounceNode, *fsm.ReportReady, *fsm.ReportDigest:
		return true
	}
	return false
}

// Sync implements engine.Log. One replica that leads has applied everything.
func (l *Log) Sync(ctx context.Context) error {
	if !l.leading() {
		return &engine.NotLeader{}
	}
	return ctx.Err()
}

// HandOver implements engine.HandOver. It only records the offer.
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

func (l *Log) leading() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.leads
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

// Inject calls f to get the fault of every later proposal, in the proposer's goroutine, before the
// proposal is applied; nil ends the faults. f may itself propose: that is how a test gets something
// between a decision and its entry.
func (l *Log) Inject(f func(fsm.Command) Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault = f
}

// SetLeads sets whether proposals are accepted. Node.Elect and Depose also start and stop the
// leader's loops.
func (l *Log) SetLeads(leads bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.leads = leads
}
