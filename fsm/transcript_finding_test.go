package fsm

import (
	"fmt"
	"strings"
	"time"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// filter reads what a listing or a count is narrowed to. Times are written as since the beginning
// of the world.
func (w *world) filter(a words) RunFilter {
	f := RunFilter{
		Type: a.named["type"], Attributes: attributes(a.named["attrs"]), Parent: a.named["parent"],
		StartedFrom: w.moment(a, "started-from"), StartedBefore: w.moment(a, "started-before"),
		ClosedFrom: w.moment(a, "closed-from"), ClosedBefore: w.moment(a, "closed-before"),
	}
	if s := a.named["status"]; s != "" {
		status, err := history.ParseStatus(s)
		if err != nil {
			w.t.Fatal(err)
		}
		f.Status = status
	}
	if s := a.named["version"]; s != "" {
		f.Version = versionOf(s)
	}
	return f
}

const worldsBeginning = history.Time(1_700_000_000e9)

func (w *world) moment(a words, name string) history.Time {
	if a.named[name] == "" {
		return 0
	}
	return worldsBeginning + history.Time(a.duration(name))
}

func (w *world) retentionCommand(a words) Command {
	typ := strings.TrimPrefix(a.at(1), "others")
	switch a.at(0) {
	case "keep":
		age, err := time.ParseDuration(a.at(2))
		if err != nil {
			w.t.Fatal(err)
		}
		return &SetRetention{Rule: rows.Retention{Type: typ, Age: history.Duration(age)}}
	case "keep-no-more":
		return &SetRetention{Rule: rows.Retention{Type: typ}, Remove: true}
	case "purge": // what has expired, or else the newest runs of the ids
		c := new(PurgeRuns)
		for _, id := range a.plain[1:] {
			c.Runs = append(c.Runs, w.latest(id).RunID)
		}
		if len(c.Runs) == 0 {
			w.view(func(v View) { c.Runs = v.ExpiredRuns(w.now, int(a.number("limit", 100))) })
		}
		return c
	}
	return nil
}

func (w *world) lookCounts(b *strings.Builder, v View, a words) {
	for _, c := range v.CountRuns(w.filter(a)) {
		fmt.Fprintf(b, "%s on %s: %d %s\n", c.Type, c.Version, c.Count, c.Status)
	}
}

func (w *world) lookRetention(b *strings.Builder, v View) {
	for _, r := range v.Retention() {
		typ := r.Type
		if typ == "" {
			typ = "others"
		}
		fmt.Fprintf(b, "%s are kept for %s\n", typ, r.Age)
	}
	if at, ok := v.NextExpiry(); ok {
		fmt.Fprintf(b, "the next expires %s after the beginning\n", at.Sub(worldsBeginning))
	}
	for _, id := range v.ExpiredRuns(w.now, 100) {
		r, _ := v.Run(id)
		fmt.Fprintf(b, "expired: %s %s\n", r.WorkflowID, id)
	}
}
