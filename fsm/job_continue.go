package fsm

import "aion.dev/aion/fsm/rows"

// Continue does the next piece of a job: what fits into the entry beside its other commands, but at
// least a little, so that a job does not stand still on a busy cluster. A job that is over, or was
// never there, is passed over without a word, so any number of leaders may propose it.
type Continue struct {
	Job uint64 `cbor:"1,keyasint"`
}

// ContinueAnswer says how the job stands.
type ContinueAnswer struct {
	Closed  uint64 `cbor:"1,keyasint,omitempty"` // runs closed by this piece
	Waiting uint64 `cbor:"2,keyasint,omitempty"` // closed runs that still have something left behind; 0 = the job is over

	Changed uint64 `cbor:"3,keyasint,omitempty"` // runs paused or resumed by this piece
	From    uint64 `cbor:"4,keyasint,omitempty"` // of such a job: serial from which on runs are still to be looked at; 0 = the job is over
}

// Kind implements Command.
func (*Continue) Kind() Kind    { return KindContinue }
func (*ContinueAnswer) answer() {}

func (c *Continue) apply(t *step) (Answer, Refusal) {
	j := t.job(c.Job)
	if j == nil {
		return new(ContinueAnswer), nil
	}
	if j.Kind != rows.JobCloseTree {
		return t.continueStop(j), nil
	}
	before := j.Closed
	t.continueJob(j)
	return &ContinueAnswer{Closed: j.Closed - before, Waiting: j.Waiting()}, nil
}
