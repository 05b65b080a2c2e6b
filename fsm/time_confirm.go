package fsm

import "aion.dev/aion/fsm/history"

// ConfirmTime writes down that an operator confirmed what time it is. The leader has moved its log
// time before it proposes this, so it is the time of the entry itself that moves the state's; the
// entry makes that durable, and answers a repeated request.
type ConfirmTime struct {
	At history.Time `cbor:"1,keyasint"` // what the operator said
}

// TimeAnswer says what log time came to be.
type TimeAnswer struct {
	LogTime history.Time `cbor:"1,keyasint"`
}

// Kind implements Command.
func (*ConfirmTime) Kind() Kind { return KindConfirmTime }

func (*TimeAnswer) answer() {}

func (c *ConfirmTime) apply(t *step) (Answer, Refusal) { return &TimeAnswer{LogTime: t.now}, nil }
