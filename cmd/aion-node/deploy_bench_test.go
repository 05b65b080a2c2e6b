package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// BenchmarkDeploy loads packages of 50 KB into three processes, one every half second, and flips
// their route back and forth.
//
//	go test ./cmd/aion-node -run '^$' -bench Deploy -benchtime 40x
func BenchmarkDeploy(b *testing.B) {
	f := &fleet{dir: b.TempDir(), nodes: map[string]*process{}}
	defer f.killAll()
	if err := f.startAll("a", "b", "c"); err != nil {
		b.Fatal(err)
	}
	var addresses []string
	for _, name := range f.order {
		addresses = append(addresses, f.nodes[name].http)
	}
	c, err := client.New(client.Config{Addresses: addresses, Patience: time.Minute})
	if err != nil {
		b.Fatal(err)
	}
	var loads, flips []time.Duration
	for i := 0; b.Loop(); i++ {
		archive, err := catalog.Write(catalog.Manifest{
			Format: catalog.Format, ABI: catalog.ABI, Activities: []string{},
			Workflows: []catalog.Workflow{{Type: "large", EntryModule: "large", EntryFunction: "run"}},
		}, []catalog.Module{{Name: "large.star", Source: []byte(fmt.Sprintf("%s\nN = %d\n", largeSource, i))}})
		if err != nil {
			b.Fatal(err)
		}
		time.Sleep(500 * time.Millisecond)
		began := time.Now()
		loaded, err := c.Load(b.Context(), archive, wire.LoadOptions{NoRoute: true})
		if err != nil {
			b.Fatal(err)
		}
		loads = append(loads, time.Since(began))
		began = time.Now()
		if _, err := c.Route(b.Context(), "large", wire.RouteRequest{Version: loaded.Version}); err != nil {
			b.Fatal(err)
		}
		flips = append(flips, time.Since(began))
	}
	for what, took := range map[string][]time.Duration{"load": loads, "flip": flips} {
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, what+"-p50-ms")
		b.ReportMetric(float64(took[len(took)*9/10].Microseconds())/1000, what+"-p90-ms")
	}
}

// largeSource is a module of about 50 KB: functions, as a real one has, and not one long text.
var largeSource = func() string {
	var s strings.Builder
	s.WriteString("def run(ctx, input):\n    return step0(input)\n")
	for i := range 400 {
		fmt.Fprintf(&s, "\n# The step before this one hands its result on.\ndef step%d(x):\n    y = {\"step\": %d, \"of\": x}\n    return y if y else None\n", i, i)
	}
	return s.String()
}()
