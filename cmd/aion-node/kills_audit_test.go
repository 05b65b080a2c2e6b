package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// ask reads through any node until there is an answer.
func ask[T any](w *killsWorld, what string, call func(context.Context, *client.Client) (T, error)) T {
	w.t.Helper()
	a, refusal, never := outcomeOf(w, w.hand(1, 0), w.ctx, call)
	for never && w.ctx.Err() == nil {
		a, refusal, never = outcomeOf(w, w.hand(1, 0), w.ctx, call)
	}
	if refusal != nil || w.ctx.Err() != nil {
		w.t.Fatalf("%s: %v %v", what, refusal, w.ctx.Err())
	}
	return a
}

// killsRun is a summary of a run's history.
type killsRun struct {
	version         string
	started, closed time.Time
	status          string
}

func (w *killsWorld) check() {
	for _, name := range w.f.order {
		if err := w.f.ready(name); err != nil {
			w.t.Fatal(err)
		}
	}
	runs := map[string]killsRun{} // by run id
	for _, s := range w.starts {
		w.checkStart(s, runs)
	}
	var all []wire.Run
	for cursor := ""; ; {
		page := ask(w, "list", func(ctx context.Context, c *client.Client) (*wire.Runs, error) {
			return c.List(ctx, wire.RunFilter{}, wire.Page{Limit: 500, Cursor: cursor})
		})
		all = append(all, page.Workflows...)
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	for _, r := range all {
		if _, known := runs[r.RunID]; !known && r.Parent == nil {
			w.t.Errorf("there is a run that nobody started: %+v", r)
		} else if !known {
			w.t.Errorf("no history names the child %+v", r)
		}
	}
	if len(all) != len(runs) {
		w.t.Errorf("%d runs are listed, %d have a history", len(all), len(runs))
	}
	w.checkDeploys(runs)
	w.checkNodes()
}

// checkStart compares one run with the answers that its caller got.
func (w *killsWorld) checkStart(s *killsStart, runs map[string]killsRun) {
	ref := wire.RunRef{WorkflowID: s.id}
	if s.never {
		if d, refusal, _ := outcomeOf(w, w.hand(1, 0), w.ctx, func(ctx context.Context, c *client.Client) (*wire.Described, error) { return c.Describe(ctx, ref) }); refusal == nil || refusal.Code != "not_found" {
			w.t.Errorf("start %s was answered with retry alone, but describe says %+v %v", s.id, d, refusal)
		}
		return
	}
	if s.answer == nil {
		return // the test has already failed
	}
	result := ask(w, "result of "+s.id, func(ctx context.Context, c *client.Client) (*wire.Result, error) {
		return c.Result(ctx, ref, 10*time.Second)
	})
	for wire.Open(result.Status) && w.ctx.Err() == nil {
		if d := ask(w, "describe", func(ctx context.Context, c *client.Client) (*wire.Described, error) { return c.Describe(ctx, ref) }); d.Quarantined {
			w.t.Errorf("%s is quarantined", s.id)
			return
		}
		result = ask(w, "result of "+s.id, func(ctx context.Context, c *client.Client) (*wire.Result, error) {
			return c.Result(ctx, ref, 10*time.Second)
		})
	}
	h, run := w.history(s.id, s.answer.RunID)
	runs[s.answer.RunID] = run
	name := w.names[s.answer.Version]
	if run.version != s.answer.Version || result.RunID != s.answer.RunID || result.Status != run.status {
		w.t.Errorf("%s was acknowledged as %+v, ended as %+v and has the history %+v", s.id, s.answer, result, run)
	}
	if s.answer.Index < s.after {
		w.t.Errorf("%s has index %d, but a route was acknowledged at %d before it was sent", s.id, s.answer.Index, s.after)
	}

	var received []int
	var childID, childRun string
	for _, e := range h {
		var d struct {
			Name       string          `json:"name"`
			Payload    json.RawMessage `json:"payload"`
			WorkflowID string          `json:"workflow_id"`
			RunID      string          `json:"run_id"`
		}
		_ = json.Unmarshal(e.Data, &d)
		switch e.Type {
		case "SignalReceived":
			n, _ := strconv.Atoi(string(d.Payload))
			received = append(received, n)
		case "ChildWorkflowStarted":
			childID, childRun = d.WorkflowID, d.RunID
		}
	}
	if !slices.Equal(received, s.sent) {
		w.t.Errorf("%s received the signals %v; acknowledged, in this order: %v; refused with retry: %v", s.id, received, s.sent, s.neverSent)
	}
	if childRun != "" {
		_, runs[childRun] = w.history(childID, childRun)
		if v := runs[childRun].version; v != run.version {
			w.t.Errorf("%s runs %s, its child %s", s.id, run.version, v)
		}
	}
	if s.terminated && run.status == "terminated" {
		return
	}
	want := fmt.Sprintf(`{"child":null,"got":%s,"maybe":null,"n":%d,"name":%q}`, text(append([]int{}, s.sent...)), s.n, name)
	if s.child {
		want = strings.Replace(want, `"child":null`, fmt.Sprintf(`"child":{"n":%d,"name":%q}`, s.n, name), 1)
	}
	var got any
	if err := json.Unmarshal(result.Result, &got); run.status != "completed" || err != nil || text(got) != want {
		w.t.Errorf("%s ended as %s with %s %v, want %s", s.id, run.status, result.Result, result.Error, want)
	}
}

// history reads a closed run's history, and checks invariants of all histories.
func (w *killsWorld) history(id, runID string) (events []wire.Event, run killsRun) {
	for from := uint64(1); from != 0; {
		page := ask(w, "history of "+id, func(ctx context.Context, c *client.Client) (*wire.History, error) {
			return c.History(ctx, wire.RunRef{WorkflowID: id, RunID: runID}, from, 0, 0)
		})
		events = append(events, page.Events...)
		if from = page.Next; from != 0 && len(page.Events) == 0 {
			if w.ctx.Err() != nil {
				return events, run
			}
			time.Sleep(10 * time.Millisecond) // a child that is still open
		}
	}
	complain := func(format string, args ...any) {
		b, _ := json.Marshal(events)
		w.t.Errorf("%s %s: %s; its history is\n%s", id, runID, fmt.Sprintf(format, args...), b)
	}
	due, fired := map[uint64]history.Time{}, map[uint64]bool{}
	closings := 0
	for i, e := range events {
		if e.Seq != uint64(i+1) {
			complain("event %d has seq %d", i+1, e.Seq)
		}
		if i > 0 && e.At.Before(events[i-1].At) {
			complain("time goes back at seq %d", e.Seq)
		}
		var d struct {
			ID      uint64       `json:"id"`
			FireAt  history.Time `json:"fire_at"`
			Version string       `json:"version"`
		}
		_ = json.Unmarshal(e.Data, &d)
		switch e.Type {
		case "WorkflowStarted":
			run.version, run.started = d.Version, e.At
			if i != 0 {
				complain("it starts at seq %d", e.Seq)
			}
		case "WorkflowCompleted", "WorkflowFailed", "WorkflowCancelled", "WorkflowTerminated", "WorkflowTimedOut", "WorkflowContinuedAsNew":
			closings++
			run.closed, run.status = e.At, strings.ToLower(strings.TrimPrefix(e.Type, "Workflow"))
			if i != len(events)-1 {
				complain("%s is not the last event", e.Type)
			}
		case "TimerStarted":
			due[d.ID] = d.FireAt
		case "TimerFired", "TimerCancelled":
			if at, ok := due[d.ID]; !ok || fired[d.ID] || e.Type == "TimerFired" && history.At(e.At) < at {
				complain("%s of timer %d at %v: due %v, ended before: %v", e.Type, d.ID, e.At, at, fired[d.ID])
			}
			fired[d.ID] = true
		case "WorkflowPaused":
			if strings.Contains(string(e.Data), "quarantined") {
				complain("it was quarantined")
			}
		}
	}
	if closings != 1 {
		complain("it has %d closing events", closings)
	}
	return events, run
}

// checkDeploys replays the deploy history: what was routed and loaded when, and whether starts and
// unloads agree with it.
func (w *killsWorld) checkDeploys(runs map[string]killsRun) {
	var log []wire.Deploy
	for cursor := ""; ; {
		page := ask(w, "deploys", func(ctx context.Context, c *client.Client) (*wire.Deploys, error) {
			return c.Deploys(ctx, "", wire.Page{Limit: 500, Cursor: cursor})
		})
		log = append(log, page.Deploys...)
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	slices.Reverse(log)

	byRequest := map[string][]wire.Deploy{}
	type flip struct {
		index   uint64
		version string
	}
	routes := map[string][]flip{}
	loaded := map[string]bool{}
	routed := func(typ string) string {
		if l := routes[typ]; len(l) > 0 {
			return l[len(l)-1].version
		}
		return ""
	}
	for i, d := range log {
		if i > 0 && d.Index < log[i-1].Index {
			w.t.Errorf("the deploy history is out of order at %+v", d)
		}
		byRequest[d.RequestID] = append(byRequest[d.RequestID], d)
		if d.Outcome != "ok" {
			continue
		}
		switch d.Operation {
		case "load":
			loaded[d.Version] = true
		case "unload":
			if !loaded[d.Version] && d.WorkflowType == killsType(w.names[d.Version]) {
				w.t.Errorf("what is not loaded was unloaded: %+v", d)
			}
			if routed(d.WorkflowType) == d.Version {
				w.t.Errorf("what is routed was unloaded: %+v", d)
			}
			delete(loaded, d.Version)
			for id, r := range runs {
				if r.version == d.Version && r.started.Before(d.At) && r.closed.After(d.At) {
					w.t.Errorf("%s was unloaded at %v (index %d) while run %s was open: %+v", d.Version, d.At, d.Index, id, r)
				}
			}
			continue
		}
		if !loaded[d.Version] {
			w.t.Errorf("what is not loaded was routed: %+v", d)
		}
		if d.Message != "noroute" {
			routes[d.WorkflowType] = append(routes[d.WorkflowType], flip{d.Index, d.Version})
		}
	}
	for _, s := range w.starts {
		if s.answer == nil {
			continue
		}
		var may []string
		for _, r := range routes[s.typ] {
			if r.index < s.answer.Index {
				may = may[:0]
			}
			if r.index <= s.answer.Index {
				may = append(may, r.version)
			}
		}
		if !slices.Contains(may, s.answer.Version) {
			// At a shared index the previous route is also right.
			before := ""
			for _, r := range routes[s.typ] {
				if r.index < s.answer.Index {
					before = r.version
				}
			}
			if before != s.answer.Version {
				w.t.Errorf("%s started version %s at index %d, where %v %s was routed", s.id, s.answer.Version, s.answer.Index, may, before)
			}
		}
	}

	for _, c := range w.changes {
		records := byRequest[c.request]
		delete(byRequest, c.request)
		switch {
		case c.never:
			if len(records) > 0 {
				w.t.Errorf("%+v was answered with retry alone, but there is %+v", c, records)
			}
			continue
		case c.code == "":
			want := 1
			if c.operation == "load" || c.operation == "unload" {
				want = 2 // members
			}
			if len(records) != want {
				w.t.Errorf("%+v was acknowledged, and is recorded %d times: %+v", c, len(records), records)
			}
		}
		for _, d := range records {
			if d.Operation != c.operation || c.code == "" && (d.Outcome != "ok" || d.Index != c.index || d.Version != c.version) || c.code != "" && d.Outcome != c.code {
				w.t.Errorf("%+v is recorded as %+v", c, d)
			}
		}
	}
	for id, d := range byRequest {
		w.t.Errorf("nobody sent the request %s: %+v", id, d)
	}

	// The final state matches the records.
	versions := ask(w, "versions", func(ctx context.Context, c *client.Client) (*wire.Versions, error) { return c.Versions(ctx, "") })
	there := map[string]bool{}
	for _, v := range versions.Versions {
		there[v.Version] = true
		if v.RouteActive != (routed(v.WorkflowType) == v.Version) {
			w.t.Errorf("%s %s: route_active is %v, the last route was to %s", v.WorkflowType, v.Version, v.RouteActive, routed(v.WorkflowType))
		}
		if v.Pins.Total() != 0 {
			w.t.Errorf("%s %s has pins %+v, but no run is open", v.WorkflowType, v.Version, v.Pins)
		}
	}
	if !maps.Equal(there, loaded) {
		w.t.Errorf("loaded are %v, by the deploy history %v", there, loaded)
	}
}

func killsType(name string) string {
	family, _, _ := strings.Cut(name, "-")
	return family
}

// checkNodes waits until all nodes are at one index, and compares their states.
func (w *killsWorld) checkNodes() {
	err := eventually(func() error {
		seen := map[string]bool{}
		for _, name := range w.f.order {
			c, err := w.f.status(name)
			if err != nil {
				return err
			}
			w.digest(name, c)
			seen[fmt.Sprint(c.DigestIndex, " ", c.Digest)] = true
		}
		if len(seen) > 1 {
			return fmt.Errorf("the nodes differ: %v", slices.Sorted(maps.Keys(seen)))
		}
		return nil
	})
	if err != nil {
		w.t.Error(err)
	}
	bad := regexp.MustCompile(`(?m)^.*(panic|fatal error|goroutine \d+ \[|digest differs|quarantined|WARNING: DATA RACE).*$`)
	for _, name := range w.f.order {
		p := w.f.nodes[name]
		if !p.running() {
			w.t.Errorf("node %s ended by itself: %v; its log:\n%s", name, p.err, p.said())
		}
		log, err := os.ReadFile(filepath.Join(w.f.dir, name+".log"))
		if err != nil {
			w.t.Error(err)
		}
		for _, line := range bad.FindAllString(string(log), 20) {
			w.t.Errorf("node %s says: %s", name, line)
		}
	}
}
