package suite

import (
	"context"
	"fmt"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/transport/wire"
)

// probe changes something through each node, as a client does, until that is acknowledged, and
// tells when it was: so a recovery does not depend on whether a workload still asks for something.
// The limits of a queue that nobody uses, and has none before and after, change nothing else.
func probe(ctx context.Context, e *load.Env) (acknowledged []int64, err error) {
	for _, node := range e.Cluster.Names() {
		for {
			call, cancel := context.WithTimeout(ctx, load.CallTimeout)
			_, err = e.Client(node).LimitQueue(call, "probe", wire.QueueLimits{})
			cancel()
			if err == nil {
				acknowledged = append(acknowledged, e.Record.Since())
				break
			}
			select {
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
				return acknowledged, fmt.Errorf("through %s: %w", node, err)
			}
		}
	}
	return acknowledged, nil
}
