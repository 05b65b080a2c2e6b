package runtimetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
	"go.uber.org/goleak"
)

// Case is one program and what it must do.
type Case struct {
	Name       string
	Does       string // what the program does, for the authors of other languages
	Input      string // JSON; "" = none
	Limits     runtime.Limits
	Activities []string // those that the manifest declares
	Rules      uint64   // of the turns, see history.Rules; 0 = the newest
	Lines      []Line

	// Tells is the first line, from 1, that holds only where the language can tell that code writes
	// what it may only read: conditions, and validators. An ordinary language cannot, once its code
	// has variables; there a condition that writes is a mistake which replay repeats, and what a
	// validator writes is lost with the copy on which it ran. 0 = all lines hold in every language.
	Tells int
}

// Line lets events happen, makes a turn and says what it must ask for; or asks a query.
//
//	turn                             a turn without news, such as the first one
//	fire 1                           timer 1 fires
//	signal NAME JSON                 a signal comes
//	child 1 JSON | child 1 failed KIND MESSAGE | child 1 cancelled
//	activity 1 JSON | activity 1 failed KIND MESSAGE
//	cancel REASON                    cancellation is requested
//	update ID NAME JSON              an update is accepted
//	validate NAME JSON               wants "asked", "not asked", or why the update is refused
//	query NAME JSON                  wants the answer, or "CODE: part of the message"
//
// Events that come together are separated by " ; ".
type Line struct {
	In  string
	Out string // requested events, one a line: "Type {json}", where "..." leaves the rest open; "closes" or "waits: kind id name, ..." comes last
}

// Member is the member that programs are started as.
var Member = catalog.Member{Type: "test", EntryModule: "test", EntryFunction: "run"}

// Compile makes the program of a case, and says which member it is. The member is Member or has the
// same type; the version must not be zero.
type Compile func(t *testing.T, c Case) (runtime.Program, catalog.Member)

// Run runs all cases. Of those that cannot names, the lines from Tells on are left out.
func Run(t *testing.T, compile Compile, cannot ...string) {
	for _, name := range cannot {
		if !slices.ContainsFunc(Cases, func(c Case) bool { return c.Name == name && c.Tells > 0 }) {
			t.Fatalf("no case %s has lines that a language can leave out", name)
		}
	}
	var all []Case
	for _, c := range Cases {
		if slices.Contains(cannot, c.Name) {
			c.Lines = c.Lines[:c.Tells-1]
		}
		if len(c.Lines) > 0 {
			all = append(all, c)
		}
	}
	RunCases(t, compile, all...)
}

// kept is where an instance of a guest waits for its next run: a run leaves it behind, and the room
// ends it.
const kept = "aion.dev/aion/engine/runtime/wasm.(*instance).resume.func1"

// RunCases runs some cases, which may be a language's own.
func RunCases(t *testing.T, compile Compile, cases ...Case) {
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent(), goleak.IgnoreAnyFunction(kept))
			p, member := compile(t, c)
			w := NewWorld(t, p, member, c.Input, c.Limits)
			if c.Rules != 0 {
				w.Config.Rules = func() uint64 { return c.Rules }
				w.Resume()
			}
			defer func() { w.Machine.Close() }()
			for i, line := range c.Lines {
				got := w.runLine(line.In)
				if want := strings.TrimSpace(line.Out); !matches(got, want) {
					t.Fatalf("line %d, %s: got\n%s\nwant\n%s", i+1, line.In, got, want)
				}
				if len(w.Turns) > 0 {
					w.rebuildAtEveryTurn(i)
				}
			}
			if c.Name != "info-whole" { // code sees how long its history is
				w.resetAtEveryTurn()
			}
		})
	}
}

// rebuildAtEveryTurn rebuilds the run cut at every turn, and goes on with a rebuilt machine after
// every other line.
func (w *World) rebuildAtEveryTurn(i int) {
	w.t.Helper()
	all := make([]int, len(w.Turns))
	for cut := range w.Turns {
		all[cut] = cut
		w.Rebuild(cut).Close()
	}
	if last := w.Turns[len(w.Turns)-1]; i%2 == 1 && !closed(w.Events[last.FirstSeq-1:]) {
		w.Resume(all...)
	}
}

func closed(events []history.Event) bool {
	for _, e := range events {
		if history.Closes(e.Data) {
			return true
		}
	}
	return false
}

// runLine executes a line and returns its outcome.
func (w *World) runLine(in string) string {
	w.t.Helper()
	if rest, ok := strings.CutPrefix(in, "query "); ok {
		name, args, _ := strings.Cut(rest, " ")
		answer, err := w.Query(name, args)
		var coded interface{ Code() string }
		switch {
		case errors.As(err, &coded):
			return coded.Code() + ": " + err.Error()
		case err != nil:
			w.t.Fatal(err)
		}
		return string(answer)
	}
	if rest, ok := strings.CutPrefix(in, "validate "); ok {
		name, args, _ := strings.Cut(rest, " ")
		asked, err := w.Machine.Validate(w.t.Context(), name, history.Payload(args))
		switch {
		case err != nil:
			return err.Error()
		case asked:
			return "asked"
		}
		return "not asked"
	}
	var news []history.Data
	for _, event := range strings.Split(in, " ; ") {
		if event != "turn" {
			news = append(news, w.parseEvent(event))
		}
	}
	step := w.Turn(news...)
	return Show(w.t, step.Asked) + describeStep(step)
}

// describeStep describes a run after a turn.
func describeStep(step *replay.Step) string {
	if step.Closes {
		return "closes"
	}
	waits := make([]string, len(step.Waiting))
	for i, wait := range step.Waiting {
		waits[i] = strings.TrimSpace(fmt.Sprintf("%s %d %s", wait.Kind, wait.ID, wait.Name))
	}
	return "waits: " + strings.Join(waits, ", ")
}

// parseEvent parses an event of a script.
func (w *World) parseEvent(text string) history.Data {
	w.t.Helper()
	kind, rest, _ := strings.Cut(text, " ")
	switch kind {
	case "cancel":
		return &history.CancelRequested{Reason: rest}
	case "update":
		id, rest, _ := strings.Cut(rest, " ")
		name, args, _ := strings.Cut(rest, " ")
		return &history.UpdateAccepted{UpdateID: id, Name: name, Args: history.Payload(args)}
	case "signal":
		name, payload, _ := strings.Cut(rest, " ")
		return &history.SignalReceived{Name: name, Payload: history.Payload(payload)}
	}
	number, what, _ := strings.Cut(rest, " ")
	id, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		w.t.Fatalf("%q is no event", text)
	}
	if failed, ok := strings.CutPrefix(what, "failed "); ok {
		k, message, _ := strings.Cut(failed, " ")
		e := history.RunError{Kind: k, Message: message}
		switch kind {
		case "result":
			return &history.ResultReceived{ID: id, Error: &e}
		case "child":
			return &history.ChildWorkflowFailed{ID: id, Error: e}
		}
		return &history.ActivityFailed{ID: id, Error: e}
	}
	switch {
	case kind == "fire":
		return &history.TimerFired{ID: id}
	case kind == "child" && what == "cancelled":
		return &history.ChildWorkflowCancelled{ID: id}
	case kind == "result" && json.Valid([]byte(what)):
		return &history.ResultReceived{ID: id, Result: history.Payload(what)}
	case kind == "child" && json.Valid([]byte(what)):
		return &history.ChildWorkflowCompleted{ID: id, Result: history.Payload(what)}
	case kind == "activity" && json.Valid([]byte(what)):
		return &history.ActivityCompleted{ID: id, Result: history.Payload(what)}
	}
	w.t.Fatalf("%q is no event", text)
	return nil
}

// matches compares line by line. A line of want that ends in "..." leaves the rest open.
func matches(got, want string) bool {
	gots, wants := strings.Split(got, "\n"), strings.Split(want, "\n")
	if len(gots) != len(wants) {
		return false
	}
	for i, want := range wants {
		got, want := strings.TrimSpace(gots[i]), strings.TrimSpace(want)
		start, open := strings.CutSuffix(want, "...")
		if got != want && !(open && strings.HasPrefix(got, start)) {
			return false
		}
	}
	return true
}
