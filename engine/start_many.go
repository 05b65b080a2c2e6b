package engine

import (
	"context"
	"errors"

	"aion.dev/aion/fsm"
)

// Started is what became of one start of several: the run, or why there is none.
type Started struct {
	Run *fsm.StartAnswer
	Answered
	Err error
}

// The bounds of what is proposed together. A group of neighbours is one entry, and an entry of this
// size may share raft's messages with others.
const (
	startsTogether = 1000
	bytesTogether  = 224 << 10 // of inputs, attributes and names
	startOverhead  = 200       // bytes of a start besides those
)

// StartMany starts runs, each independently: what is wrong with one start is its own refusal. They
// take effect in their order, in as few entries as they fit into. Their turns are left to the
// visits. It returns an error only if none of them has taken effect, and the index that the answer
// reflects.
func (e *Engine) StartMany(ctx context.Context, all []StartRequest) (out []Started, index uint64, err error) {
	b := startBatch{e: e, all: all, cmds: make([]*fsm.StartRun, len(all)), out: make([]Started, len(all))}
	if err := b.check(ctx); err != nil {
		return nil, 0, err
	}
	if err := b.propose(ctx); err != nil {
		return nil, 0, err
	}
	for i := range b.out {
		index = max(index, b.out[i].Index)
	}
	if index == 0 { // nothing reached the log
		e.cfg.Log.View(func(v fsm.View) { index = v.Index() })
	}
	return b.out, index, nil
}

// startBatch is the starts of one call, by their place.
type startBatch struct {
	e    *Engine
	all  []StartRequest
	cmds []*fsm.StartRun // nil = nothing to propose: out has its outcome
	out  []Started
}

// check refuses what is wrong before the log.
func (b *startBatch) check(ctx context.Context) error {
	var misfits []int // whose input does not fit its schema
	for i := range b.all {
		err := b.all[i].validate()
		if err == nil {
			b.cmds[i], err = b.e.startOf(&b.all[i])
		}
		if err != nil {
			b.out[i].Err = err
			continue
		}
		violation, err := b.checkInput(ctx, i)
		if err != nil {
			b.refuse(i, err)
		} else if violation != nil {
			misfits = append(misfits, i)
		}
	}
	if len(misfits) == 0 {
		return nil
	}
	// As in Start: a route may have changed, or a request may be a repetition.
	if err := b.e.cfg.Log.Sync(ctx); err != nil {
		return err
	}
	for _, i := range misfits {
		res, known, err := b.e.firstOutcome(b.all[i].Call)
		if err != nil {
			b.refuse(i, err)
		} else if known {
			b.settle(i, res)
		} else if violation, err := b.checkInput(ctx, i); err != nil {
			b.refuse(i, err)
		} else if violation != nil {
			b.refuse(i, violation)
		}
	}
	return nil
}

// checkInput checks the input of a start against its schema, as this node knows it.
func (b *startBatch) checkInput(ctx context.Context, i int) (violation, err error) {
	to, violation, err := b.e.checkInput(ctx, b.cmds[i])
	b.cmds[i].CheckedSchema = to.schema()
	return violation, err
}

func (b *startBatch) refuse(i int, err error) { b.cmds[i], b.out[i].Err = nil, err }

// settle keeps the outcome of a start.
func (b *startBatch) settle(i int, res fsm.Result) {
	o := &b.out[i]
	o.Run, o.Answered, o.Err = outcome[*fsm.StartAnswer](b.all[i].Call, res)
	b.cmds[i] = nil
	if o.Err == nil && !o.Deduplicated {
		b.e.metrics.starts.Inc()
	}
}

// propose proposes what is left, group by group.
func (b *startBatch) propose(ctx context.Context) error {
	var moved []int // the state machine wants another check of their input
	proposed, together := false, startsTogether
	if _, ok := b.e.cfg.Log.(Together); !ok {
		together = 1
	}
	for next, most := 0, together; ; {
		group, after := b.group(next, most)
		if len(group) == 0 {
			break
		}
		results, err := b.proposeGroup(ctx, group)
		if errors.Is(err, ErrApart) {
			most = max(1, len(group)/2)
			continue
		}
		if err != nil && !proposed {
			return err
		}
		for n, i := range group {
			if err != nil {
				b.refuse(i, err)
			} else if _, again := results[n].Refusal.(*fsm.Recheck); again {
				moved = append(moved, i)
			} else {
				b.settle(i, results[n])
			}
		}
		proposed, next, most = true, after, together
	}
	for _, i := range moved {
		o := &b.out[i]
		o.Run, o.Answered, o.Err = b.e.Start(ctx, b.all[i])
	}
	return nil
}

// group returns the places of the next starts that go into one entry, at most this many, and where
// to go on.
func (b *startBatch) group(next, most int) (places []int, after int) {
	bytes, work := 0, uint64(0)
	for ; next < len(b.cmds) && len(places) < most; next++ {
		cmd := b.cmds[next]
		if cmd == nil {
			continue
		}
		size := startOverhead + len(cmd.Input) + len(cmd.WorkflowID)
		for name, value := range cmd.Attributes {
			size += len(name) + len(value)
		}
		bytes, work = bytes+size, work+fsm.Estimate(cmd)
		if len(places) > 0 && (bytes > bytesTogether || work > fsm.EntryBudget) {
			break
		}
		places = append(places, next)
	}
	return places, next
}

func (b *startBatch) proposeGroup(ctx context.Context, places []int) ([]fsm.Result, error) {
	envelopes := make([]fsm.Envelope, len(places))
	for n, i := range places {
		envelopes[n] = b.all[i].envelope(b.cmds[i])
	}
	if len(places) > 1 {
		return b.e.cfg.Log.(Together).ProposeTogether(ctx, envelopes...)
	}
	res, err := b.e.cfg.Log.Propose(ctx, envelopes[0])
	return []fsm.Result{res}, err
}
