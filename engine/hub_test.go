package engine_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

func TestManyWaitForResults(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": "def run(ctx, input):\n    return ctx.signal(\"go\")\n"}))
		var wg sync.WaitGroup
		var refs []fsm.RunRef
		for range 20 {
			ref := n.Begin("w", "")
			refs = append(refs, ref)
			for range 50 {
				wg.Go(func() {
					res, err := n.Result(background, engine.Read{}, ref, time.Minute)
					if err != nil || enginetest.Tell(res) != "completed 1" {
						t.Errorf("got %+v, %v", res, err)
					}
				})
			}
		}
		began := time.Now()
		synctest.Wait()
		for _, ref := range refs {
			n.Send(ref, "go", "1")
		}
		wg.Wait()
		if took := time.Since(began); took > time.Second {
			t.Errorf("the results took %s of the bubble's time", took)
		}
	})
}

func TestALongPollEnds(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		ref := workflow(t, n, approval)
		began := time.Now()
		res, err := n.Result(background, engine.Read{}, ref, 30*time.Second)
		if err != nil || res.Status != history.StatusRunning || time.Since(began) != 30*time.Second {
			t.Errorf("got %+v after %s, %v", res, time.Since(began), err)
		}
		ctx, cancel := context.WithTimeout(background, time.Second)
		defer cancel()
		if res, err = n.Result(ctx, engine.Read{Stale: true}, ref, 30*time.Second); err != nil || !res.Status.Open() {
			t.Errorf("got %+v, %v", res, err)
		}
		_, err = n.Result(background, engine.Read{}, ref, engine.MaxWait+1)
		refused(t, err, "invalid_input")
		_, err = n.Result(background, engine.Read{}, ref, -1)
		refused(t, err, "invalid_input")
		_, err = n.Result(background, engine.Read{}, fsm.RunRef{WorkflowID: "nobody"}, 0)
		refused(t, err, "not_found")
	})
}

func TestHistoryIsFollowed(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		ref := workflow(t, n, "def run(ctx, input):\n    for i in range(3):\n        ctx.signal(\"go\")\n    return 1\n")
		var seen []string
		followed := make(chan struct{})
		go func() {
			defer close(followed)
			for from := uint64(1); from != 0; {
				events, next, _, err := n.History(background, engine.Read{}, fsm.RunRef{WorkflowID: ref.WorkflowID}, from, 2, time.Minute)
				if err != nil {
					t.Error(err)
					return
				}
				for _, e := range events {
					seen = append(seen, e.Data.Type().String())
				}
				from = next
			}
		}()
		for range 3 {
			time.Sleep(time.Hour)
			n.Send(ref, "go", "")
		}
		<-followed
		equal(t, "seen", fmt.Sprint(seen), "[WorkflowStarted SignalReceived SignalReceived SignalReceived WorkflowCompleted]")
		_, _, _, err := n.History(background, engine.Read{}, ref, 99, 0, 0)
		refused(t, err, "invalid_input")
		_, _, _, err = n.History(background, engine.Read{}, ref, 1, engine.MaxPage+1, 0)
		refused(t, err, "invalid_input")
	})
}

func TestTheFeedIsFollowed(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		var names []string
		over := make(chan struct{})
		go func() {
			defer close(over)
			at := fsm.FeedCursor{}
			for len(names) < 6 {
				events, next, err := n.Feed(background, at, 1, time.Minute)
				if err != nil {
					t.Error(err)
					return
				}
				for _, e := range events {
					names = append(names, e.Name)
				}
				at = next
			}
		}()
		time.Sleep(10 * time.Minute)
		n.Await(workflow(t, n, echo))
		<-over
		slices.Sort(names[4:]) // readiness is reported concurrently with the run
		equal(t, "names", fmt.Sprint(names), "[MemberChanged MemberChanged PackageLoaded RouteChanged VersionReadinessChanged WorkflowClosed]")
		began := time.Now()
		events, _, err := n.Feed(background, fsm.FeedCursor{Index: 1 << 40}, 0, time.Minute)
		if err != nil || len(events) != 0 || time.Since(began) != time.Minute {
			t.Errorf("got %v after %s, %v", events, time.Since(began), err)
		}
	})
}

func TestAStaleReadWaitsForItsIndex(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		ref := workflow(t, n, approval)
		synctest.Wait()
		n.Depose()
		_, err := n.Describe(background, engine.Read{}, ref, 0)
		refused(t, err, "no_leader")
		at := n.State.Applied()
		if d, err := n.Describe(background, engine.Read{Stale: true, MinIndex: at}, ref, 0); err != nil || d.Index != at {
			t.Errorf("got %+v, %v", d, err)
		}
		began := time.Now()
		_, err = n.Describe(background, engine.Read{Stale: true, MinIndex: at + 1}, ref, 0)
		refused(t, err, "unavailable")
		equal(t, "waited", time.Since(began), 5*time.Second)
	})
}

func TestPagesAreBounded(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": approval}))
		version := n.Row(n.Begin("w", "")).Version.String()
		for range 4 {
			n.Begin("w", "")
		}
		for _, limit := range []int{-1, engine.MaxPage + 1, 1 << 40} {
			_, _, _, err := n.List(background, engine.Read{}, fsm.RunFilter{}, "", limit, "")
			refused(t, err, "invalid_input")
			_, err = n.Deploys(background, engine.Read{}, "", limit, "")
			refused(t, err, "invalid_input")
			_, err = n.Pins(background, engine.Read{}, "w", version, limit, "")
			refused(t, err, "invalid_input")
		}
		for _, cursor := range []string{"x", "1", "1.2.3", "-1.0", "99999999999999999999999.1"} {
			_, err := n.Deploys(background, engine.Read{}, "", 0, cursor)
			refused(t, err, "invalid_input")
		}
		count, cursor := 0, ""
		for {
			runs, next, _, err := n.List(background, engine.Read{}, fsm.RunFilter{Type: "w", Status: history.StatusRunning}, version[:10], 2, cursor)
			if err != nil {
				t.Fatal(err)
			}
			if count += len(runs); next == "" {
				break
			}
			cursor = next
		}
		equal(t, "runs", count, 5)
		synctest.Wait() // a run that records its first turn between two pages is on both, under different kinds
		holders, cursor := 0, ""
		for {
			pins, err := n.Pins(background, engine.Read{}, "w", version[:6], 2, cursor)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "total", pins.Counts.Total(), 5)
			if holders += len(pins.Holders); pins.Next == "" {
				break
			}
			cursor = pins.Next
		}
		equal(t, "holders", holders, 5)
	})
}
