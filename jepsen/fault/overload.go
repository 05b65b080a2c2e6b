package fault

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"aion.dev/aion/jepsen/nodes"
)

func init() {
	register(Kind{Name: "overload", Family: "load", What: "an open loop of 1,000 calls a second beside the workload", Min: time.Second, Max: 3 * time.Second, Fault: overload(10, 400)})
	register(Kind{Name: "flood", Family: "load", What: "an open loop of 3,000 calls a second; up to 1,500 of them may be unanswered", Min: time.Second, Max: 4 * time.Second, Fault: overload(30, 1500)})
}

// overloadEvery is the interval of the open loop: calls are made whether or not earlier ones were
// answered.
const overloadEvery = 10 * time.Millisecond

// overload makes size calls per interval, as long as at most open calls are unanswered: the suite
// itself must survive it. It signals runs that do not exist, which costs a cluster as much as
// signalling a real one and leaves nothing behind, and reads. The usual promises must hold: no node
// dies, a call that cannot be served is refused or gets no answer, and the overload ends when the
// calls do.
func overload(size, open int) Func {
	return func(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
		return flood(ctx, c, r, size, open)
	}
}

func flood(ctx context.Context, c *nodes.Cluster, r *rand.Rand, size, open int) (string, func(context.Context) error, error) {
	ctx, stop := context.WithCancel(ctx)
	web := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64, MaxConnsPerHost: open}}
	var made, served, refused, failed, broken atomic.Int64
	room := make(chan struct{}, open)
	over := make(chan struct{})
	go func() {
		defer close(over)
		var calls sync.WaitGroup
		defer calls.Wait()
		for round := 0; wait(ctx, overloadEvery); round++ {
			for i := range size {
				select {
				case room <- struct{}{}:
				default:
					continue
				}
				n, read := c.Nodes()[r.IntN(len(c.Nodes()))], r.IntN(4) == 0
				calls.Go(func() {
					defer func() { <-room }()
					made.Add(1)
					call, cancel := context.WithTimeout(ctx, 5*time.Second)
					defer cancel()
					var status int
					var err error
					if read {
						status, err = get(call, web, "http://"+n.Direct()+"/v1/routes")
					} else {
						status, err = signal(call, web, n, fmt.Sprintf("overload-%d-%d", round, i))
					}
					switch {
					case err != nil:
						failed.Add(1)
					case status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable:
						refused.Add(1)
					case status == http.StatusInternalServerError:
						broken.Add(1)
					default:
						served.Add(1)
					}
				})
			}
		}
	}()
	return fmt.Sprintf("%d calls a second from outside", size*int(time.Second/overloadEvery)), func(context.Context) error {
		stop()
		<-over
		web.CloseIdleConnections()
		if n := broken.Load(); n > 0 {
			return fmt.Errorf("%d of %d calls were answered 500 (%d served, %d refused, %d without an answer)", n, made.Load(), served.Load(), refused.Load(), failed.Load())
		}
		if made.Load() == 0 {
			return &idle{"no call was made before its time was over"}
		}
		return nil
	}, nil
}

// signal signals a run that does not exist.
func signal(ctx context.Context, web *http.Client, n *nodes.Node, key string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+n.Direct()+"/v1/workflows/"+key+"/signals/overload", strings.NewReader("{}"))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	n.Authorize(req)
	return status(web, req)
}

func get(ctx context.Context, web *http.Client, url string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	return status(web, req)
}

func status(web *http.Client, req *http.Request) (int, error) {
	resp, err := web.Do(req)
	if err != nil {
		return 0, err
	}
	io.Copy(io.Discard, resp.Body) // so that the connection can be reused
	return resp.StatusCode, resp.Body.Close()
}
