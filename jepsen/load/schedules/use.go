// Package schedules keeps one schedule of every overlap and catch-up policy, which nobody touches,
// so that every one of their times can be accounted for, and one for each caller, who pauses,
// resumes, triggers, deletes and recreates it. Meanwhile another caller routes the type back and
// forth between two versions.
//
// It never judges what the started runs compute, except for the version that computed it. Begin
// with Workload.Setup, and then Check; times.go accounts for the times of one schedule.
package schedules

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/runs"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// Workload keeps what Resolve needs later.
type Workload struct {
	requests runs.Requests
	versions []string
	quiet    []timetable
	handled  []timetable
}

// timetable describes a schedule; it is the value of the operation "create".
type timetable struct {
	ID    string            `json:"id"`
	Step  int               `json:"step"` // seconds between its times, which are the multiples of Step since 1970
	Quiet bool              `json:"quiet,omitempty"`
	Spec  wire.ScheduleSpec `json:"spec"`
}

const tickSource = `
def run(ctx, input):
    ctx.sleep("%%dms" %% int(input["least"] + ctx.random() * input["spread"]))
    return %d
`

func (w *Workload) Name() string { return "schedules" }

func (w *Workload) Setup(ctx context.Context, e *load.Env) error {
	for v := range 2 {
		p := load.Package{Type: "tick", Source: fmt.Sprintf(tickSource, v)}
		_, version, err := p.Pack()
		if err == nil {
			err = load.Deploy(ctx, e, p)
		}
		if err != nil {
			return err
		}
		w.versions = append(w.versions, version)
	}
	r := e.Rand(1)
	spec := func(id, overlap, catchUp string, step int) timetable {
		s := timetable{ID: id, Step: step, Spec: wire.ScheduleSpec{ScheduleID: id, Type: "tick", Overlap: overlap, CatchUp: catchUp}}
		if r.IntN(2) == 0 {
			s.Spec.Every = fmt.Sprintf("%ds", step)
		} else {
			s.Spec.Cron = fmt.Sprintf("*/%d * * * * *", step)
		}
		s.Spec.Input, _ = json.Marshal(map[string]int{"least": 100 + r.IntN(600), "spread": 1 + r.IntN(2000)})
		return s
	}
	for _, overlap := range []string{"skip", "buffer_one", "cancel_previous", "allow_all"} {
		for _, catchUp := range []string{"one", "none", "all"} {
			s := spec("quiet-"+overlap+"-"+catchUp, overlap, catchUp, 1+r.IntN(2))
			s.Quiet = true
			w.quiet = append(w.quiet, s)
		}
	}
	for i := range max(1, e.Concurrency-2) {
		w.handled = append(w.handled, spec(fmt.Sprintf("handled-%d", i), []string{"skip", "buffer_one", "cancel_previous"}[i%3], "all", 1+r.IntN(3)))
	}
	return load.Each(append(append([]timetable(nil), w.quiet...), w.handled...), 8, func(i int, s timetable) error {
		o, err := e.Insist(ctx, w.op(e, e.Record.Process(), s, "create", "setup", e.Cluster.Names()[0]), change)
		if err == nil && o.Outcome != op.OK {
			err = fmt.Errorf("create %s: %s", s.ID, o.Error)
		}
		return err
	})
}

// op makes an operation on a schedule.
func (w *Workload) op(e *load.Env, process int, s timetable, f, n, node string) op.Op {
	o := op.Op{Process: process, Workload: "schedules", F: f, Key: s.ID, Node: node}
	if f != "schedule" {
		o.Request = fmt.Sprintf("%s-%s-%s", f, s.ID, n)
	}
	if f == "create" {
		o.Value, _ = json.Marshal(s)
	}
	return o
}

// change makes any operation on a schedule.
func change(ctx context.Context, c *client.Client, o *op.Op) error {
	var a *wire.ScheduleAnswer
	var err error
	key := client.RequestID(o.Request)
	switch o.F {
	case "create":
		var s timetable
		if err := json.Unmarshal(o.Value, &s); err != nil {
			return err
		}
		a, err = c.CreateSchedule(ctx, s.Spec, key)
	case "pause":
		a, err = c.PauseSchedule(ctx, o.Key, "jepsen", key)
	case "resume":
		a, err = c.ResumeSchedule(ctx, o.Key, key)
	case "trigger":
		a, err = c.TriggerSchedule(ctx, o.Key, wire.TriggerRequest{}, key)
	case "delete":
		a, err = c.DeleteSchedule(ctx, o.Key, key)
	case "schedule":
		a, err = c.Schedule(ctx, o.Key)
	default:
		return fmt.Errorf("nobody knows how to %s a schedule", o.F)
	}
	if err == nil {
		o.Answered(a.Answered)
		a.RecentRuns = nil
		o.Answer, _ = json.Marshal(a)
	}
	return err
}

func (w *Workload) Run(ctx context.Context, e *load.Env) {
	var all sync.WaitGroup
	all.Go(func() { w.router(ctx, e) })
	all.Go(func() { w.reader(ctx, e) })
	for i, s := range w.handled {
		all.Go(func() { w.caller(ctx, e, e.Rand(uint64(100+i)), s) })
	}
	all.Wait()
}

// router moves the route back and forth.
func (w *Workload) router(ctx context.Context, e *load.Env) {
	r, p := e.Rand(97), e.Record.Process()
	for n := 0; load.Pause(ctx, time.Duration(200+r.IntN(1500))*time.Millisecond); n++ {
		version := w.versions[n%2]
		value, _ := json.Marshal(version)
		_, p = w.requests.Do(ctx, e, op.Op{Process: p, Workload: "schedules", F: "route", Key: "tick", Value: value, Request: fmt.Sprintf("route-%d", n), Node: e.AnyNode(r)},
			func(ctx context.Context, c *client.Client, o *op.Op) error {
				a, err := c.Route(ctx, "tick", wire.RouteRequest{Version: version}, client.RequestID(o.Request))
				if err == nil {
					o.Answered(a.Answered)
				}
				return err
			})
	}
}

// reader reads the quiet schedules, whose counts must add up at every index.
func (w *Workload) reader(ctx context.Context, e *load.Env) {
	r, p := e.Rand(96), e.Record.Process()
	for n := 0; load.Pause(ctx, 25*time.Millisecond); n++ {
		e.Call(ctx, w.op(e, p, w.quiet[n%len(w.quiet)], "schedule", "", e.AnyNode(r)), change)
	}
}

// caller operates on one schedule, alone.
func (w *Workload) caller(ctx context.Context, e *load.Env, r *rand.Rand, s timetable) {
	p := e.Record.Process()
	for n := 0; load.Pause(ctx, time.Duration(20+r.IntN(300))*time.Millisecond); n++ {
		f := []string{"schedule", "schedule", "pause", "resume", "resume", "trigger", "trigger", "delete", "create", "create"}[r.IntN(10)]
		_, p = w.requests.Do(ctx, e, w.op(e, p, s, f, fmt.Sprint(n), e.AnyNode(r)), change)
	}
}
