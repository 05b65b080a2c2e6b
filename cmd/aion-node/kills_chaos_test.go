package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"time"
)

// chaos kills, freezes and restarts nodes.
func (w *killsWorld) chaos(r *rand.Rand, rounds int) {
	counts := map[string]int{}
	defer func() { w.did = fmt.Sprint(counts) }()
	pause := func(ms int) { time.Sleep(time.Duration(r.IntN(ms)) * time.Millisecond) }
	for range rounds {
		if w.ctx.Err() != nil {
			return
		}
		pause(1500)
		names := slices.Clone(w.f.order)
		r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		leader := names[0]
		if c, err := w.f.status(names[0]); err == nil && c.Leader != "" {
			leader = c.Leader
		}
		what, victims := "one", names[:1]
		switch k := r.IntN(12); {
		case k < 3:
			what, victims = "leader", []string{leader}
		case k < 5:
			what, victims = "two", names[:2]
		case k < 8:
			what, victims = "all", names
		case k < 9:
			what, victims = "frozen", []string{leader}
		case k < 10:
			what, victims = "all frozen", names
		}
		counts[what]++
		for _, name := range victims {
			if strings.HasSuffix(what, "frozen") {
				_ = w.f.nodes[name].cmd.Process.Signal(syscall.SIGSTOP)
				continue
			}
			w.kill(name)
			if r.IntN(3) == 0 {
				pause(300)
			}
		}
		if strings.HasSuffix(what, "frozen") {
			pause(4000)
			for _, name := range victims {
				_ = w.f.nodes[name].cmd.Process.Signal(syscall.SIGCONT)
			}
			continue
		}
		r.Shuffle(len(victims), func(i, j int) { victims[i], victims[j] = victims[j], victims[i] })
		for _, name := range victims {
			pause(600)
			w.restart(name)
			if r.IntN(4) == 0 { // once more, while it starts
				counts["again"]++
				pause(500)
				w.kill(name)
				w.restart(name)
			}
		}
		if r.IntN(3) > 0 {
			for _, name := range names {
				if err := w.f.ready(name); err != nil {
					w.t.Error(err)
				}
			}
		}
	}
}

func (w *killsWorld) kill(name string) {
	if err := w.f.kill(name); err != nil {
		w.t.Errorf("a node ended by itself: %v: %v; its log:\n%s", err, w.f.nodes[name].err, w.f.nodes[name].said())
	}
}

func (w *killsWorld) restart(name string) {
	if err := w.f.start(name); err != nil {
		w.t.Error(err)
	}
}
