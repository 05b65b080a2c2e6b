package clustertest

import (
	"time"
)

// fault breaks something, waits for a while, and repairs it.
func (d *days) fault() {
	d.faults++
	lasts := time.Duration(500+d.rng.IntN(20_000)) * time.Millisecond
	any := d.c.Nodes[d.rng.IntN(len(d.c.Nodes))]
	kinds := []struct {
		name string
		do   func()
	}{
		{"isolate-leader", func() { d.c.Isolate(d.c.Leader()); <-time.After(lasts); d.c.Heal() }},
		{"isolate-one", func() { d.c.Isolate(any); <-time.After(lasts); d.c.Heal() }},
		{"bridge", func() { // one node sees both others, which do not see each other
			o := d.c.Others(any)
			d.c.Partition([]*Node{any, o[0]}, []*Node{any, o[1]})
			<-time.After(lasts)
			d.c.Heal()
		}},
		{"all-apart", func() { d.c.Partition(); <-time.After(lasts); d.c.Heal() }},
		{"slow-links", func() {
			for _, o := range d.c.Others(any) {
				d.c.Slow(any, o, time.Duration(20+d.rng.IntN(300))*time.Millisecond)
			}
			<-time.After(lasts)
			d.c.Heal()
		}},
		{"crash-leader", func() { d.crash(lasts, d.c.Leader()) }},
		{"crash-one", func() { d.crash(lasts, any) }},
		{"crash-majority", func() { d.crash(lasts, d.c.Others(any)...) }},
		{"crash-all", func() { d.crash(lasts, d.c.Nodes...) }},
		{"restart", func() { any.Stop(); <-time.After(lasts); any.Start(); d.publishNodes() }},
		{"crash-while-cut", func() { d.c.Isolate(any); d.crash(lasts, any); d.c.Heal() }},
		{"transfer", func() {
			for range 3 { // one after another, whether or not the previous one has ended
				leader := d.c.Leader()
				_ = done(leader.Transfer(within(5*time.Second), nil, d.c.Others(leader)[d.rng.IntN(2)].ID))
			}
		}},
		{"hung-disk", func() { any.Stall(); <-time.After(min(lasts, 4*time.Second)); any.Unstall() }},
	}
	k := kinds[d.rng.IntN(len(kinds))]
	d.by[k.name]++
	k.do()
	d.c.WaitReady()
}

func (d *days) crash(lasts time.Duration, nodes ...*Node) {
	for _, n := range nodes {
		n.Crash()
		<-time.After(time.Duration(d.rng.IntN(20)) * time.Millisecond)
	}
	<-time.After(lasts)
	for _, n := range nodes {
		n.Start()
		d.publishNodes()
		<-time.After(time.Duration(d.rng.IntN(1000)) * time.Millisecond)
	}
}
