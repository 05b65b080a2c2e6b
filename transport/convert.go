package transport

import (
	"encoding/json"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/transport/wire"
)

// Converts values of the engine to what callers see. Lists are never null; optional values are
// absent.

func answered(a engine.Answered) wire.Answered {
	return wire.Answered{Indexed: at(a.Index), Deduplicated: a.Deduplicated}
}

func at(index uint64) wire.Indexed { return wire.Indexed{Index: index} }

func versionText(v catalog.Version) string {
	if v.IsZero() {
		return ""
	}
	return v.String()
}

func loadAnswer(l *fsm.LoadAnswer, a engine.Answered) wire.LoadAnswer {
	p := &l.Package
	primary := p.Members[0]
	w := wire.LoadAnswer{
		Version: p.Version.String(), WorkflowTypes: p.Types(), WorkflowType: primary.Type,
		DeployedEntryModule: catalog.DeployedName(primary.EntryModule, p.Version), EntryFunction: primary.EntryFunction,
		FreshlyLoaded: l.FreshlyLoaded, PreviousRoutes: map[string]string{}, LoadedAt: history.Time(p.LoadedAt).Std(), Answered: answered(a),
	}
	for _, rc := range l.Routes {
		if !rc.Changed {
			continue
		}
		w.RouteChanged = true
		if !rc.Previous.IsZero() {
			w.PreviousRoutes[rc.Type] = rc.Previous.String()
		}
	}
	return w
}

func versionRow(r engine.VersionRow) wire.Version {
	p, m := r.Package, r.Member
	w := wire.Version{
		WorkflowType: m.Type, Version: p.Version.String(), DeployedEntryModule: catalog.DeployedName(m.EntryModule, p.Version), EntryFunction: m.EntryFunction,
		LoadedAt: history.Time(p.LoadedAt).Std(), LoadedIndex: p.LoadedIndex, RouteActive: r.RouteActive, ReadyNodes: list(r.ReadyNodes), Pins: (*wire.PinCounts)(&r.Pins),
	}
	w.Timeout = spanText(history.Duration(m.Timeout))
	f := &r.Facts
	w.Ephemeral = f.Ephemeral
	if f.State != 0 {
		since := f.At.Std()
		w.State, w.StateIndex, w.StateAt = f.State.String(), f.Index, &since
	}
	if f.Drained != 0 {
		since := f.DrainedAt.Std()
		w.DrainedIndex, w.DrainedAt = f.Drained, &since
	}
	if f.Oldest != nil {
		h := holderOf(f.Oldest)
		w.OldestPin = &h
	}
	if r.Stop != nil {
		stop := stopOf(r.Stop)
		w.Stopped = &stop
	}
	if a := f.Asked; a != nil {
		w.UnloadWhenDrained = &wire.UnloadAsked{Index: a.Index, At: a.At.Std(), Actor: a.Actor, Message: a.Message}
	}
	return w
}

// versionThen is the row of a version as of another moment: nothing is known of its nodes and pins
// then, nor of code that has been unloaded since.
func versionThen(t engine.VersionThen) wire.Version {
	w := wire.Version{WorkflowType: t.Type, Version: t.Version.String(), RouteActive: t.RouteActive, LoadedIndex: t.LoadedIndex, UnloadedAt: timeOf(t.UnloadedAt), UnloadedIndex: t.UnloadedIndex}
	if t.LoadedAt != 0 {
		w.LoadedAt = t.LoadedAt.Std()
	}
	if t.Package != nil {
		m, _ := t.Package.Member(t.Type)
		w.DeployedEntryModule, w.EntryFunction = catalog.DeployedName(m.EntryModule, t.Version), m.EntryFunction
		w.Timeout = spanText(history.Duration(m.Timeout))
	}
	return w
}

func holderOf(h *fsm.PinHolder) wire.PinHolder {
	return wire.PinHolder{
		Kind: h.Kind.String(), WorkflowID: h.WorkflowID, RunID: h.RunID.String(), WorkflowType: h.WorkflowType,
		RecordedBy: parentOf(h.RecordedBy), Since: h.Since.Std(),
	}
}

func routeAnswer(r *fsm.RouteAnswer, a engine.Answered) wire.RouteAnswer {
	c := r.Change
	w := wire.RouteAnswer{WorkflowType: c.Type, Version: versionText(c.Version), Previous: versionText(c.Previous), RouteChanged: c.Changed, Answered: answered(a)}
	if c.Removed {
		w.Version = ""
	}
	return w
}

func pinsOf(p *engine.Pins) wire.Pins {
	w := wire.Pins{
		Version: p.Version.String(), RouteActive: p.RouteActive, Counts: wire.PinCounts(p.Counts), Total: p.Counts.Total(),
		Holders: make([]wire.PinHolder, 0, len(p.Holders)), NextCursor: p.Next, Indexed: at(p.Index),
	}
	for i := range p.Holders {
		w.Holders = append(w.Holders, holderOf(&p.Holders[i]))
	}
	return w
}

func parentOf(p *history.Parent) *wire.RunName {
	if p == nil {
		return nil
	}
	return &wire.RunName{WorkflowID: p.WorkflowID, RunID: p.RunID.String()}
}

// chainText returns a chain as text; empty for none.
func chainText(chain catalog.Digest) string {
	if chain == (catalog.Digest{}) {
		return ""
	}
	return chain.String()
}

func deployOf(r rows.DeployRecord) wire.Deploy {
	return wire.Deploy{
		Index: r.Index, N: r.N, At: r.At.Std(), Operation: r.Operation, WorkflowType: r.Type, Version: versionText(r.Version), Previous: versionText(r.Previous),
		Actor: r.Actor, RequestID: r.RequestID, Outcome: r.Outcome, Message: r.Message,
		FreshlyLoaded: r.Fresh, RouteChanged: r.Routed, RoutedBefore: versionText(r.Before), SignedBy: r.SignedBy, Chain: chainText(r.Chain),
	}
}

func runOf(r *rows.Run) wire.Run {
	w := wire.Run{
		WorkflowID: r.WorkflowID, RunID: r.RunID.String(), WorkflowType: r.Type, Version: r.Version.String(), Status: r.Status.String(),
		StartedAt: r.StartedAt.Std(), Parent: parentOf(r.Parent), Attributes: attributesOf(r.Attributes), Events: r.Events,
		WaitingOn: make([]wire.Wait, 0, len(r.Waiting)), Quarantined: r.Quarantined, Stopped: r.Stopped, CancelRequested: r.CancelAsked, Schedule: r.Schedule,
	}
	if !r.Status.Open() {
		closed := r.ClosedAt.Std()
		w.ClosedAt = &closed
	}
	if r.BeginsAt != 0 {
		begins := r.BeginsAt.Std()
		w.BeginsAt = &begins
	}
	if o := r.Origin; o != nil {
		w.ResetOf = &wire.Origin{WorkflowID: o.WorkflowID, RunID: o.RunID.String(), Turn: o.Turn, Event: o.Seq - 1, Fork: o.Fork}
	}
	w.ResetAs = idOf(r.ResetAs)
	for _, wait := range r.Waiting {
		w.WaitingOn = append(w.WaitingOn, wire.Wait{Kind: wait.Kind, ID: wait.ID, Name: wait.Name})
	}
	return w
}

func resultOf(r *engine.Result) wire.Result {
	w := wire.Result{Status: r.Status.String(), WorkflowID: r.WorkflowID, RunID: r.RunID.String(), Indexed: at(r.Index)}
	if r.Status == history.StatusCompleted {
		w.Result = value(r.Result)
	}
	w.Error, w.ContinuedTo = errorOf(r.Error), idOf(r.To)
	return w
}

func chainOf(c *engine.Chain) wire.Chain {
	w := wire.Chain{Attempt: c.Attempt, FirstRunID: idOf(c.First), ContinuedFrom: idOf(c.From), ContinuedTo: idOf(c.To), Try: c.Try, ChainTimeout: spanText(c.Timeout)}
	if r := c.Retry; r != nil {
		w.Retry = &wire.RetryPolicy{MaxAttempts: r.MaxAttempts, Backoff: spanText(r.Backoff), Factor: r.Factor, MaxBackoff: spanText(r.MaxBackoff), NonRetryable: r.NonRetryable}
	}
	return w
}

// idOf returns a run id as text; empty for no run.
func idOf(id history.RunID) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}

func errorOf(e *history.RunError) *wire.RunError {
	if e == nil {
		return nil
	}
	return &wire.RunError{Kind: e.Kind, Message: e.Message, Details: json.RawMessage(e.Details)}
}

func attributesOf(a history.Attributes) wire.Attributes {
	w := make(wire.Attributes, len(a))
	for name, value := range a {
		w[name] = json.RawMessage(value)
	}
	return w
}

// timeOf returns a time, nil if there is none.
func timeOf(t history.Time) *time.Time {
	if t == 0 {
		return nil
	}
	std := t.Std()
	return &std
}

func timesOf(t history.Time) []time.Time {
	if t == 0 {
		return nil
	}
	return []time.Time{t.Std()}
}

// spanText returns a duration as text; empty if there is none.
func spanText(d history.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

func eventOf(e history.Event) (wire.Event, error) {
	data, err := json.Marshal(e.Data)
	return wire.Event{Seq: e.Seq, At: e.At.Std(), Type: e.Data.Type().String(), Data: data}, err
}

func runAnswer(r *fsm.RunAnswer, a engine.Answered) wire.RunAnswer {
	return wire.RunAnswer{WorkflowID: r.WorkflowID, RunID: r.RunID.String(), Status: r.Status.String(), Answered: answered(a), AlreadyRequested: r.Already}
}

// value returns a payload that is always present, even if it is null.
func value(p history.Payload) json.RawMessage {
	if len(p) == 0 {
		return json.RawMessage("null")
	}
	return json.RawMessage(p)
}

func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}
