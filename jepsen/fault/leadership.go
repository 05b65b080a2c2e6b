package fault

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"aion.dev/aion/jepsen/nodes"
)

func init() {
	register(Kind{Name: "transfers", Family: "leadership", What: "hand leadership on every 300 ms", Min: time.Second, Max: 5 * time.Second, Fault: Func(transfers)})
}

func transfers(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
	ctx, stop := context.WithCancel(ctx)
	over, asked := make(chan struct{}), 0
	go func() {
		defer close(over)
		for wait(ctx, 300*time.Millisecond) {
			to := anyOne(ctx, c, r)[0]
			through := anyOne(ctx, c, r)[0]
			if askTransfer(ctx, through, to) {
				asked++
			}
		}
	}()
	return "transfer leadership every 300 ms", func(context.Context) error {
		stop()
		<-over
		if asked == 0 {
			return &idle{"no node answered a transfer before its time was over"}
		}
		return nil
	}, nil
}

// askTransfer asks, through a node, for a transfer of leadership to another, and reports whether
// there was any answer.
func askTransfer(ctx context.Context, through, to *nodes.Node) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+through.Direct()+"/v1/cluster/transfer", strings.NewReader(`{"node":"`+to.ID()+`"}`))
	if err != nil {
		return false
	}
	req.Header.Set("Content-Type", "application/json")
	through.Authorize(req)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return true
}
