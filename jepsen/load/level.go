package load

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"aion.dev/aion/jepsen/op"
)

// ReachLevel waits until the state is at a level. It returns the one that it is at, and records it
// as "level-is": it stays lower where nodes hold it.
func ReachLevel(ctx context.Context, e *Env, workload string, level uint64) (uint64, error) {
	r := e.Rand(1)
	for try := 0; ; try++ {
		c, err := e.Client(e.AnyNode(r)).Cluster(ctx)
		if err == nil && (c.Level >= level || try > 50) {
			value, _ := json.Marshal(c.Level)
			e.Record.Do(op.Op{Workload: workload, F: "level-is", Value: value}, func(*op.Op) error { return nil })
			return c.Level, nil
		}
		if ctx.Err() != nil {
			return 0, errors.Join(err, ctx.Err())
		}
		Pause(ctx, 100*time.Millisecond)
	}
}
