package cluster_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"aion.dev/aion/cluster"
	"aion.dev/aion/fsm"
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
)

// BenchmarkPropose measures proposals on real sockets and real files: one node, and three in this process, at numbers of callers that each wait for their
// answer. The command is small and cheap to apply, so that the log is what is measured.
//
//	go test ./cluster -run '^$' -bench Propose -benchtime 3s
func BenchmarkPropose(b *testing.B) {
	for _, store := range []string{cluster.LogStoreWAL, cluster.LogStoreBolt} {
		for _, nodes := range []int{1, 3} {
			b.Run(fmt.Sprintf("log=%s/nodes=%d", store, nodes), func(b *testing.B) {
				leader := benchCluster(b, store, nodes)
				for _, callers := range []int{1, 64, 256, 1024} {
					b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) { benchPropose(b, leader, callers) })
				}
			})
		}
	}
}

func benchPropose(b *testing.B, leader *cluster.Cluster, callers int) {
	ctx := b.Context()
	command := fsm.Envelope{Command: &fsm.TerminateRun{}} // refused after one look-up
	took := make([][]time.Duration, callers)
	work := make(chan struct{}, b.N)
	for range b.N {
		work <- struct{}{}
	}
	close(work)
	b.ResetTimer()
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			for range work {
				start := time.Now()
				if _, err := leader.Propose(ctx, command); err != nil {
					b.Error(err)
					return
				}
				took[i] = append(took[i], time.Since(start))
			}
		})
	}
	all.Wait()
	b.StopTimer()
	lat := slices.Concat(took...)
	slices.Sort(lat)
	if len(lat) > 0 {
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "proposals/s")
		b.ReportMetric(float64(lat[len(lat)/2].Microseconds()), "p50-us")
		b.ReportMetric(float64(lat[len(lat)*99/100].Microseconds()), "p99-us")
	}
}

// benchCluster runs nodes on loopback and real files, and returns the leader.
func benchCluster(b *testing.B, store string, n int) *cluster.Cluster {
	b.Helper()
	calls := &loopback{handlers: map[string]map[string]cluster.Handler{}}
	var list []cluster.Peer
	var links []cluster.Link
	for i := range n {
		link, err := raft.NewTCPTransport("127.0.0.1:0", nil, 3, 5*time.Second, nil)
		if err != nil {
			b.Fatal(err)
		}
		links = append(links, link)
		list = append(list, cluster.Peer{ID: fmt.Sprint("n", i+1), RaftAddress: string(link.LocalAddr())})
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	b.Cleanup(func() {
		stop()
		running.Wait()
	})
	var nodes []*cluster.Cluster
	for i := range n {
		c, err := cluster.Open(cluster.Config{
			NodeID:          list[i].ID,
			DataDir:         b.TempDir(),
			BootstrapExpect: n,
			Raft:            cluster.RaftConfig{LogStore: store},
			Logger:          hclog.NewNullLogger(),
			Parts:           &cluster.Parts{Link: links[i], Caller: calls.at(list[i].RaftAddress), Discovery: fixed(list)},
		})
		if err != nil {
			b.Fatal(err)
		}
		nodes = append(nodes, c)
		running.Go(func() {
			if err := c.Run(ctx, func(ctx context.Context, _ uint64) { <-ctx.Done() }); err != nil {
				b.Error(err)
			}
		})
	}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		for _, c := range nodes {
			if c.IsLeader() {
				return c
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.Fatal("nobody leads")
	return nil
}

type fixed []cluster.Peer

func (f fixed) Peers() []cluster.Peer    { return f }
func (f fixed) Changed() <-chan struct{} { return nil }

// loopback carries node calls within the process.
type loopback struct {
	mu       sync.Mutex
	handlers map[string]map[string]cluster.Handler
}

type loopbackAt struct {
	*loopback
	address string
}

func (l *loopback) at(address string) loopbackAt { return loopbackAt{l, address} }

func (l loopbackAt) Handle(name string, h cluster.Handler) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.handlers[l.address] == nil {
		l.handlers[l.address] = map[string]cluster.Handler{}
	}
	l.handlers[l.address][name] = h
}

func (l loopbackAt) Call(ctx context.Context, address, name string, body []byte) ([]byte, error) {
	l.mu.Lock()
	h := l.handlers[address][name]
	l.mu.Unlock()
	if h == nil {
		return nil, fmt.Errorf("nobody at %s", address)
	}
	return h(ctx, body)
}
