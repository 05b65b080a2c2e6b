package load

import (
	"encoding/json"
	"fmt"

	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// endings tells when the settling of a workload began and how the runs stood at last, from the history alone.
type endings struct {
	results   map[string]wire.Result
	resultOp  map[string]op.Op
	histories map[string]wire.History
	historyOp map[string]op.Op
	began     map[string]op.Op // the first start of each run that is acknowledged or settled as such
}

func endingsOf(ops []op.Op, workload string) (*endings, error) {
	x := &endings{map[string]wire.Result{}, map[string]op.Op{}, map[string]wire.History{}, map[string]op.Op{}, map[string]op.Op{}}
	for _, o := range ops {
		if o.Workload != workload || o.Outcome != op.OK {
			continue
		}
		var err error
		switch o.F {
		case "start":
			if _, twice := x.began[o.Key]; !twice {
				x.began[o.Key] = o
			}
		case "result":
			var r wire.Result
			err = json.Unmarshal(o.Answer, &r)
			x.results[o.Key], x.resultOp[o.Key] = r, o
		case "history":
			var h wire.History
			err = json.Unmarshal(o.Answer, &h)
			x.histories[o.Key], x.historyOp[o.Key] = h, o
		}
		if err != nil {
			return nil, fmt.Errorf("operation %d: %w", o.ID, err)
		}
	}
	return x, nil
}
