package readers

import (
	"context"
	"encoding/json"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// tried says on which code diaries are replayed.
type tried struct {
	Other    bool   `json:"other,omitempty"` // on code that asks for something else; false = on their own
	MinIndex uint64 `json:"min_index,omitempty"`
}

// verdicts is what is recorded of a backtest.
type verdicts struct {
	Status   string `json:"status"`
	Done     uint64 `json:"done"`
	Total    uint64 `json:"total"`
	Same     uint64 `json:"same"`
	Diverged uint64 `json:"diverged"`
	First    string `json:"first,omitempty"` // that is not as expected
}

// backtestDiaries replays all closed diaries that the node knows. Open ones may have no turn yet,
// and are the same on any code then.
func backtestDiaries(ctx context.Context, c *client.Client, o *op.Op) error {
	var t tried
	if err := json.Unmarshal(o.Value, &t); err != nil {
		return err
	}
	source := diarySource
	if t.Other {
		source = otherSource
	}
	archive, _, err := (load.Package{Type: "diary", Source: source}).Pack()
	if err != nil {
		return err
	}
	stored, err := c.StoreArchive(ctx, archive)
	if err != nil {
		return err
	}
	begun, err := c.StartBacktest(ctx, wire.BacktestRequest{Archive: stored.Archive, Runs: "closed"}, client.MinIndex(t.MinIndex))
	if err != nil {
		return err
	}
	b, err := c.Backtest(ctx, begun.BacktestID, 8*time.Second, wire.Page{Limit: 1000})
	if err != nil {
		return err
	}
	v := verdicts{Status: b.Status, Done: b.Done, Total: b.Total, Same: b.Same, Diverged: b.Diverged}
	for _, r := range b.Results {
		if (r.Verdict == "same") == t.Other && v.First == "" {
			v.First = r.WorkflowID + ": " + r.Verdict + " " + r.Recorded + " | " + r.Asked + r.Why
		}
	}
	o.Index = b.Index
	o.Answer, err = json.Marshal(v)
	return err
}

// backtested: closed diaries replay on their own code, all of them, and none on code that asks for
// something else. A backtest that a node ended early says so.
func (x *readings) backtested(o *op.Op) {
	if o.Outcome == op.Refused {
		if o.Code != "not_found" && o.Code != "resource_exhausted" { // the node was started again, or has others under way
			x.bad(o, "is refused: %s", o.Error)
		}
		return
	}
	var t tried
	var v verdicts
	if err := json.Unmarshal(o.Value, &t); err != nil {
		x.bad(o, "%v", err)
		return
	}
	if err := json.Unmarshal(o.Answer, &v); err != nil {
		x.bad(o, "%v", err)
		return
	}
	switch {
	case o.Index < t.MinIndex:
		x.bad(o, "is answered at index %d, though %d was to be waited for", o.Index, t.MinIndex)
	case v.Status == "completed" && v.Done != v.Total:
		x.bad(o, "is completed with %d of %d runs", v.Done, v.Total)
	case !t.Other && v.Same != v.Done:
		x.bad(o, "on their own code %d of %d diaries are the same; the first that is not: %s", v.Same, v.Done, v.First)
	case t.Other && v.Diverged != v.Done:
		x.bad(o, "on code that asks for something else %d of %d diaries diverge; the first that does not: %s", v.Diverged, v.Done, v.First)
	}
}
