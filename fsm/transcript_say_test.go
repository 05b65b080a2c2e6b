package fsm

import (
	"fmt"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

func (w *world) find(id string) (r rows.Run, ok bool) {
	w.view(func(v View) {
		var run history.RunID
		if run, ok = v.Latest(id); ok {
			r, ok = v.Run(run)
		}
	})
	return r, ok
}

// say prints results, one a line.
func (w *world) say(results []Result) string {
	var b strings.Builder
	for _, r := range results {
		fmt.Fprintf(&b, "%d ", r.Index)
		if r.Deduplicated {
			b.WriteString("(again) ")
		}
		if r.Refusal != nil {
			fmt.Fprintf(&b, "refused: %s: %s\n", r.Refusal.Code(), r.Refusal.Error())
			continue
		}
		switch a := r.Answer.(type) {
		case *LoadAnswer:
			fmt.Fprintf(&b, "loaded %s fresh=%v", a.Package.Version, a.FreshlyLoaded)
			for _, rc := range a.Routes {
				b.WriteString("; " + sayRoute(rc))
			}
		case *RouteAnswer:
			b.WriteString(sayRoute(a.Change))
		case *UnloadAnswer:
			fmt.Fprintf(&b, "unloaded %s of %s", a.Version, strings.Join(a.Types, ","))
		case *StartAnswer:
			fmt.Fprintf(&b, "%s %s as %s on %s", []string{"started", "signalled", "used"}[a.Outcome], a.WorkflowID, a.RunID, a.Version)
			if !a.Terminated.IsZero() {
				fmt.Fprintf(&b, " in place of %s", a.Terminated)
			}
			if a.BeginsAt != 0 {
				fmt.Fprintf(&b, ", begins at %s", a.BeginsAt)
			}
		case *RunAnswer:
			fmt.Fprintf(&b, "%s %s is %s", a.WorkflowID, a.RunID, a.Status)
			if a.Already {
				b.WriteString(", asked before")
			}
		case *FireAnswer:
			fmt.Fprintf(&b, "fired %d", a.Fired)
		case *TurnAnswer:
			if a.Void {
				fmt.Fprintf(&b, "void; %s, newest event %d", a.Status, a.Last)
				break
			}
			fmt.Fprintf(&b, "turn %d through %d asked %d; %s, newest event %d", a.Turn.N, a.Turn.Through, a.Turn.Count, a.Status, a.Last)
			for _, e := range a.Appended {
				b.WriteString("\n  " + sayEvent(e))
			}
		case *ScheduleAnswer:
			b.WriteString(sayScheduleAnswer(a))
		case *LeaseAnswer:
			b.WriteString(sayLeased(a))
		case *TaskAnswer:
			b.WriteString(sayReplies(a))
		case *DeployAnswer:
			fmt.Fprintf(&b, "%d changes", len(a.Changes))
			for _, one := range a.Changes {
				b.WriteString("\n  " + strings.TrimPrefix(strings.TrimSuffix(w.say([]Result{{Index: r.Index, Answer: one.answered()}}), "\n"), fmt.Sprint(r.Index, " ")))
			}
		case *PurgeAnswer:
			fmt.Fprintf(&b, "purged %d", a.Purged)
		case *Done:
			b.WriteString("done")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func sayRoute(rc catalog.RouteChange) string {
	s := fmt.Sprintf("%s -> %s", rc.Type, rc.Version)
	if rc.Removed {
		s = rc.Type + " unrouted"
	}
	if !rc.Previous.IsZero() {
		s += " was " + rc.Previous.String()
	}
	if !rc.Changed {
		s += " (unchanged)"
	}
	return s
}
