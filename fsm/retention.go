package fsm

import "aion.dev/aion/engine/history"

// Retention says how long closed runs of a type are kept.
type Retention struct {
	Type string           `cbor:"1,keyasint,omitempty"` // empty = all types without a rule of their own
	Age  history.Duration `cbor:"2,keyasint"`           // since closing; 0 = for ever
}

// SetRetention sets the rule of a type, or takes it away.
type SetRetention struct {
	Rule   Retention `cbor:"1,keyasint"`
	Remove bool      `cbor:"2,keyasint,omitempty"` // the rule of all others applies again
}

// PurgeRuns deletes closed runs with their histories, in a batch that the leader keeps small. Runs that the rules keep, by the entry's own time, are passed over.
type PurgeRuns struct {
	Runs []history.RunID `cbor:"1,keyasint"` // at most 1,000
}

// PurgeAnswer counts.
type PurgeAnswer struct {
	Purged uint64 `cbor:"1,keyasint"`
}

// Kind implements Command.
func (*SetRetention) Kind() Kind { return KindSetRetention }
func (*PurgeRuns) Kind() Kind    { return KindPurgeRuns }
func (*PurgeAnswer) answer()     {}

func (c *SetRetention) apply(t *step) (Answer, Refusal) { panic("being built") }
func (c *PurgeRuns) apply(t *step) (Answer, Refusal)    { panic("being built") }

// Retention implements View.
func (p *picture) Retention() []Retention { panic("being built") }

// ExpiredRuns implements View.
func (p *picture) ExpiredRuns(now history.Time, limit int) []history.RunID { panic("being built") }
