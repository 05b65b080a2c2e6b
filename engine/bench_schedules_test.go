package engine_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"aion.dev/aion/engine/calendar"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// BenchmarkSchedulesAtOnce fires schedules that are all due at the same moment. One operation is
// one schedule, from that moment until its run is started, in process and without Raft.
func BenchmarkSchedulesAtOnce(b *testing.B) {
	n := enginetest.NewFast(b)
	n.Deploy(enginetest.Pack(b, jobs))
	count := min(b.N, fsm.MaxSchedules)
	at := history.At(time.Now().Add(time.Duration(count)*200*time.Microsecond + 100*time.Millisecond))
	var hands sync.WaitGroup
	for i := range 64 {
		hands.Go(func() {
			for id := i; id < count; id += 64 {
				s := rows.Schedule{ID: fmt.Sprint("s", id), Type: "job", Every: history.Duration(calendar.MaxEvery), Next: at}
				if _, err := n.Log.Propose(background, fsm.Envelope{Command: &fsm.PutSchedule{Apart: true, Schedule: s}}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	hands.Wait()
	if time.Now().After(at.Std()) {
		b.Log("the schedules were made too late: the figure is of a machine that does something else")
	}
	time.Sleep(time.Until(at.Std()))
	b.ResetTimer()
	for index, left := uint64(0), true; left; {
		n.State.View(func(v fsm.View) {
			due := v.DueSchedules(history.At(time.Now()), 1)
			left, index = len(due) > 0, v.Index()
		})
		if left {
			if _, err := n.State.Wait(background, index); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(count)/b.Elapsed().Seconds(), "fires/s")
}
