package idempotency

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"aion.dev/aion/jepsen/load/past"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// of lists the requests for some kinds of change, ordered by name.
func (c *checker) of(kinds ...string) (ids []string) {
	for _, id := range slices.Sorted(maps.Keys(c.cases)) {
		if one := c.cases[id]; len(one.tries) > 0 && slices.Contains(kinds, one.tries[0].F) {
			ids = append(ids, id)
		}
	}
	return ids
}

// checkDeploys finds every deploy operation in the deploy history.
func (c *checker) checkDeploys(reads []op.Op) {
	records := map[string][]wire.Deploy{}
	for _, o := range reads {
		var page wire.Deploys
		if o.F == "deploys" && json.Unmarshal(o.Answer, &page) == nil {
			for _, d := range page.Deploys {
				records[d.RequestID] = append(records[d.RequestID], d)
			}
		}
	}
	for _, id := range c.of("load", "route", "rollback", "unload") {
		one, list := c.cases[id], records[id]
		o := &one.tries[0]
		switch {
		case len(list) > 1:
			c.bad(o, "%s %s is %d times in the deploy history", o.F, id, len(list))
		case one.answer == nil && one.refused() && len(list) > 0:
			c.bad(o, "%s %s did not happen, its callers were told; the deploy history has it at index %d", o.F, id, list[0].Index)
		case one.answer == nil:
		case len(list) == 0:
			c.bad(o, "%s %s was answered %s; the deploy history does not have it", o.F, id, shown(one.answer))
		case list[0].Index != one.answer.Index || list[0].Outcome != outcomeOf(one.answer):
			c.bad(o, "%s %s was answered %s; the deploy history has it at index %d: %s", o.F, id, shown(one.answer), list[0].Index, list[0].Outcome)
		}
	}
}

func outcomeOf(o *op.Op) string {
	if o.Outcome == op.OK {
		return "ok"
	}
	return o.Code
}

// checkRuns counts the runs of every start, and the events of everything that was done to runs.
func (c *checker) checkRuns(reads []op.Op) {
	started, brief := map[string][]string{}, map[string]int{} // run ids by request; runs by schedule
	done := map[string]int{}                                  // events by type and request
	cancelled, resumed := map[string]int{}, map[string]int{}  // by run id
	lives := map[string][]past.Lifetime{}                     // by workflow id
	for i := range reads {
		o := &reads[i]
		var page []wire.Run
		var h wire.History
		switch {
		case o.F == "runs" && json.Unmarshal(o.Answer, &page) == nil:
			for _, r := range page {
				var request string
				json.Unmarshal(r.Attributes["request"], &request)
				started[request] = append(started[request], r.RunID)
				brief[r.Schedule]++
			}
		case o.F == "history" && json.Unmarshal(o.Answer, &h) == nil:
			var at struct {
				RunID string `json:"run_id"`
			}
			json.Unmarshal(o.Value, &at)
			lives[o.Key] = append(lives[o.Key], past.Lifetimes(at.RunID, h.Events)...)
			for _, e := range h.Events {
				var d struct {
					Reason  string          `json:"reason"`
					Payload json.RawMessage `json:"payload"`
				}
				json.Unmarshal(e.Data, &d)
				json.Unmarshal(d.Payload, &d.Reason)
				done[e.Type+" "+strings.TrimSuffix(d.Reason, "-other")]++
				switch e.Type {
				case "CancelRequested":
					cancelled[at.RunID]++
				case "WorkflowResumed":
					resumed[at.RunID]++
				}
			}
		}
	}
	for _, id := range c.of("start") {
		one, runs := c.cases[id], started[id]
		o := &one.tries[0]
		var a wire.StartAnswer
		if one.happened() {
			json.Unmarshal(one.answer.Answer, &a)
		}
		switch {
		case len(runs) > 1:
			c.bad(o, "start %s made %d runs: %v", id, len(runs), runs)
		case one.refused() && len(runs) > 0:
			c.bad(o, "start %s did not happen, its callers were told; run %s exists", id, runs[0])
		case one.happened() && (len(runs) == 0 || runs[0] != a.RunID):
			c.bad(o, "start %s was answered with run %s; there are %v", id, a.RunID, runs)
		}
	}
	for _, what := range past.TwiceOpen(lives) {
		c.bad(nil, "%s", what)
	}
	c.checkDone(done, cancelled, resumed)
	c.checkTriggers(reads, brief)
}

// checkDone compares the events of runs with the requests that asked for them.
func (c *checker) checkDone(done map[string]int, cancelled, resumed map[string]int) {
	events := map[string]string{"signal": "SignalReceived", "end": "SignalReceived", "cancel": "CancelRequested", "terminate": "WorkflowTerminated", "pause": "WorkflowPaused", "reopen": "WorkflowReopened"}
	resumes := map[string]int{} // that were acknowledged, by run id
	for _, id := range c.of("signal", "end", "cancel", "terminate", "pause", "reopen", "resume") {
		one := c.cases[id]
		o := &one.tries[0]
		n := done[events[o.F]+" "+id]
		var a wire.RunAnswer
		if one.happened() {
			json.Unmarshal(one.answer.Answer, &a)
		}
		switch {
		case o.F == "resume":
			if one.happened() || !one.refused() {
				resumes[a.RunID]++
			}
		case n > 1:
			c.bad(o, "%s %s of %s happened %d times", o.F, id, o.Key, n)
		case one.refused() && n > 0:
			c.bad(o, "%s %s of %s did not happen, its callers were told; it is in the run's history", o.F, id, o.Key)
		case !one.happened():
		case o.F == "cancel" && cancelled[a.RunID] == 0:
			c.bad(o, "cancel %s of %s was acknowledged, and run %s was never asked to end", id, o.Key, a.RunID)
		// a run that was already asked to end, or paused, stays so
		case n == 0 && o.F != "cancel" && o.F != "pause":
			c.bad(o, "%s %s of %s was acknowledged, and is not in the history of run %s", o.F, id, o.Key, a.RunID)
		}
	}
	for _, run := range slices.Sorted(maps.Keys(resumed)) {
		if resumed[run] > resumes[run] {
			c.bad(nil, "run %s was resumed %d times, by %d requests", run, resumed[run], resumes[run])
		}
	}
}

// checkTriggers requires one run for each acknowledged trigger.
func (c *checker) checkTriggers(reads []op.Op, brief map[string]int) {
	triggered := map[string]int{}
	for _, id := range c.of("trigger") {
		one := c.cases[id]
		var a wire.ScheduleAnswer
		if !one.happened() || json.Unmarshal(one.answer.Answer, &a) != nil {
			continue
		}
		triggered[one.answer.Key] += len(a.Runs)
		if len(a.Runs) > 1 {
			c.bad(one.answer, "trigger %s started %d runs", id, len(a.Runs))
		}
	}
	for i := range reads {
		o := &reads[i]
		var a wire.ScheduleAnswer
		if o.F != "schedule-is" || !strings.HasPrefix(o.Key, "trigger") || json.Unmarshal(o.Answer, &a) != nil {
			continue
		}
		if n := triggered[o.Key]; int(a.Started) != n || brief[o.Key] != n {
			c.bad(o, "%s was triggered %d times with a run; it has counted %d, and there are %d", o.Key, n, a.Started, brief[o.Key])
		}
	}
}

// checkState requires every object to be as its newest change left it. Changes in one entry share
// an index, and any of them is accepted.
func (c *checker) checkState(reads []op.Op) {
	for i := range reads {
		o := &reads[i]
		switch o.F {
		case "schedule-is":
			if strings.HasPrefix(o.Key, "trigger") {
				continue
			}
			var a wire.ScheduleAnswer
			json.Unmarshal(o.Answer, &a)
			c.checkNewest(o, o.Key, string(a.Input), "delete", "create", "replace", "delete")
		case "queue-is":
			var a wire.QueueAnswer
			json.Unmarshal(o.Answer, &a)
			value := ""
			if n := a.Limits.Concurrency; n != nil {
				value = fmt.Sprint(*n)
			}
			c.checkNewest(o, o.Key, value, "", "limit")
		case "retention-is":
			var rules wire.RetentionRules
			json.Unmarshal(o.Answer, &rules)
			for i := range 3 {
				typ, value := fmt.Sprintf("kept%d", i), ""
				for _, r := range rules.Rules {
					if age, err := time.ParseDuration(r.Age); r.WorkflowType == typ && err == nil {
						value = fmt.Sprint(int(age/time.Hour) - 1000)
					}
				}
				c.checkNewest(o, typ, value, "forget", "retain", "forget")
			}
		}
	}
}

// checkNewest compares the value of one object, "" for none, with its changes; none is the kind of
// change that removes it.
func (c *checker) checkNewest(read *op.Op, key, value, none string, kinds ...string) {
	newest := uint64(0)
	var want []string
	for _, id := range c.of(kinds...) {
		one := c.cases[id]
		if !one.happened() || one.answer.Key != key || one.answer.Index < newest {
			continue
		}
		if one.answer.Index > newest {
			newest, want = one.answer.Index, nil
		}
		var ask arguments
		json.Unmarshal(one.answer.Value, &ask)
		if one.answer.F == none {
			want = append(want, "")
		} else {
			want = append(want, fmt.Sprint(ask.N))
		}
	}
	if len(want) == 0 {
		want = []string{""}
	}
	if !slices.Contains(want, value) {
		c.bad(read, "%s is %q in the end; the newest change, at index %d, left it at %q", key, value, newest, want)
	}
}
