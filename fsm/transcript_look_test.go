package fsm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// look answers the commands that read, or that do something to the state machine itself.
func (w *world) look(cmd string, a words) (out string, ok bool) {
	var b strings.Builder
	ok = true
	w.view(func(v View) {
		switch cmd {
		case "pins":
			c := v.Pins(versionOf(a.at(1)))
			fmt.Fprintf(&b, "in_flight_start=%d live_run=%d recoverable_run=%d recorded_child=%d\n", c.InFlightStart, c.LiveRun, c.RecoverableRun, c.RecordedChild)
		case "holders":
			w.lookHolders(&b, v, a)
		case "catalog":
			for _, p := range v.Catalog().Packages() {
				fmt.Fprintf(&b, "%s carries %s, loaded at %d\n", p.Version, strings.Join(p.Types(), ","), p.LoadedIndex)
			}
			for _, r := range v.Catalog().Routes() {
				fmt.Fprintf(&b, "%s -> %s\n", r.Type, r.Version)
			}
		case "deploys":
			var cursor DeployCursor
			for more := true; more; more = cursor != (DeployCursor{}) {
				var page []rows.DeployRecord
				page, cursor = v.Deploys(a.named["type"], 3, cursor)
				for _, d := range page {
					fmt.Fprintf(&b, "%d.%d %s %s %s", d.Index, d.N, d.Operation, d.Type, d.Outcome)
					if !d.Version.IsZero() {
						fmt.Fprintf(&b, " %s", d.Version)
					}
					if !d.Previous.IsZero() {
						fmt.Fprintf(&b, " was %s", d.Previous)
					}
					for _, s := range []string{d.Actor, d.RequestID, d.Message} {
						if s != "" {
							b.WriteString(" " + s)
						}
					}
					b.WriteString("\n")
				}
			}
		case "feed":
			w.lookFeed(&b, v, a)
		case "history":
			for _, e := range v.Events(w.latest(a.at(1)).RunID, a.number("from", 1), int(a.number("limit", 1000))) {
				b.WriteString(sayEvent(e) + "\n")
			}
		case "turns":
			for _, turn := range v.Turns(w.latest(a.at(1)).RunID, a.number("from", 1), 100) {
				fmt.Fprintf(&b, "%d through %d: %d from %d\n", turn.N, turn.Through, turn.Count, turn.FirstSeq)
			}
		case "describe":
			w.lookRun(&b, w.latest(a.at(1)))
		case "list":
			w.lookList(&b, v, a)
		case "children":
			for _, id := range v.Children(w.latest(a.at(1)).RunID) {
				fmt.Fprintf(&b, "%s\n", id)
			}
		case "ready-runs":
			var cursor ReadyCursor
			for {
				page, next := v.Ready(cursor, 2)
				for _, r := range page {
					run, _ := v.Run(r.RunID)
					fmt.Fprintf(&b, "%s %s\n", run.WorkflowID, r.RunID)
				}
				if cursor = next; len(page) < 2 {
					break
				}
			}
		case "timers":
			for _, timer := range v.DueTimers(1<<62, 100) {
				fmt.Fprintf(&b, "%s %s %d\n", timer.FireAt, timer.RunID, timer.ID)
			}
			if at, ok := v.NextTimer(); ok {
				fmt.Fprintf(&b, "next at %s\n", at)
			}
		case "schedules":
			w.lookSchedules(&b, v, a)
		case "tasks":
			w.lookTasks(&b, v, a)
		case "queues":
			w.lookQueues(&b, v)
		case "offered":
			lookOffered(&b, v, a)
		case "count":
			w.lookCounts(&b, v, a)
		case "retention":
			w.lookRetention(&b, v)
		case "nodes":
			fmt.Fprintf(&b, "cluster %q\n", v.ClusterID())
			for _, n := range v.Nodes() {
				fmt.Fprintf(&b, "%s raft=%s http=%s version=%s digest@%d\n", n.ID, n.RaftAddress, n.HTTPAddress, n.Version, n.DigestIndex)
			}
			for _, id := range []string{"n1", "n2", "n3"} {
				if gone, ok := v.RemovedNode(id); ok {
					fmt.Fprintf(&b, "%s was removed at %d\n", id, gone.Index)
				}
			}
			for _, r := range v.Readiness() {
				fmt.Fprintf(&b, "%s on %s: ready=%v %s\n", r.Version, r.Node, r.Ready, r.Problem)
			}
			for _, c := range v.Checks() {
				fmt.Fprintf(&b, "check at %d, reported by", c.Index)
				for _, r := range v.DigestReports(c.Index) {
					fmt.Fprintf(&b, " %s", r.Node)
				}
				b.WriteString("\n")
			}
		case "request":
			id, print, _ := strings.Cut(a.at(1), ":")
			r, known := v.Request(Request{ID: id, Print: catalog.Digest(versionOf(print)), Owner: a.named["owner"]})
			fmt.Fprintf(&b, "known=%v", known)
			if known {
				fmt.Fprintf(&b, " %s", w.say([]Result{r}))
			}
		case "request-use":
			limits, set := v.Limits()
			fmt.Fprintf(&b, "limit %d set=%v\n", limits.RequestBytes, set)
			for _, u := range v.RequestUse() {
				fmt.Fprintf(&b, "made-up=%v: %d keys, %d of %d bytes", u.MadeUp, u.Keys, u.Bytes, u.Limit)
				for _, o := range u.Owners {
					fmt.Fprintf(&b, "; %q %d of %d", o.Owner, o.Keys, o.Bytes)
				}
				b.WriteString("\n")
			}
		default:
			ok = false
		}
	})
	if !ok {
		out, ok = w.tinker(cmd)
		return out, ok
	}
	if b.Len() == 0 {
		return "none", true
	}
	return b.String(), true
}

// tinker does something to the state machine that must not show.
func (w *world) tinker(cmd string) (string, bool) {
	switch cmd {
	case "restart": // without flushing, as after a crash: the log brings back what memory held
		w.s.fail(errors.New("crashed"))
		if err := w.s.Close(); err != nil {
			w.t.Fatal(err)
		}
		w.open()
		from := w.s.Applied()
		for i := from; i < uint64(len(w.log)); i++ {
			if _, err := w.s.Apply(i+1, w.log[i]); err != nil {
				w.t.Fatal(err)
			}
		}
		return fmt.Sprintf("applied %d entries again", uint64(len(w.log))-from), true
	case "snapshot": // goes on with a restored copy
		b := snapshotOf(w.t, w.s)
		before, digest := w.s.Digest()
		if err := w.s.Close(); err != nil {
			w.t.Fatal(err)
		}
		w.fs = vfs.NewMem()
		w.open()
		if err := w.s.Restore(bytes.NewReader(b)); err != nil {
			w.t.Fatal(err)
		}
		if index, got := w.s.Digest(); index != before || got != digest {
			w.t.Fatalf("restored index %d digest %s, want %d %s", index, got, before, digest)
		}
		return fmt.Sprintf("restored at %d", before), true
	}
	return "", false
}

func (w *world) lookHolders(b *strings.Builder, v View, a words) {
	cursor := ""
	for {
		page, next := v.PinHolders(versionOf(a.at(1)), int(a.number("limit", 2)), cursor)
		for _, h := range page {
			fmt.Fprintf(b, "%s %s %s since %s", h.Kind, h.WorkflowID, h.RunID, h.Since)
			if h.RecordedBy != nil {
				fmt.Fprintf(b, " recorded by %s", h.RecordedBy.WorkflowID)
			}
			b.WriteString("\n")
		}
		if cursor = next; cursor == "" {
			return
		}
		fmt.Fprintf(b, "-- %s\n", cursor)
	}
}

func (w *world) lookFeed(b *strings.Builder, v View, a words) {
	cursor := FeedCursor{Index: a.number("after", 0), N: 1<<32 - 1}
	if cursor.Index == 0 {
		cursor = FeedCursor{}
	}
	for {
		page, next := v.Feed(cursor, 3)
		for _, e := range page {
			last := ""
			if e.Last {
				last = " last"
			}
			fmt.Fprintf(b, "%d.%d%s %s %s\n", e.Index, e.N, last, e.Name, e.Data)
		}
		if cursor = next; len(page) < 3 {
			return
		}
	}
}

func (w *world) lookRun(b *strings.Builder, r rows.Run) {
	fmt.Fprintf(b, "%s %s %s on %s: %s, %d events, %d turns through %d", r.WorkflowID, r.RunID, r.Type, r.Version, r.Status, r.Events, r.Turns, r.Through)
	if r.Parent != nil {
		fmt.Fprintf(b, ", child %d of %s", r.Parent.ID, r.Parent.WorkflowID)
	}
	if r.Quarantined {
		b.WriteString(", quarantined")
	}
	if r.CancelAsked {
		b.WriteString(", asked to cancel")
	}
	names := sortedKeys(r.Attributes)
	sort.Strings(names)
	for _, k := range names {
		fmt.Fprintf(b, ", %s=%s", k, r.Attributes[k])
	}
	b.WriteString("\n")
}

func (w *world) lookList(b *strings.Builder, v View, a words) {
	f := w.filter(a)
	cursor := ""
	for {
		page, next := v.ListRuns(f, int(a.number("limit", 2)), cursor)
		for _, r := range page {
			w.lookRun(b, r)
		}
		if cursor = next; cursor == "" {
			return
		}
		fmt.Fprintf(b, "-- %s\n", cursor)
	}
}

func sayEvent(e history.Event) string {
	b, err := json.Marshal(e.Data)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf("%d %s %s", e.Seq, e.Data.Type(), b)
}

// readable writes versions and run ids by their names, and times from the beginning of the world.
func (w *world) readable(s string) string {
	var pairs []string
	for _, name := range []string{"v1", "v2", "v3", "v4", "s1", "s2"} {
		full := versionOf(name).String()
		pairs = append(pairs, full, name, full[:12], name, full[:6], name+"/6")
	}
	w.view(func(v View) {
		n := map[string]int{}
		runs, cursor := v.ListRuns(RunFilter{}, maxRows, "")
		_ = cursor
		for i := len(runs) - 1; i >= 0; i-- {
			n[runs[i].WorkflowID]++
			pairs = append(pairs, runs[i].RunID.String(), fmt.Sprintf("#%d", n[runs[i].WorkflowID]))
		}
	})
	return strings.NewReplacer(pairs...).Replace(s)
}
