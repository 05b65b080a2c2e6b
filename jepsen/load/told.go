package load

import (
	"encoding/json"
	"errors"

	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// Told fills an operation from an answer, or from the facts of a refusal, which name the holders
// and the index of the decision.
func Told(o *op.Op, answer any, err error, common func() wire.Answered) error {
	var p *wire.Problem
	switch {
	case err == nil:
		o.Answered(common())
		o.Answer, _ = json.Marshal(answer)
	case errors.As(err, &p):
		p.Fact("index", &o.Index)
		p.Fact("deduplicated", &o.Replayed)
		if len(p.Facts) > 0 {
			o.Answer, _ = json.Marshal(p.Facts)
		}
	}
	return err
}
