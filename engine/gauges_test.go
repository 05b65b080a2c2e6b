package engine_test

import (
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"github.com/prometheus/client_golang/prometheus"
)

// gauged reads the metrics with a value, as NAME{LABEL=VALUE,...}.
func gauged(t *testing.T, r *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]float64{}
	for _, f := range families {
		for _, m := range f.Metric {
			var labels []string
			for _, l := range m.Label {
				labels = append(labels, l.GetName()+"="+l.GetValue())
			}
			found[f.GetName()+"{"+strings.Join(labels, ",")+"}"] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return found
}

// TestGauges: the state itself yields the metrics that people alert on.
func TestGauges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		registry := prometheus.NewRegistry()
		n := enginetest.New(t, func(c *engine.Config) { c.Metrics = registry })
		synctest.Wait() // the engine counts what closes from its start on
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": "def run(ctx, input):\n    if input == 1:\n        fail(\"no\")\n    ctx.activity(\"a\", None)\n"}, enginetest.Activities("a")))
		n.Await(n.Begin("w", "1"))
		for range 2 {
			n.Begin("w", "2")
		}
		paused := n.Begin("w", "2")
		synctest.Wait()
		if _, _, err := n.Pause(background, engine.Call{}, paused, "look"); err != nil {
			t.Fatal(err)
		}
		poll(t, n, 0, 1, "a")
		time.Sleep(90 * time.Second)
		synctest.Wait()
		got := gauged(t, registry)
		for name, want := range map[string]float64{
			"aion_runs{namespace=default,status=running,workflow_type=w}":             2,
			"aion_runs{namespace=default,status=paused,workflow_type=w}":              1,
			"aion_runs{namespace=default,status=failed,workflow_type=w}":              1,
			"aion_runs_closed_total{namespace=default,status=failed,workflow_type=w}": 1,
			"aion_queue_tasks{namespace=default,queue=default,state=offered}":         2,
			"aion_queue_tasks{namespace=default,queue=default,state=leased}":          1,
			"aion_queue_tasks{namespace=default,queue=default,state=backoff}":         0,
			"aion_schedule_late_seconds{}":                                            0,
			"aion_timer_late_seconds{}":                                               0,
			"aion_runs_started_total{}":                                               4,
			"aion_versions{namespace=default,state=routed,workflow_type=w}":           1,
			"aion_jobs{}": 0,
		} {
			if value, ok := got[name]; !ok || value != want {
				t.Errorf("%s is %v, %v; want %v", name, value, ok, want)
			}
		}
		if age := got["aion_queue_oldest_seconds{namespace=default,queue=default}"]; age < 90 || age > 100 {
			t.Errorf("the oldest task has waited for %v s", age)
		}
		// Without a leader, nothing that is due fires.
		if _, _, err := n.PutSchedule(background, engine.Call{}, rows.Schedule{ID: "j", Type: "w", Input: history.Payload("1"), Every: history.Duration(time.Minute)}, false); err != nil {
			t.Fatal(err)
		}
		n.Depose()
		time.Sleep(5 * time.Minute)
		got = gauged(t, registry)
		if late := got["aion_schedule_late_seconds{}"]; late < 230 || late > 301 {
			t.Errorf("a schedule that is due every minute is %v s late after five minutes without a leader", late)
		}
		n.Elect()
		time.Sleep(time.Second)
		synctest.Wait()
		if late := gauged(t, registry)["aion_schedule_late_seconds{}"]; late != 0 {
			t.Errorf("it is %v s late with one", late)
		}
	})
}

// TestTaskTimes: how long activities wait and take is told by activity, and by outcome.
func TestTaskTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		registry := prometheus.NewRegistry()
		n := enginetest.New(t, func(c *engine.Config) { c.Metrics = registry })
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": "def run(ctx, input):\n    return ctx.activity(\"a\", None)\n"}, enginetest.Activities("a")))
		for range 3 {
			n.Begin("w", "1")
		}
		synctest.Wait()
		time.Sleep(20 * time.Second)
		tasks := poll(t, n, 0, 3, "a")
		if len(tasks) != 3 {
			t.Fatalf("%d tasks", len(tasks))
		}
		time.Sleep(2 * time.Second)
		if _, _, err := n.CompleteTasks(background, engine.Call{}, []engine.TaskResult{{Token: tasks[0].Token, Output: history.Payload("1")}}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := n.FailTasks(background, engine.Call{}, []engine.TaskResult{{Token: tasks[1].Token, Error: history.RunError{Message: "no"}}}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := n.ReleaseTasks(background, engine.Call{}, []engine.TaskResult{{Token: tasks[2].Token}}); err != nil {
			t.Fatal(err)
		}
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]uint64{}
		for _, f := range families {
			for _, m := range f.Metric {
				if h := m.GetHistogram(); h != nil && strings.HasPrefix(f.GetName(), "aion_activity_") {
					name := f.GetName()
					for _, l := range m.Label {
						name += " " + l.GetValue()
					}
					found[name] = h.GetSampleCount()
					if mean := h.GetSampleSum() / float64(h.GetSampleCount()); mean < 2 || mean > 25 {
						t.Errorf("%s took %v s on average", name, mean)
					}
				}
			}
		}
		want := map[string]uint64{"aion_activity_wait_seconds a": 3, "aion_activity_seconds a completed": 1, "aion_activity_seconds a failed": 1}
		if !maps.Equal(found, want) {
			t.Errorf("measured: %v, want %v", found, want)
		}
	})
}
