package fsm

import (
	"encoding/json"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"github.com/cockroachdb/datadriven"
)

// TestTranscripts runs the scripts in testdata/transcripts. A script is commands, one an entry,
// with what the state machine answered below; `entry` holds several commands in one entry, one a
// line. After each script its log is replayed in other ways to the same state (world.checkReplays).
// Rewrite what is below the lines with: go test ./fsm -run Transcripts -rewrite
func TestTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata/transcripts", func(t *testing.T, path string) {
		w := oldWorld(t)
		if strings.HasPrefix(filepath.Base(path), "level-") { // those before stay as they were
			w = newWorld(t)
		}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			w.t = t
			out := w.run(d)
			if !strings.HasSuffix(out, "\n") {
				out += "\n"
			}
			return w.readable(out)
		})
		w.t = t
		w.checkReplays()
	})
}

func (w *world) run(d *datadriven.TestData) string {
	line := strings.TrimSpace(d.Cmd + " " + join(d.CmdArgs))
	switch d.Cmd {
	case "entry":
		var e []Envelope
		for _, line := range strings.Split(strings.TrimSpace(d.Input), "\n") {
			e = append(e, w.envelope(line, ""))
		}
		return w.say(w.propose(e...))
	case "advance":
		by, err := time.ParseDuration(d.CmdArgs[0].Key)
		if err != nil {
			w.t.Fatal(err)
		}
		w.now = w.now.Add(by)
		return "ok"
	case "fire":
		c := new(FireTimers)
		w.view(func(v View) { c.Timers = v.DueTimers(w.now, 1024) })
		return w.say(w.propose(Envelope{Command: c}))
	}
	if out, ok := w.look(d.Cmd, args(line)); ok {
		return out
	}
	return w.say(w.propose(w.envelope(line, d.Input)))
}

func join(list []datadriven.CmdArg) string {
	var b strings.Builder
	for _, a := range list {
		b.WriteString(a.String() + " ")
	}
	return b.String()
}

// envelope reads a command: its line, and for a turn what it asked for, one a line or after "|"
// separated by ";".
func (w *world) envelope(line, input string) Envelope {
	if head, asked, ok := strings.Cut(line, "|"); ok {
		line, input = head, strings.ReplaceAll(asked, ";", "\n")
	}
	a := args(line)
	e := Envelope{Command: w.command(a, input), Actor: a.named["actor"]}
	if id := a.named["request"]; id != "" {
		id, print, _ := strings.Cut(id, ":")
		e.Request = &Request{ID: id, Print: catalog.Digest(versionOf(print)), Short: a.has("short"), Owner: a.named["owner"]}
	}
	return e
}

func (w *world) ref(a words) RunRef { return RunRef{WorkflowID: a.at(1)} }

func (w *world) command(a words, input string) Command {
	switch a.at(0) {
	case "load":
		return loadCommand(a)
	case "route":
		return &RouteType{Type: a.at(1), Version: refOf(a.at(2)), Expect: refOf(a.named["expect"]), Message: a.named["message"]}
	case "unroute":
		return &UnrouteType{Type: a.at(1), Expect: refOf(a.named["expect"])}
	case "rollback":
		return &RollbackType{Type: a.at(1), Expect: refOf(a.named["expect"])}
	case "unload":
		return &UnloadVersion{Type: a.at(1), Version: refOf(a.at(2))}
	case "deployment":
		return w.deploymentCommand(a, input)
	case "start":
		c := &StartRun{WorkflowID: a.at(1), RunID: w.mint(), Type: a.at(2), Version: refOf(a.named["version"]), Timeout: a.duration("timeout"), Attributes: attributes(a.named["attrs"])}
		if s := a.named["schema"]; s != "" {
			c.CheckedSchema = catalog.Digest(versionOf(s))
		}
		c.Options = startOptions(a)
		return c
	case "signal":
		return &SignalRun{Run: w.ref(a), Name: a.at(2), Payload: history.Payload(a.at(3)), MaxWaiting: a.number("max", 10_000)}
	case "turn":
		return w.turnCommand(a, input)
	case "cancel":
		return &CancelRun{Run: w.ref(a), Reason: a.named["reason"], Tell: a.has("tell")}
	case "terminate":
		return &TerminateRun{Run: w.ref(a), Reason: a.named["reason"]}
	case "pause":
		return &PauseRun{Run: w.ref(a), Reason: a.named["reason"], Still: a.has("still")}
	case "quarantine":
		return &PauseRun{Run: w.ref(a), Quarantined: true, Turn: a.number("turn", 0)}
	case "move":
		c := &MoveRun{Run: w.ref(a), To: versionOf(a.at(2))}
		if r, ok := w.find(a.at(1)); ok {
			c.From, c.Turns, c.Reopened = r.Version, r.Turns, uint64(len(r.Reopened))
		}
		if from := a.named["from"]; from != "" {
			c.From = versionOf(from)
		}
		c.Turns, c.Reopened = a.number("turns", c.Turns), a.number("reopened", c.Reopened)
		return c
	case "resume":
		return &ResumeRun{Run: w.ref(a)}
	case "reopen", "reopen-run":
		return w.reopenCommand(a)
	case "announce":
		return &AnnounceNode{Node: rows.Node{ID: a.at(1), RaftAddress: a.named["raft"], HTTPAddress: a.named["http"], Version: a.named["version"]}, ClusterID: a.named["cluster"]}
	case "limits":
		return &SetLimits{Node: a.at(1), Limits: rows.Limits{RequestBytes: a.number("request_bytes", 0)}}
	case "remove":
		return &RemoveNode{ID: a.at(1), Forever: a.named["forever"] == "true"}
	case "ready":
		return &ReportReady{Node: a.at(1), Version: versionOf(a.at(2)), Ready: a.named["problem"] == "", Problem: a.named["problem"]}
	case "leader":
		return &AnnounceLeader{Node: a.at(1), Term: a.number("term", 0)}
	case "check":
		return &Check{Leader: a.at(1)}
	case "report":
		return &ReportDigest{Node: a.at(1), Index: a.number("index", 0), Digest: catalog.Digest(versionOf(a.named["digest"]))}
	}
	if c := w.scheduleCommand(a); c != nil {
		return c
	}
	if c := w.retentionCommand(a); c != nil {
		return c
	}
	if c := w.taskCommand(a); c != nil {
		return c
	}
	w.t.Fatalf("no command %q", a.at(0))
	return nil
}

func loadCommand(a words) Command {
	c := &LoadPackage{Package: pack(a.at(1), strings.Split(a.at(2), ",")...), Route: !a.has("no-route"), Message: a.named["message"]}
	if m := a.named["manifest"]; m != "" {
		c.Package.ManifestDigest = catalog.Digest(versionOf(m))
	}
	for i := range c.Package.Members {
		c.Package.Members[i].Timeout = int64(a.duration("timeout"))
		if s := a.named["schema"]; s != "" {
			c.Package.Members[i].InputSchema = catalog.Digest(versionOf(s))
		}
	}
	if typ, ref, ok := strings.Cut(a.named["expect"], ":"); ok {
		c.Expect = []catalog.Expect{{Type: typ, Ref: refOf(ref)}}
	}
	return c
}

// refOf spells a version by its name, "v1"; "v1/6" is a prefix of six digits; everything else stays
// as it is.
func refOf(s string) string {
	name, digits, cut := strings.Cut(s, "/")
	if !strings.HasPrefix(name, "v") {
		return s
	}
	full := versionOf(name).String()
	if cut {
		n, _ := strconv.Atoi(digits)
		return full[:n]
	}
	return full
}

func attributes(s string) history.Attributes {
	if s == "" {
		return nil
	}
	set := history.Attributes{}
	if strings.HasPrefix(s, "{") {
		if err := json.Unmarshal([]byte(s), &set); err != nil {
			panic(err)
		}
		return set
	}
	for _, f := range strings.Split(s, ",") {
		k, v, _ := strings.Cut(f, ":")
		set[k] = history.Payload(v)
	}
	return set
}

func (w *world) turnCommand(a words, input string) Command {
	c := &RecordTurn{}
	if r, ok := w.find(a.at(1)); ok {
		c.RunID, c.N, c.Through = r.RunID, r.Turns+1, r.Events
	}
	if id := a.named["run"]; id != "" { // of the nth run started by a command
		n, _ := strconv.Atoi(id)
		c.RunID = w.runs[n-1]
	}
	c.N, c.Through, c.Consumed = a.number("n", c.N), a.number("through", c.Through), a.number("consumed", 0)
	c.Rules, c.Cut, c.Waits = a.number("rules", 0), a.has("cut"), a.number("waits", 0)
	c.Limits.Events, c.Limits.Signals = a.number("max-events", 0), a.number("max-signals", 0)
	for _, line := range strings.Split(input, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			c.Asked = append(c.Asked, history.Event{Data: w.asked(args(line))})
		}
	}
	return c
}

func (w *world) asked(a words) history.Data {
	id, _ := strconv.ParseUint(a.at(1), 10, 64)
	payload := history.Payload(a.at(1))
	switch a.at(0) {
	case "timer":
		d, err := time.ParseDuration(a.at(2))
		if err != nil {
			w.t.Fatal(err)
		}
		return &history.TimerStarted{ID: id, Duration: history.Duration(d)}
	case "cancel-timer":
		return &history.TimerCancelled{ID: id}
	case "signal":
		return &history.SignalSent{WorkflowID: a.at(1), Name: a.at(2), Payload: history.Payload(a.at(3))}
	case "child":
		e := &history.ChildWorkflowStarted{ID: id, WorkflowID: a.at(2), WorkflowType: a.at(3)}
		e.OnClose = map[string]history.ClosePolicy{"cancel": history.CloseCancel, "abandon": history.CloseAbandon}[a.named["on-close"]]
		e.Choice = map[string]history.ChildVersion{"parent": history.ChildParent, "routed": history.ChildRouted}[a.named["version"]]
		if e.Timeout = a.duration("timeout"); a.named["attrs"] != "" {
			e.Attributes = attributes(a.named["attrs"])
		}
		if o := startOptions(a); o != nil {
			e.Retry, e.ChainTimeout = o.Retry, o.ChainTimeout
		}
		return e
	case "end":
		return &history.CancelSent{WorkflowID: a.at(1), Reason: a.named["reason"]}
	case "await":
		return &history.ResultAwaited{ID: id, WorkflowID: a.at(2)}
	case "await-no-more":
		return &history.AwaitCancelled{ID: id}
	case "give-up":
		return &history.ChildWorkflowCancelled{ID: id, Asked: true}
	case "attrs":
		return &history.AttributesUpdated{Attributes: attributes(a.at(1))}
	case "activity":
		return a.activity(id)
	case "cancel-activity":
		return &history.ActivityCancelled{ID: id}
	case "ask-activity":
		return &history.ActivityCancelRequested{ID: id}
	case "ask-child":
		return &history.ChildWorkflowCancelRequested{ID: id}
	case "complete":
		return &history.WorkflowCompleted{Result: payload}
	case "fail":
		return &history.WorkflowFailed{Error: history.RunError{Kind: a.at(1), Message: strings.Join(a.plain[2:], " ")}}
	case "cancelled":
		return &history.WorkflowCancelled{}
	case "continue":
		e := &history.WorkflowContinuedAsNew{Input: payload, Same: a.has("same")}
		for _, s := range strings.Split(a.named["carry"], ",") {
			if n, err := strconv.ParseUint(s, 10, 64); err == nil {
				e.Carry = append(e.Carry, n)
			}
		}
		return e
	case "started":
		return &history.WorkflowStarted{}
	}
	w.t.Fatalf("no turn asks for %q", a.at(0))
	return nil
}
