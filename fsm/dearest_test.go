package fsm

import (
	"fmt"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// mostWork is what an entry may cost: 100 ms of one core, at 1.4 us a unit.
const mostWork = 70_000

// wide is how many timers, activities and children the limits allow a run to have pending, each.
const wide = 10_000

// dearest makes, for each kind, the commands of the most expensive entry that anybody can bring
// about within the limits. What it returns is proposed as one entry.
var dearest = map[Kind]func(w *world) []Command{
	KindLoadPackage: func(w *world) []Command {
		return []Command{&LoadPackage{Package: manyTypes("v2"), Route: true, Message: strings.Repeat("x", maxText)}}
	},
	KindRouteType:   func(w *world) []Command { return times(1024, &RouteType{Type: "a", Version: versionOf("v1").String()}) },
	KindUnrouteType: func(w *world) []Command { return times(1024, &UnrouteType{Type: "a"}) },
	KindRollbackType: func(w *world) []Command {
		w.do(&LoadPackage{Package: pack("v2", "a"), Route: true})
		return times(1024, &RollbackType{Type: "a"})
	},
	KindUnloadVersion: func(w *world) []Command {
		w.do(&LoadPackage{Package: manyTypes("v2")})
		return []Command{&UnloadVersion{Type: "t0", Version: versionOf("v2").String()}}
	},
	KindStartRun: func(w *world) []Command {
		return []Command{&StartRun{WorkflowID: "s", RunID: w.mint(), Type: "a", Input: large, Attributes: fullAttributes()}}
	},
	KindSignalRun: func(w *world) []Command {
		w.start("run", "a")
		return []Command{&SignalRun{Run: RunRef{WorkflowID: "run"}, Name: "s", Payload: large, MaxWaiting: 10}}
	},
	KindUpdateRun: func(w *world) []Command {
		w.start("run", "a")
		return []Command{&UpdateRun{Run: RunRef{WorkflowID: "run"}, ID: "u", Name: "s", Args: large, MaxWaiting: 10}}
	},
	KindRecordTurn: func(w *world) []Command { // closes a run that has everything under way
		w.laden("run")
		return []Command{w.turnOf("run", &history.WorkflowCompleted{Result: large})}
	},
	KindFireTimers: func(w *world) []Command { // deadlines of runs that have everything under way
		w.do(&StartRun{WorkflowID: "run", RunID: w.mint(), Type: "a", Timeout: 1e9})
		w.load("run")
		w.now = w.now.Add(2e9)
		c := new(FireTimers)
		w.view(func(v View) { c.Timers = v.DueTimers(w.now, maxFired) })
		return []Command{c}
	},
	KindCancelRun: func(w *world) []Command {
		w.laden("run")
		return times(1024, &CancelRun{Run: RunRef{WorkflowID: "run"}})
	},
	KindTerminateRun: func(w *world) []Command {
		w.laden("run")
		return times(1024, &TerminateRun{Run: RunRef{WorkflowID: "run"}})
	},
	KindPauseRun: func(w *world) []Command {
		w.laden("run")
		return times(1024, &PauseRun{Run: RunRef{WorkflowID: "run"}})
	},
	KindResumeRun: func(w *world) []Command {
		w.laden("run")
		w.do(&PauseRun{Run: RunRef{WorkflowID: "run"}})
		return times(1024, &ResumeRun{Run: RunRef{WorkflowID: "run"}})
	},
	KindAnnounceNode: func(w *world) []Command { return times(1024, &AnnounceNode{Node: rows.Node{ID: "n"}, ClusterID: "c"}) },
	KindRefound:      func(w *world) []Command { return times(1024, &Refound{ClusterID: "d"}) },
	KindRemoveNode:   func(w *world) []Command { return times(1024, &RemoveNode{ID: "n"}) },
	KindReportReady: func(w *world) []Command {
		return times(1024, &ReportReady{Node: "n", Version: versionOf("v1"), Problem: strings.Repeat("x", maxText)})
	},
	KindReportDigest:   func(w *world) []Command { return times(1024, &ReportDigest{Node: "n", Index: 1}) },
	KindAnnounceLeader: func(w *world) []Command { return times(1024, &AnnounceLeader{Node: "n", Term: 1}) },
	KindCheck:          func(w *world) []Command { return []Command{&Check{Leader: "n"}} },
	KindLeaseTasks: func(w *world) []Command {
		w.laden("run")
		return times(4, &LeaseTasks{Queue: "q", Activities: []string{"x"}, Worker: "w", Max: maxTaskBatch})
	},
	KindCompleteTasks: func(w *world) []Command {
		c := new(CompleteTasks)
		for _, token := range w.leased() {
			c.Results = append(c.Results, TaskOutput{Token: token, Output: history.Payload(strings.Repeat("1", 8<<10))})
		}
		return []Command{c}
	},
	KindFailTasks: func(w *world) []Command {
		c := new(FailTasks)
		for _, token := range w.leased() {
			c.Results = append(c.Results, TaskFailure{Token: token, Error: history.RunError{Kind: "k", Message: strings.Repeat("x", 8<<10)}})
		}
		return []Command{c}
	},
	KindBeatTasks: func(w *world) []Command {
		c := new(BeatTasks)
		for _, token := range w.leased() {
			c.Beats = append(c.Beats, TaskBeat{Token: token, Details: history.Payload(strings.Repeat("1", 8<<10))})
		}
		return []Command{c}
	},
	KindDeferTasks: func(w *world) []Command { return []Command{&DeferTasks{Tokens: w.leased()}} },
	KindReportActivity: func(w *world) []Command {
		token := w.leased()[0]
		return []Command{&ReportActivity{RunID: token.RunID, ID: token.ID, Output: large}}
	},
	KindReleaseTasks: func(w *world) []Command { return []Command{&ReleaseTasks{Tokens: w.leased()}} },
	KindLimitQueue:   func(w *world) []Command { w.laden("run"); return times(1024, &LimitQueue{Queue: "q"}) },
	KindReopenRun: func(w *world) []Command {
		w.start("run", "a")
		c, asked := &ReopenRun{Run: RunRef{WorkflowID: "run"}}, []history.Data(nil)
		for i := range uint64(EntryBudget / againCost) {
			asked = append(asked, &history.ChildWorkflowStarted{ID: i + 1, WorkflowID: fmt.Sprint("run:", i), WorkflowType: "a"})
			c.Again = append(c.Again, Again{ID: i + 1, Seq: i + 2})
		}
		w.turn("run", asked...)
		w.do(&TerminateRun{Run: c.Run})
		w.finish()
		c.Events = w.latest("run").Events
		return []Command{c}
	},
	KindResetRun: func(w *world) []Command { // of a long history, and everything under way
		w.start("run", "a")
		asked, n := []history.Data(nil), uint64(EntryBudget/againCost/4)
		c := &ResetRun{Run: RunRef{WorkflowID: "run"}, RunID: w.mint(), Version: versionOf("v1"), Turns: 1, Rules: history.Rules}
		for i := range n {
			asked = append(asked, &history.ChildWorkflowStarted{ID: i + 1, WorkflowID: fmt.Sprint("run:", i), WorkflowType: "a"})
			c.Again = append(c.Again, Again{ID: i + 1, Seq: i + 2})
		}
		for i := n; i < 2*n; i++ {
			asked = append(asked, &history.ActivityScheduled{ID: i + 1, Activity: "x", Queue: "q"})
			c.Again = append(c.Again, Again{ID: i + 1, Seq: i + 2})
		}
		w.turn("run", asked...)
		c.Cut = w.latest("run").Events
		signals := func(n uint64) {
			list := make([]Envelope, n)
			for i := range list {
				list[i] = Envelope{Command: &SignalRun{Run: c.Run, Name: "s", Payload: history.Payload(strings.Repeat("1", 500)), MaxWaiting: 1 << 40}}
			}
			w.propose(list...)
		}
		signals(MaxKept - 1_000 - c.Cut)
		c.Cut = w.latest("run").Events
		signals(900)
		return []Command{c}
	},
	KindPutSchedule:    func(w *world) []Command { return []Command{w.schedule()} },
	KindDeleteSchedule: func(w *world) []Command { w.do(w.schedule()); return []Command{&DeleteSchedule{ID: "s"}} },
	KindPauseSchedule:  func(w *world) []Command { w.do(w.schedule()); return []Command{&PauseSchedule{ID: "s"}} },
	KindResumeSchedule: func(w *world) []Command {
		w.do(w.schedule())
		w.do(&PauseSchedule{ID: "s"})
		c := &ResumeSchedule{ID: "s", Next: w.now.Add(1e9)}
		w.view(func(v View) {
			s, _ := v.Schedule("s")
			c.Revision = s.Revision
		})
		return []Command{c}
	},
	KindFireSchedule: func(w *world) []Command {
		w.do(w.schedule())
		c := &FireSchedule{ID: "s", Apart: true}
		w.view(func(v View) {
			s, _ := v.Schedule("s")
			for i := range FiresAtOnce(&s) {
				c.Times = append(c.Times, w.now.Add(-1e9*4000)+history.Time(i)*1e9)
			}
			c.Work = FireWork(&s, c)
		})
		return []Command{c}
	},
	KindSetRetention: func(w *world) []Command { return times(1024, &SetRetention{Rule: rows.Retention{Type: "a", Age: 1e9}}) },
	KindPurgeRuns: func(w *world) []Command {
		c := new(PurgeRuns)
		for i := range 20 {
			id := fmt.Sprint("run", i)
			c.Runs = append(c.Runs, w.mint())
			w.do(&StartRun{WorkflowID: id, RunID: c.Runs[i], Type: "a", Attributes: fullAttributes()})
			w.turn(id, &history.WorkflowCompleted{})
		}
		w.do(&SetRetention{Rule: rows.Retention{Age: 1e9}})
		w.now = w.now.Add(2e9)
		return []Command{c}
	},
	KindContinue: func(w *world) []Command {
		w.laden("run")
		w.do(&TerminateRun{Run: RunRef{WorkflowID: "run"}})
		return []Command{&Continue{Job: w.jobs()[0].ID}}
	},
	KindRaiseLevel: func(*world) []Command { return times(1024, &RaiseLevel{Level: NewestLevel}) },
	KindUnloadWhenDrained: func(w *world) []Command {
		w.do(&LoadPackage{Package: manyTypes("v2")})
		return []Command{&UnloadWhenDrained{Type: "t0", Version: versionOf("v2").String()}}
	},
	KindCancelUnload: func(w *world) []Command {
		w.do(&LoadPackage{Package: manyTypes("v2")})
		w.do(&StartRun{WorkflowID: "run", RunID: w.mint(), Type: "t0", Version: versionOf("v2").String()})
		w.do(&UnloadWhenDrained{Type: "t0", Version: versionOf("v2").String()})
		return []Command{&CancelUnload{Type: "t0", Version: versionOf("v2").String()}}
	},
	KindSetVersionRetention: func(*world) []Command {
		return times(1024, &SetVersionRetention{Rule: rows.VersionRetention{Keep: 1, MinAge: 1}})
	},
	KindSetCanary: func(w *world) []Command {
		w.do(&LoadPackage{Package: pack("v2", "a")})
		return times(1024, &SetCanary{Type: "a", Version: versionOf("v2").String(), Share: 5})
	},
	KindEndCanary: func(w *world) []Command {
		w.do(&LoadPackage{Package: pack("v2", "a")})
		w.do(&SetCanary{Type: "a", Version: versionOf("v2").String(), Share: 5})
		return []Command{&EndCanary{Type: "a", Promote: true}}
	},
	KindPurgeVersions: func(w *world) []Command {
		c := new(PurgeVersions)
		for i := range 120 {
			v := fmt.Sprint("w", i)
			w.do(&LoadPackage{Package: pack(v, "t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8"), Route: true})
			c.Versions = append(c.Versions, versionOf(v))
		}
		w.do(&SetVersionRetention{})
		return []Command{c}
	},
	KindMoveRun: func(w *world) []Command {
		w.do(&LoadPackage{Package: manyTypes("m1"), Route: true})
		w.do(&LoadPackage{Package: manyTypes("m2")})
		var all []Command
		for i := range 512 {
			id := w.mint()
			w.do(&StartRun{WorkflowID: fmt.Sprint("run", i), RunID: id, Type: "t0"})
			all = append(all, &MoveRun{Run: RunRef{RunID: id}, From: versionOf("m1"), To: versionOf("m2")})
		}
		return all
	},
	KindTakeFingerprints: func(w *world) []Command {
		w.s.cfg.Check = nil
		for i := range 2 * fingerprintsAtOnce {
			w.do(&StartRun{WorkflowID: fmt.Sprint("run", i), RunID: w.mint(), Type: "a"})
			w.turn(fmt.Sprint("run", i), &history.TimerStarted{ID: 1, Duration: 1e9})
			if i%2 == 0 {
				w.do(&PauseRun{Run: RunRef{WorkflowID: fmt.Sprint("run", i)}})
			}
		}
		w.s.prints = newFingerprints() // as if the level had been reached now
		w.s.prints.done.Until = w.s.meta.Serial
		return []Command{&TakeFingerprints{}}
	},
	KindStartBatch: func(w *world) []Command { // the ones that it makes room for have failed everywhere
		w.s.cfg.Check = nil
		for i := range MaxBatchFailures {
			w.start(fmt.Sprint("run", i), "a")
		}
		w.do(&StartBatch{ID: "a", Spec: rows.BatchSpec{Op: rows.BatchPause, Rate: 1}})
		c := w.act("a", MaxBatchFailures)
		for i := range c.Acts {
			c.Acts[i].Code, c.Acts[i].Detail = "not_found", strings.Repeat("x", maxText)
		}
		w.do(c)
		for i := range MaxBatches - 1 {
			id := fmt.Sprintf("old%04d", i)
			w.do(&StartBatch{ID: id, Spec: rows.BatchSpec{Op: rows.BatchPause, Rate: 1}})
			w.do(&StopBatch{ID: id})
		}
		return []Command{&StartBatch{ID: "new", Spec: rows.BatchSpec{Op: rows.BatchSignal, Payload: large, Rate: 1}}}
	},
	KindStopBatch: func(w *world) []Command {
		w.do(&StartBatch{ID: "b", Spec: rows.BatchSpec{Op: rows.BatchSignal, Payload: large, Rate: 1}})
		return times(1024, &StopBatch{ID: "b"})
	},
	KindActBatch: func(w *world) []Command {
		w.laden("run")
		w.s.cfg.Check = nil
		for i := range 100 {
			w.start(fmt.Sprint("other", i), "a")
		}
		w.do(&StartBatch{ID: "b", Spec: rows.BatchSpec{Op: rows.BatchTerminate, Rate: 1}})
		return []Command{w.act("b", 1_000)}
	},
	KindStopRuns: func(w *world) (all []Command) {
		w.laden("run")
		w.stoppable()
		for i := range EntryBudget / 1_000 {
			all = append(all, &StopRuns{Type: fmt.Sprint("t", i), Reason: strings.Repeat("x", maxText)})
		}
		return all
	},
	KindSetRunQuota: func(w *world) []Command {
		for i := range MaxQuotas {
			w.do(&SetRunQuota{Quota: rows.RunQuota{Name: fmt.Sprint("t", i), Depth: 1}})
		}
		return times(1024, &SetRunQuota{Quota: rows.RunQuota{Name: "t1", Depth: 1, OpenRuns: 2}})
	},
	KindLiftStop: func(w *world) (all []Command) {
		w.laden("run")
		w.stoppable()
		for i := range EntryBudget / 1_000 {
			w.do(&StopRuns{Type: fmt.Sprint("t", i)})
			all = append(all, &LiftStop{Type: fmt.Sprint("t", i), Resume: true})
		}
		return all
	},
	KindTakeOrdered: func(w *world) []Command {
		w.s.cfg.Check, w.s.cfg.Level = nil, 0
		for i := range 2 * orderedAtOnce {
			w.do(&StartRun{WorkflowID: fmt.Sprint("run", i), RunID: w.mint(), Type: "a", Attributes: manyAttributes()})
		}
		w.s.cfg.Level = NewestLevel // as if the level had been reached now
		w.s.ordered.Until = w.s.meta.Serial
		return []Command{&TakeOrdered{}}
	},
	KindIssueJoinToken: func(w *world) []Command {
		w.now = w.now.Add(1e9)
		for i := range MaxJoinTokens {
			w.do(&IssueJoinToken{ID: fmt.Sprint("old", i), Life: 1})
		}
		w.now = w.now.Add(1e9)
		var all []Command
		for i := range 512 {
			all = append(all, &IssueJoinToken{ID: fmt.Sprint("new", i), By: strings.Repeat("x", maxNodeText), Life: MaxJoinTokenLife})
		}
		return all
	},
	KindRevokeJoinToken: func(*world) []Command { return times(1024, &RevokeJoinToken{ID: "x"}) },
	KindSetVote: func(w *world) []Command {
		w.do(&AnnounceNode{Node: rows.Node{ID: "n"}, ClusterID: "c"})
		return times(1024, &SetVote{Node: "n", Demoted: true})
	},
	KindCreateNamespace: func(w *world) (all []Command) {
		for i := range MaxNamespaces {
			all = append(all, &CreateNamespace{Name: fmt.Sprint("n", i), Description: strings.Repeat("x", maxText)})
		}
		return all
	},
	KindSetNamespace: func(w *world) []Command {
		for i := range MaxNamespaces {
			w.do(&CreateNamespace{Name: fmt.Sprint("n", i)})
		}
		text := strings.Repeat("x", maxText)
		return times(1024, &SetNamespace{Name: "n7", Description: &text})
	},
	KindChangeNamespace: func(w *world) []Command {
		for i := range MaxNamespaces {
			w.do(&CreateNamespace{Name: fmt.Sprint("n", i)})
		}
		text, most := strings.Repeat("x", maxText), uint64(MaxQuota)
		return times(1024, &ChangeNamespace{Name: "n7", Description: &text, Quotas: QuotaChange{OpenRuns: &most, StateBytes: &most}})
	},
	KindNoteCall: func(*world) []Command { return times(1024, new(NoteCall)) },
	KindDeleteNamespace: func(w *world) (all []Command) {
		for i := range 100 {
			w.do(&CreateNamespace{Name: fmt.Sprint("n", i)})
			all = append(all, &DeleteNamespace{Name: fmt.Sprint("n", i)})
		}
		return all
	},
	KindBootstrap: func(*world) []Command { return []Command{&Bootstrap{Token: fullToken(0)}} },
	KindCreateToken: func(w *world) (all []Command) { // in place of as many as may be that expired long ago
		manyTokens(w, w.now.Add(1e9))
		w.now = rows.Due(w.now, keepExpired).Add(1e9)
		for i := range 100 {
			all = append(all, &CreateToken{Token: fullToken(MaxTokens + i)})
		}
		return all
	},
	KindRevokeToken: func(w *world) (all []Command) {
		manyTokens(w, 0)
		for i := range 1024 {
			all = append(all, &RevokeToken{Name: fullToken(i).Name})
		}
		return all
	},
	KindSetForwardKey: func(*world) []Command { return []Command{&SetForwardKey{Key: catalog.Digest{1}}} },
	KindTrustKey: func(*world) (all []Command) {
		for i := range MaxTrustedKeys {
			all = append(all, &TrustKey{Name: fmt.Sprintf("%0*d", MaxTokenName, i), Key: publicOf(fmt.Sprint(i))})
		}
		return all
	},
	KindRevokeKey: func(w *world) (all []Command) {
		fullPolicy(w)
		for i := range MaxTrustedKeys {
			all = append(all, &RevokeKey{Name: fmt.Sprintf("%0*d", MaxTokenName, i)})
		}
		return all
	},
	KindSetSignatureRule: fullPolicy,
	KindDropSignatureRule: func(w *world) (all []Command) {
		for _, c := range fullPolicy(w) {
			all = append(all, &DropSignatureRule{Prefix: c.(*SetSignatureRule).Rule.Prefix})
		}
		return all
	},
	KindConfirmTime: func(*world) []Command { return times(1024, &ConfirmTime{At: 1}) },
	KindDeploy: func(w *world) []Command { // as many types as may be, over packages that come, take the routes and go
		c := &Deploy{Message: strings.Repeat("x", maxText)}
		for i := range MaxChangedTypes / catalog.MaxMembers {
			c.Changes = append(c.Changes, Change{Load: &LoadPackage{Package: manyTypes(fmt.Sprint("d", i)), Route: true, Message: c.Message}})
		}
		return []Command{c}
	},
	KindStartPackage: func(w *world) []Command {
		c := &StartPackage{Package: manyTypes("v2"), Start: StartRun{WorkflowID: "s", RunID: w.mint(), Type: "t0", Input: large, Attributes: fullAttributes()}, Ephemeral: true}
		return []Command{c}
	},
	KindSetLimits: func(w *world) []Command {
		w.do(&AnnounceNode{Node: rows.Node{ID: "n"}, ClusterID: "c"})
		return times(1024, &SetLimits{Node: "n", Limits: rows.Limits{RequestBytes: 1 << 28}})
	},
}

// TestDearest applies the most expensive entry of every kind and counts what it costs. A new kind
// needs a row in dearest.
func TestDearest(t *testing.T) {
	for kind := Kind(1); int(kind) < len(commands); kind++ {
		if commands[kind].make == nil {
			continue // not given out yet
		}
		t.Run(kind.String(), func(t *testing.T) {
			of := dearest[kind]
			if of == nil {
				t.Fatalf("%s has no row in dearest: what is the most expensive entry that it allows?", kind)
			}
			if work := dearestOf(t, of); work > mostWork {
				t.Errorf("costs %d units, an entry may cost %d", work, mostWork)
			}
		})
	}
}

// dearestOf applies the entry and tells what it cost.
func dearestOf(t testing.TB, of func(*world) []Command) uint64 {
	w := newWorld(t)
	w.s.cfg.Check = nil // the costs are those of apply
	w.do(&LoadPackage{Package: pack("v1", "a"), Route: true})
	entry := entryOf(w, of)
	results, err := w.s.Apply(uint64(len(w.log))+1, entry)
	if err != nil || results[0].Refusal != nil {
		t.Fatal(err, results[0].Refusal)
	}
	return w.s.Work()
}

// entryOf is the entry that a group committer makes of the commands.
func entryOf(w *world, of func(*world) []Command) []byte {
	e, estimate := Entry{Budget: EntryBudget}, uint64(0)
	for _, c := range of(w) {
		if estimate += Estimate(c); estimate > EntryBudget && len(e.Commands) > 0 {
			break
		}
		e.Commands = append(e.Commands, Envelope{Command: c})
	}
	e.At = w.now
	b, err := EncodeEntry(e)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}
