package runs

import (
	"encoding/json"
	"fmt"

	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// Endings contains, from the history alone, when a workload began to resolve unknown outcomes and
// how the runs ended.
type Endings struct {
	Results   map[string]wire.Result
	ResultOp  map[string]op.Op
	Histories map[string]wire.History
	HistoryOp map[string]op.Op
	Began     map[string]op.Op // the first start of each run that was acknowledged, at once or when it was repeated
}

// EndingsOf extracts them from the history; an error names the operation that cannot be read.
func EndingsOf(ops []op.Op, workload string) (*Endings, error) {
	x := &Endings{map[string]wire.Result{}, map[string]op.Op{}, map[string]wire.History{}, map[string]op.Op{}, map[string]op.Op{}}
	for _, o := range ops {
		if o.Workload != workload || o.Outcome != op.OK {
			continue
		}
		var err error
		switch o.F {
		case "start":
			if _, twice := x.Began[o.Key]; !twice {
				x.Began[o.Key] = o
			}
		case "result":
			var r wire.Result
			err = json.Unmarshal(o.Answer, &r)
			x.Results[o.Key], x.ResultOp[o.Key] = r, o
		case "history":
			var h wire.History
			err = json.Unmarshal(o.Answer, &h)
			x.Histories[o.Key], x.HistoryOp[o.Key] = h, o
		}
		if err != nil {
			return nil, fmt.Errorf("operation %d: %w", o.ID, err)
		}
	}
	return x, nil
}
