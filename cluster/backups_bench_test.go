package cluster

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// BenchmarkBackup sends backups of a state of some 100 MB that does not compress, to nobody (MB/s),
// and measures what callers get done meanwhile: starts a second with and without a backup under
// way, in turns, and the median of their ratios. A backup is paced as backup.bytes_per_second says.
func BenchmarkBackup(b *testing.B) {
	for _, rate := range []int64{0, 64 << 20, 16 << 20} {
		b.Run(fmt.Sprintf("rate=%dMiB", rate>>20), func(b *testing.B) {
			cfg := Config{NodeID: "n1", DataDir: b.TempDir(), RaftListen: "127.0.0.1:0"}
			cfg.Backup.BytesPerSecond = rate
			c, err := Open(cfg)
			if err != nil {
				b.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			leads, ended := make(chan struct{}), make(chan error)
			go func() {
				ended <- c.Run(ctx, func(ctx context.Context, _ uint64) { close(leads); <-ctx.Done() })
			}()
			defer func() { cancel(); <-ended }()
			<-leads
			blob, err := c.Blobs().Put(ctx, []byte("archive"))
			if err != nil {
				b.Fatal(err)
			}
			propose(b, c, &fsm.LoadPackage{Package: catalog.Package{Version: catalog.Version{1}, Blob: blob, Members: []catalog.Member{{Type: "w", EntryModule: "m", EntryFunction: "f"}}}, Route: true})
			fill(b, c, 100<<20)
			measureBackups(b, c)
		})
	}
}

func propose(b *testing.B, c *Cluster, cmd fsm.Command) {
	r, err := c.Propose(context.Background(), fsm.Envelope{Command: cmd})
	if err == nil && r.Refusal != nil {
		err = r.Refusal
	}
	if err != nil {
		b.Fatal(err)
	}
}

var startNumber atomic.Uint64

func startOf(r *rand.Rand, bytes int) *fsm.StartRun {
	n := startNumber.Add(1)
	input := []byte{'"'}
	for range bytes {
		input = append(input, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"[r.IntN(64)])
	}
	id := history.RunID{1, 6: 0x70, 8: 0x80}
	for i := range 7 {
		id[9+i] = byte(n >> (8 * (6 - i)))
	}
	return &fsm.StartRun{WorkflowID: fmt.Sprint("run-", n), RunID: id, Type: "w", Input: append(input, '"')}
}

func fill(b *testing.B, c *Cluster, bytes int) {
	var callers sync.WaitGroup
	for i := range 8 {
		callers.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(i)))
			for range bytes / 8 / (32 << 10) {
				propose(b, c, startOf(r, 32<<10))
			}
		})
	}
	callers.Wait()
}

// measureBackups makes rounds of two windows: one beside a backup that is sent again and again, and
// one without.
func measureBackups(b *testing.B, c *Cluster) {
	var done atomic.Int64
	stop := make(chan struct{})
	var callers sync.WaitGroup
	for i := range 16 {
		callers.Go(func() {
			r := rand.New(rand.NewPCG(2, uint64(i)))
			for {
				select {
				case <-stop:
					return
				default:
					propose(b, c, startOf(r, 100))
					done.Add(1)
				}
			}
		})
	}
	var ratios, speeds []float64
	for b.Loop() {
		began, had := time.Now(), done.Load()
		s, err := c.BeginBackup(context.Background(), false)
		if err != nil {
			b.Fatal(err)
		}
		sent := s.Size()
		if err := s.Send(context.Background(), io.Discard, 0); err != nil {
			b.Fatal(err)
		}
		took := time.Since(began)
		beside := float64(done.Load()-had) / took.Seconds()
		speeds = append(speeds, float64(sent)/took.Seconds()/1e6)
		had = done.Load()
		time.Sleep(took)
		ratios = append(ratios, beside/(float64(done.Load()-had)/took.Seconds()))
	}
	close(stop)
	callers.Wait()
	slices.Sort(ratios)
	slices.Sort(speeds)
	b.ReportMetric(ratios[len(ratios)/2], "starts-ratio")
	b.ReportMetric(speeds[len(speeds)/2], "MB/s")
	b.ReportMetric(0, "ns/op")
}
