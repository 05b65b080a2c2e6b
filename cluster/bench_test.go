package cluster_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"aion.dev/aion/cluster"
	"aion.dev/aion/cluster/gossip"
	"aion.dev/aion/cluster/logstore"
	"aion.dev/aion/fsm"
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
)

// BenchmarkPropose measures proposals on real sockets and real files: one node, and three in this
// process, with numbers of callers that each wait for their answer. The command is small and cheap
// to apply, so that the benchmark measures the log.
//
//	go test ./cluster -run '^$' -bench Propose -benchtime 3s
func BenchmarkPropose(b *testing.B) {
	for _, store := range []string{logstore.WAL, logstore.Bolt} {
		for _, nodes := range []int{1, 3} {
			b.Run(fmt.Sprintf("log=%s/nodes=%d", store, nodes), func(b *testing.B) {
				leader := benchCluster(b, nodes, onDisk(store))
				for _, callers := range []int{1, 64, 256, 1024} {
					b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) { benchPropose(b, leader, callers) })
				}
			})
		}
	}
}

func benchPropose(b *testing.B, leader *cluster.Cluster, callers int) {
	command := fsm.Envelope{Command: &fsm.TerminateRun{}} // refused after one look-up
	benchCalls(b, callers, "proposals", func() error {
		_, err := leader.Propose(b.Context(), command)
		return err
	})
}

// BenchmarkSlowDisk measures proposals where each write of the log takes 2 ms, as it does on many
// machines: the leader's and the followers' overlap, so a commit takes little longer than one.
//
//	go test ./cluster -run '^$' -bench SlowDisk -benchtime 3s
func BenchmarkSlowDisk(b *testing.B) {
	for _, nodes := range []int{1, 3} {
		b.Run(fmt.Sprintf("nodes=%d", nodes), func(b *testing.B) {
			leader := benchCluster(b, nodes, func(folder string) (*logstore.Stores, error) {
				stores, err := onDisk(logstore.WAL)(folder)
				if err == nil {
					stores.Log = slowLog{stores.Log}
				}
				return stores, err
			})
			for _, callers := range []int{1, 256} {
				b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) { benchPropose(b, leader, callers) })
			}
		})
	}
}

type slowLog struct{ raft.LogStore }

func (l slowLog) IsMonotonic() bool { return l.LogStore.(raft.MonotonicLogStore).IsMonotonic() }

func (l slowLog) StoreLogs(logs []*raft.Log) error {
	time.Sleep(2 * time.Millisecond)
	return l.LogStore.StoreLogs(logs)
}

// onDisk returns how to open the stores of a node in its folder.
func onDisk(store string) func(folder string) (*logstore.Stores, error) {
	return func(folder string) (*logstore.Stores, error) {
		return logstore.Open(logstore.Config{Dir: filepath.Join(folder, "raft"), LogStore: store, Fatal: func(err error) { panic(err) }})
	}
}

// BenchmarkSync measures the cost of making a read linearizable on a leader over loopback.
//
//	go test ./cluster -run '^$' -bench Sync -benchtime 3s
func BenchmarkSync(b *testing.B) {
	for _, nodes := range []int{1, 3} {
		b.Run(fmt.Sprintf("nodes=%d", nodes), func(b *testing.B) {
			leader := benchCluster(b, nodes, onDisk(logstore.WAL))
			for _, callers := range []int{1, 256} {
				b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
					benchCalls(b, callers, "reads", func() error { return leader.Sync(b.Context()) })
				})
			}
		})
	}
}

// benchCalls makes b.N calls from the given number of callers and reports their rate and latency.
func benchCalls(b *testing.B, callers int, what string, call func() error) {
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
				if err := call(); err != nil {
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
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), what+"/s")
		b.ReportMetric(float64(lat[len(lat)/2].Microseconds()), "p50-us")
		b.ReportMetric(float64(lat[len(lat)*99/100].Microseconds()), "p99-us")
	}
}

// benchCluster runs nodes on loopback and real files, and returns the leader.
func benchCluster(b *testing.B, n int, open func(folder string) (*logstore.Stores, error)) *cluster.Cluster {
	b.Helper()
	var list []gossip.Peer
	// created before the nodes' cleanup is registered, so that the folders are removed after it
	var folders []string
	for i, address := range freeAddresses(b, n) {
		list = append(list, gossip.Peer{ID: fmt.Sprint("n", i+1), RaftAddress: address})
		folders = append(folders, b.TempDir())
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	b.Cleanup(func() {
		stop()
		running.Wait()
	})
	var nodes []*cluster.Cluster
	for i := range n {
		stores, err := open(folders[i])
		if err != nil {
			b.Fatal(err)
		}
		c, err := cluster.Open(cluster.Config{
			NodeID:          list[i].ID,
			DataDir:         folders[i],
			BootstrapExpect: n,
			RaftListen:      list[i].RaftAddress,
			Logger:          hclog.NewNullLogger(),
			Parts:           &cluster.Parts{Discovery: fixed(list), Stores: stores},
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

type fixed []gossip.Peer

func (f fixed) Peers() []gossip.Peer     { return f }
func (f fixed) Others() []string         { return nil }
func (f fixed) Changed() <-chan struct{} { return nil }
