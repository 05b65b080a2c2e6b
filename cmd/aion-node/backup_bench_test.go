package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster/increments"
	"aion.dev/aion/cluster/increments/place"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// BenchmarkIncrements fills a node with some 200 MB that do not compress, writes a backup into a
// folder, and then, each time after a hundredth of that has been added, another one: what is sent
// of it (sent-MB), what it would be as a file (full-MB), and how long it takes, which is how old
// the state is that is kept when it has arrived (point-s).
func BenchmarkIncrements(b *testing.B) {
	f := &fleet{dir: b.TempDir(), nodes: map[string]*process{}}
	defer f.killAll()
	if err := f.startAll("a"); err != nil {
		b.Fatal(err)
	}
	c, err := client.New(client.Config{Addresses: []string{f.nodes["a"].http}, Patience: time.Minute})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	archive, err := catalog.Write(catalog.Manifest{
		Format: catalog.Format, ABI: catalog.ABI, Activities: []string{},
		Workflows: []catalog.Workflow{{Type: "waits", EntryModule: "waits", EntryFunction: "run"}},
	}, []catalog.Module{{Name: "waits.star", Source: []byte("def run(ctx, input):\n    ctx.signal(\"go\")\n")}})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := c.Load(b.Context(), archive, wire.LoadOptions{}); err != nil {
		b.Fatal(err)
	}
	const all = 200 << 20
	startLarge(b, c, 0, all)
	store, err := place.Open(b.Context(), b.TempDir(), func(string) string { return "" })
	if err != nil {
		b.Fatal(err)
	}
	w := &increments.Writer{Store: store}
	write := func() *increments.Manifest {
		stream := &steadyBackup{ctx: b.Context(), client: c}
		defer stream.close()
		m, err := w.Write(b.Context(), stream)
		if err != nil {
			b.Fatal(err)
		}
		return m
	}
	began := time.Now()
	first := write()
	took := time.Since(began)
	var sent, full, spent float64
	n := 0
	for b.Loop() {
		n++
		b.StopTimer()
		startLarge(b, c, uint64(n), all/100)
		b.StartTimer()
		began := time.Now()
		m := write()
		spent += time.Since(began).Seconds()
		size, err := m.Header.Size()
		if err != nil {
			b.Fatal(err)
		}
		sent, full = sent+float64(m.Sent), full+float64(size)
	}
	b.ReportMetric(float64(first.Sent)/1e6, "first-MB")
	b.ReportMetric(took.Seconds(), "first-s")
	b.ReportMetric(sent/1e6/float64(n), "sent-MB")
	b.ReportMetric(full/1e6/float64(n), "full-MB")
	b.ReportMetric(spent/float64(n), "point-s")
}

// startLarge starts runs with inputs of 32 KiB, of so many bytes in all.
func startLarge(b *testing.B, c *client.Client, seed uint64, bytes int) {
	b.Helper()
	var all sync.WaitGroup
	const at, one = 16, 32 << 10
	for i := range at {
		all.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(i)))
			text := make([]byte, one)
			for n := i; n < bytes/one; n += at {
				for k := range text {
					text[k] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"[r.IntN(64)]
				}
				input, _ := json.Marshal(string(text))
				if _, err := c.Start(context.Background(), wire.StartRequest{Type: "waits", WorkflowID: fmt.Sprintf("w-%d-%d", seed, n), Input: input}); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}
