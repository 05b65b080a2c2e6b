package fsm

import (
	"fmt"
	"strings"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

var overlaps = map[string]rows.Overlap{"skip": rows.OverlapSkip, "buffer": rows.OverlapBufferOne, "cancel": rows.OverlapCancelPrevious, "all": rows.OverlapAllowAll,
	"terminate": rows.OverlapTerminatePrevious}

// in is the log time a duration from now; "" = none.
func (w *world) in(d string) history.Time {
	if d == "" {
		return 0
	}
	by, err := time.ParseDuration(d)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.now.Add(by)
}

// scheduleCommand reads the commands on schedules: times are durations from now.
func (w *world) scheduleCommand(a words) Command {
	var stands rows.Schedule
	w.view(func(v View) { stands, _ = v.Schedule(a.at(1)) })
	switch a.at(0) {
	case "schedule":
		c := &PutSchedule{Apart: true, Replace: a.has("replace"), Schedule: rows.Schedule{
			ID: a.at(1), Type: a.at(2), Every: a.duration("every"), Cron: a.named["cron"], Timezone: a.named["timezone"], Attributes: attributes(a.named["attrs"]),
			Overlap: overlaps[a.named["overlap"]], CatchUp: rows.CatchUp(a.number("catch-up", 0)), Next: w.in(a.named["next"]), Paused: a.has("paused"), Reason: a.named["reason"],
			Input: history.Payload(a.named["input"]),
		}}
		c.Schedule.Fills = rows.HasPlaces(c.Schedule.Input)
		return c
	case "unschedule":
		return &DeleteSchedule{ID: a.at(1)}
	case "pause-schedule":
		return &PauseSchedule{ID: a.at(1), Reason: a.named["reason"]}
	case "resume-schedule":
		return &ResumeSchedule{ID: a.at(1), Next: w.in(a.named["next"]), Revision: a.number("revision", stands.Revision)}
	case "fire-schedule": // for its next time, which is due
		c := w.fireCommand(a)
		c.Due, c.Next, c.Revision = stands.Next, w.in(a.named["next"]), a.number("revision", stands.Revision)
		if d := a.named["due"]; d != "" {
			c.Due = w.in(d)
		}
		if c.Times == nil && !a.has("none") {
			c.Times = []history.Time{c.Due}
		}
		return c
	case "trigger": // for the times given
		c := w.fireCommand(a)
		c.Revision = a.number("revision", 0)
		return c
	}
	return nil
}

func (w *world) fireCommand(a words) *FireSchedule {
	c := &FireSchedule{ID: a.at(1), Apart: true, Missed: a.number("missed", 0), Problem: a.named["problem"]}
	if s := a.named["schema"]; s != "" {
		c.CheckedSchema = catalog.Digest(versionOf(s))
	}
	if name := a.named["overlap"]; name != "" {
		o := overlaps[name]
		c.Overlap = &o
	}
	if a.named["times"] != "" {
		for _, d := range strings.Split(a.named["times"], ",") {
			c.Times = append(c.Times, w.in(d))
		}
	}
	return c
}

// lookSchedules shows how schedules stand: all of them, or one.
func (w *world) lookSchedules(b *strings.Builder, v View, a words) {
	for after := ""; ; {
		page := v.Schedules(after, 2)
		for _, s := range page {
			if after = s.ID; a.at(1) == "" || a.at(1) == s.ID {
				fmt.Fprintf(b, "%s\n", saySchedule(&s))
			}
		}
		if len(page) < 2 {
			break
		}
	}
	if at, ok := v.NextSchedule(); ok {
		fmt.Fprintf(b, "first at %s, due %s\n", at, v.DueSchedules(w.now, 10))
	}
}

func saySchedule(s *rows.Schedule) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s of %s@%d: started %d, skipped %d, missed %d, failed %d", s.ID, s.Type, s.Revision, s.Started, s.Skipped, s.Missed, s.Failed)
	if s.Paused {
		fmt.Fprintf(&b, ", paused %s", s.Reason)
	}
	for _, at := range []struct {
		what string
		at   history.Time
	}{{"next", s.Next}, {"last", s.Last}} {
		if at.at != 0 {
			fmt.Fprintf(&b, ", %s %s", at.what, at.at)
		}
	}
	for _, w := range s.Buffered {
		fmt.Fprintf(&b, ", waiting %s", w.At)
	}
	fmt.Fprintf(&b, ", open %v, recent %v", s.Open, s.Recent)
	if s.Failure != nil {
		fmt.Fprintf(&b, "\n  %s: %s", s.Failure.Kind, s.Failure.Message)
	}
	return b.String()
}

func sayScheduleAnswer(a *ScheduleAnswer) string {
	var b strings.Builder
	b.WriteString(saySchedule(&a.Schedule))
	for _, s := range a.Started {
		fmt.Fprintf(&b, "\n  started %s as %s on %s", s.WorkflowID, s.RunID, s.Version)
	}
	return b.String()
}
