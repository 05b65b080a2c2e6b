package pins

import (
	"encoding/json"
	"maps"
	"slices"

	"aion.dev/aion/jepsen/load/past"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// checkUnloads compares the answers to unloads with the deploy history, and the contents of
// refusals and pin listings with the runs that were open.
func (c *checker) checkUnloads() {
	records := map[string]wire.Deploy{} // by request id
	for _, typ := range slices.Sorted(maps.Keys(c.log)) {
		for _, d := range c.log[typ] {
			if _, twice := records[d.RequestID]; twice {
				c.bad(nil, "%s: request %s is in the deploy history twice", typ, d.RequestID)
			}
			records[d.RequestID] = d
		}
	}
	for i := range c.ops {
		o := &c.ops[i]
		if o.Workload != "pins" {
			continue
		}
		switch o.F {
		case "pins":
			if o.Outcome == op.OK {
				var a wire.Pins
				json.Unmarshal(o.Answer, &a)
				c.checkPage(o, a)
			}
		case "load", "route", "rollback", "unload":
			d, logged := records[o.Request]
			outcome := o.Code
			if o.Outcome == op.OK {
				outcome = "ok"
			} else if o.Outcome != op.Refused {
				continue
			}
			switch {
			case !logged:
				c.bad(o, "the %s of %s ended %s at index %d; the deploy history does not have it", o.F, o.Key, outcome, o.Index)
			case d.Outcome != outcome || d.Index != o.Index:
				c.bad(o, "the %s of %s ended %s at index %d; the deploy history says %s at %d", o.F, o.Key, outcome, o.Index, d.Outcome, d.Index)
			case outcome == "version_pinned":
				c.checkRefusal(o, d)
			}
		}
	}
}

// checkRefusal compares the reason for a refused unload with the runs that were open at that
// moment: all of them are known.
func (c *checker) checkRefusal(o *op.Op, d wire.Deploy) {
	var facts struct {
		Version string           `json:"version"`
		Counts  wire.PinCounts   `json:"counts"`
		Total   uint64           `json:"total"`
		Holders []wire.PinHolder `json:"holders"`
	}
	if err := json.Unmarshal(o.Answer, &facts); err != nil || facts.Version != d.Version {
		c.bad(o, "the unload of %s was refused as pinned with facts %.200s", o.Key, o.Answer)
		return
	}
	v := c.mark(o.Key, d.Version)
	least, most, leastPaused, mostPaused := c.open(d.Version, d.At)
	total, paused := int(facts.Total), int(facts.Counts.RecoverableRun)
	if facts.Total != facts.Counts.Total() || total < least || total > most || paused < leastPaused || paused > mostPaused {
		c.bad(o, "the unload of %s v%d at index %d was refused for %d runs, %+v; open were %d to %d, of them paused %d to %d", o.Key, v, d.Index, total, facts.Counts, least, most, leastPaused, mostPaused)
	}
	if len(facts.Holders) == 0 || len(facts.Holders) > total {
		c.bad(o, "the unload of %s v%d at index %d was refused for %d runs and names %d", o.Key, v, d.Index, total, len(facts.Holders))
	}
	seen := map[string]bool{}
	for _, h := range facts.Holders {
		r := c.runs[h.RunID]
		if r == nil || seen[h.RunID] || r.Version != d.Version || r.Workflow != h.WorkflowID || !r.May(d.At) {
			c.bad(o, "the unload of %s v%d at index %d was refused for %s %s, which did not hold it then", o.Key, v, d.Index, h.WorkflowID, h.RunID)
			continue
		}
		seen[h.RunID] = true
		if why := c.misnamed(h, r, d); why != "" {
			c.bad(o, "the unload of %s v%d at index %d was refused for %s as %s, but %s", o.Key, v, d.Index, h.WorkflowID, h.Kind, why)
		}
	}
}

// misnamed returns why the kind of a holder is wrong.
func (c *checker) misnamed(h wire.PinHolder, r *past.Run, d wire.Deploy) string {
	may, must := r.PausedAt(d.At)
	switch {
	case h.Kind == "recoverable_run" && !may:
		return "it was not paused"
	case h.Kind != "recoverable_run" && must:
		return "it was paused"
	case h.Kind == "recorded_child" && (r.Parent == nil || h.RecordedBy == nil || h.RecordedBy.RunID != r.Parent.RunID):
		return "its parent is another one, or none"
	case h.Kind == "in_flight_start" && r.Parent != nil && r.Continued == "":
		return "it is a child"
	}
	return ""
}

// checkPage compares a listing of pins, which may come from any node, with what is certain without
// log time: runs that wait for a signal which nobody had sent yet.
func (c *checker) checkPage(o *op.Op, a wire.Pins) {
	if a.Total != a.Counts.Total() || len(a.Holders) > int(a.Total) {
		c.bad(o, "the pins of %s: total %d, counts %+v, %d holders", o.Key, a.Total, a.Counts, len(a.Holders))
	}
	for _, h := range a.Holders {
		if r := c.runs[h.RunID]; r == nil || r.Version != a.Version || r.Workflow != h.WorkflowID {
			c.bad(o, "the pins of %s v%d at index %d name %s %s, which is no run on it", o.Key, c.mark(o.Key, a.Version), a.Index, h.WorkflowID, h.RunID)
		}
	}
	waited := 0
	for _, s := range c.spans() {
		if s.version == a.Version && s.from < o.Invoke && s.to > o.Return {
			waited++
		}
	}
	if waited > int(a.Total) {
		c.bad(o, "the pins of %s v%d at index %d are %d runs (%s), though %d were waiting for a signal all the while", o.Key, c.mark(o.Key, a.Version), a.Index, a.Total, describe(a.Holders), waited)
	}
}

// openSpan is a period of callers' time in which a run certainly was open.
type openSpan struct {
	workflow, version string
	start             op.Op
	from, to          int64
}

// spans returns those of runs that wait for a signal: from the answer to their start until somebody
// first sends the signal.
func (c *checker) spans() []openSpan {
	if c.spanned != nil {
		return c.spanned
	}
	signalled := map[string]int64{}
	for _, o := range c.ops {
		if at, ok := signalled[o.Key]; o.Workload == "pins" && o.F == "signal" && (!ok || o.Invoke < at) {
			signalled[o.Key] = o.Invoke
		}
	}
	c.spanned = []openSpan{}
	for _, o := range c.ops {
		var a wire.StartAnswer
		if o.Workload == "pins" && o.F == "start" && o.Outcome == op.OK && waits(o) && json.Unmarshal(o.Answer, &a) == nil {
			to, ok := signalled[o.Key]
			if !ok {
				to = 1 << 62
			}
			c.spanned = append(c.spanned, openSpan{o.Key, a.Version, o, o.Return, to})
		}
	}
	return c.spanned
}

// checkOverlap does not trust the log: it finds an unload that began and ended while a run on that
// version certainly was open.
func (c *checker) checkOverlap() {
	began := map[string]int64{}
	for i := range c.ops {
		o := &c.ops[i]
		if o.Workload != "pins" || o.F != "unload" {
			continue
		}
		if _, ok := began[o.Request]; !ok {
			began[o.Request] = o.Invoke
		}
		var a wire.UnloadAnswer
		if o.Outcome != op.OK || json.Unmarshal(o.Answer, &a) != nil {
			continue
		}
		for _, s := range c.spans() {
			if s.version == a.Version && s.from < began[o.Request] && s.to > o.Return {
				c.bad(o, "%s v%d was unloaded at index %d while %s waited for a signal on it", o.Key, c.mark(o.Key, a.Version), o.Index, s.workflow)
			}
		}
	}
}

// routeWrite is an operation whose answer says what a type is routed to: that was true at some time
// between its call and its answer.
type routeWrite struct {
	version      string
	invoke, done int64
}

// checkStale does not trust the log either: a routed start must not run a version that certainly
// was replaced. That is so if every operation that routed to it was followed by one that began
// after its answer and was itself answered before the start began.
func (c *checker) checkStale() {
	writes := map[string][]routeWrite{}
	began := map[string]int64{}
	seen := map[string]bool{}
	for _, o := range c.ops {
		var ask arguments
		if o.Workload != "pins" || !(o.F == "route" || o.F == "rollback" || o.F == "load") || json.Unmarshal(o.Value, &ask) != nil || ask.NoRoute {
			continue
		}
		if _, ok := began[o.Request]; !ok {
			began[o.Request] = o.Invoke
		}
		var a struct {
			Version string `json:"version"`
		}
		if o.Outcome == op.OK && !seen[o.Request] && json.Unmarshal(o.Answer, &a) == nil {
			seen[o.Request] = true
			writes[o.Key] = append(writes[o.Key], routeWrite{a.Version, began[o.Request], o.Return})
		}
	}
	for i := range c.ops {
		o := &c.ops[i]
		var ask arguments
		var a wire.StartAnswer
		if o.Workload != "pins" || o.F != "start" || o.Outcome != op.OK || o.Replayed || o.Repeat || json.Unmarshal(o.Value, &ask) != nil || ask.Version >= 0 || json.Unmarshal(o.Answer, &a) != nil {
			continue
		}
		if !routedThen(writes[ask.Type], a.Version, o.Invoke, o.Return) {
			c.bad(o, "%s started on v%d of %s, though every route to it had been answered, and overtaken by another that was answered, before the start was called", o.Key, c.mark(ask.Type, a.Version), ask.Type)
		}
	}
}

// routedThen reports whether a version may have been routed at some time from invoke to done.
func routedThen(writes []routeWrite, version string, invoke, done int64) bool {
	var overtaken int64 // start of the last operation that was over at invoke and names another version
	for _, w := range writes {
		if w.version != version && w.done < invoke {
			overtaken = max(overtaken, w.invoke)
		}
	}
	for _, w := range writes {
		if w.version == version && w.invoke < done && w.done >= overtaken {
			return true
		}
	}
	return false
}
