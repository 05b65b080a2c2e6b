package solo

import (
	"context"
	"sync"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// maxEntry bounds the proposals of one entry, as in the cluster's group commit.
const maxEntry = 1024

// Log is a replicated log with one replica, which always leads and applies proposals at once.
// Concurrent proposals are applied as one entry. It implements engine.Log and engine.Clock; its
// time is the wall clock's.
type Log struct {
	state *fsm.State
	now   func() history.Time

	mu      sync.Mutex // guards the fields below
	pending []*proposal
	busy    bool // a goroutine is applying pending proposals
	index   uint64
	entries uint64
}

type proposal struct {
	pieces  [][]byte
	results chan []fsm.Result
	err     error // set before results is closed
}

// NewLog makes the log of a state. Nobody else may apply to that state.
func NewLog(state *fsm.State) *Log {
	l := &Log{state: state, now: func() history.Time { return history.At(time.Now()) }}
	state.View(func(v fsm.View) { l.index = v.Index() })
	return l
}

// Propose implements engine.Log.
func (l *Log) Propose(ctx context.Context, e fsm.Envelope) (fsm.Result, error) {
	results, err := l.ProposeTogether(ctx, e)
	if err != nil {
		return fsm.Result{}, err
	}
	return results[0], nil
}

// Alike implements engine.Together: one member is always like itself.
func (l *Log) Alike() bool { return true }

// ProposeTogether implements engine.Together.
func (l *Log) ProposeTogether(ctx context.Context, all ...fsm.Envelope) ([]fsm.Result, error) {
	p := &proposal{results: make(chan []fsm.Result, 1)}
	for _, e := range all {
		piece, err := fsm.EncodeEnvelope(e)
		if err != nil {
			return nil, err
		}
		p.pieces = append(p.pieces, piece)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	l.mu.Lock()
	l.pending = append(l.pending, p)
	if l.busy {
		l.mu.Unlock()
	} else {
		l.busy = true
		l.mu.Unlock()
		l.drain()
	}
	select {
	case results, ok := <-p.results:
		if !ok {
			return nil, p.err
		}
		return results, nil
	case <-ctx.Done():
		return nil, &engine.Unknown{Cause: ctx.Err()}
	}
}

// drain applies pending proposals until there are none.
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
		var pieces [][]byte
		for _, p := range batch {
			pieces = append(pieces, p.pieces...)
		}
		results, err := l.state.Apply(index, fsm.EntryOf(l.now(), pieces))
		for _, p := range batch {
			if err != nil {
				p.err = err
				close(p.results)
				continue
			}
			n := len(p.pieces)
			p.results <- results[:n:n]
			results = results[n:]
		}
	}
}

// Sync implements engine.Log. One replica has applied everything.
func (l *Log) Sync(ctx context.Context) error { return ctx.Err() }

// View implements engine.Log.
func (l *Log) View(f func(fsm.View)) { l.state.View(f) }

// Wait implements engine.Log.
func (l *Log) Wait(ctx context.Context, after uint64) (uint64, error) {
	return l.state.Wait(ctx, after)
}

// Now implements engine.Clock.
func (l *Log) Now() history.Time { return l.now() }

// Entries returns the number of applied entries.
func (l *Log) Entries() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.entries
}
