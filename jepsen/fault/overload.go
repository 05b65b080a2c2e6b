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
	register(Kind{Name: "flood", Family: "load", What: "an open loop of 3,000 calls a second, of which 1,500 may be unanswered", Min: time.Second, Max: 4 * time.Second, Fault: overload(30, 1500)})
}

// overloadEvery is the beat of the open loop: calls are made whether or not those before were
// answered.
const overloadEvery = 10 * time.Millisecond

// overload makes so many calls in every beat, but for those that would be more than open at a time:
// the suite itself must stand it. It signals runs that do not exist, which costs a cluster as much
// as signalling one that does and leaves nothing behind, and reads. What must hold is what must
// hold anyway: nobody dies, who cannot be served is refused or gets no answer, and it is over when
// the calls are.
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
	io.Copy(io.Discard, resp.Body) // so that the connection serves again
	return resp.StatusCode, resp.Body.Close()
}
