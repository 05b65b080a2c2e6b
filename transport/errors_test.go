package transport_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/catalog/project"
	"aion.dev/aion/engine"
	"aion.dev/aion/engine/backtest"
	"aion.dev/aion/engine/replay"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/schema"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/transport"
	"aion.dev/aion/transport/wire"
)

var update = flag.Bool("update", false, "rewrite docs/ERRORS.md")

// samples returns one value of each type of refusal that callers may see, with all its fields.
func samples() []wire.Refusal {
	v, d := catalog.Version{0xab}, catalog.Digest{0xcd}
	id := history.RunID{1, 2, 3}
	holder := fsm.PinHolder{Kind: rows.PinRecordedChild, WorkflowID: "w", RunID: id, WorkflowType: "order", RecordedBy: &history.Parent{WorkflowID: "p", RunID: id, ID: 4}, Since: 5}
	return []wire.Refusal{
		&catalog.InvalidInput{Field: "limit", Reason: "is absurd"},
		&catalog.InvalidPackage{Entry: "modules/a.star", Field: "workflows[0].type", Reason: "is wrong"},
		&catalog.PackageTooLarge{What: "inflated_bytes", Limit: 10, Size: 11},
		&catalog.UnknownVersion{Type: "order", Ref: "abcdef", Loaded: []catalog.Version{v}, LoadedCount: 1},
		&catalog.UnknownWorkflowType{Type: "order", Loaded: []catalog.Version{v}, LoadedCount: 1},
		&catalog.VersionUnavailable{Type: "order", Version: v},
		&catalog.ManifestMismatch{Version: v, Resident: d, Offered: catalog.Digest{0xce}},
		&catalog.RouteConflict{Type: "order", Expected: "abcdef", Current: v},
		&catalog.RouteActive{Version: v, Types: []string{"order", "ship"}, TypeCount: 2},
		&project.Invalid{},
		&fsm.NotFound{WorkflowID: "w", RunID: id},
		&fsm.NotRunning{WorkflowID: "w", RunID: id, Status: history.StatusCompleted},
		&fsm.AlreadyRunning{WorkflowID: "w", RunID: id},
		&fsm.InvalidState{WorkflowID: "w", RunID: id, Status: history.StatusRunning, Want: "paused"},
		&fsm.ResourceExhausted{What: "request ids", Limit: 1 << 62},
		&fsm.RequestMismatch{ID: "key"},
		&fsm.RequestsFull{Owner: "ops", Limit: 1 << 62, Total: 1<<62 + 9, Holder: "ci", Held: 1 << 61},
		&fsm.VersionPinned{Version: v, Counts: rows.PinCounts{LiveRun: 2}, Holders: []fsm.PinHolder{holder}},
		&fsm.Fenced{RunID: id, Why: "overtaken"},
		&fsm.Recheck{Type: "order", Schema: d},
		&fsm.NoCanary{Type: "order"},
		&fsm.NoToken{Name: "ci"},
		&fsm.TokenExists{Name: "ci"},
		&fsm.AuthBegun{},
		&fsm.NotInPolicy{Key: "release"},
		&fsm.PolicyConflict{Key: "release", Why: "is trusted"},
		&fsm.SignatureRequired{Version: v, Type: "order", Prefix: "or", Count: 2, Keys: []string{"release"}, Signed: []string{"ops"}},
		&fsm.SignatureInvalid{Version: v, PublicKey: "ed25519:", Key: "release", Type: "order"},
		&fsm.NoNamespace{Name: "acme"},
		&fsm.NamespaceExists{Name: "acme"},
		&fsm.NamespaceHolds{Name: "acme", Runs: 2, Open: 1, Versions: 1, Schedule: "s", Queue: "q"},
		&fsm.QuotaReached{Quota: "open_runs", Limit: 9, Namespace: "acme"},
		&engine.Forbidden{Grant: "deploy:type=order", What: "a package"},
		&catalog.CanaryActive{Type: "order", Version: catalog.Version{1}, Routed: catalog.Version{2}},
		&fsm.NoUnloadAsked{Version: catalog.Version{1}},
		&fsm.NotNewest{WorkflowID: "w", RunID: id, Newest: history.RunID{2}},
		&fsm.NoSchedule{ID: "nightly"},
		&fsm.NoBatch{ID: "01a22990"},
		&fsm.RunQuotaReached{Quota: "open_runs", Limit: 9, Type: "order"},
		&fsm.RunQuotaReached{Quota: "depth", Limit: 9},
		&fsm.Stopped{Type: "order", Reason: "it forks"},
		&fsm.Stopped{Version: catalog.Version{1}},
		&fsm.ScheduleExists{ID: "nightly"},
		&fsm.TreeCloses{WorkflowID: "w", RunID: id},
		&fsm.RunCloses{WorkflowID: "w", RunID: id},
		&fsm.Overtaken{RunID: id},
		&fsm.NodeRemoved{ID: "n3", Index: 12},
		&runtime.PackageError{Module: "order.star", Line: 3, Column: 4, Reason: "undefined: x", Stack: []string{"a", "b"}},
		&replay.UnknownQuery{Name: "q", Known: []string{"stage"}},
		&replay.UnknownUpdate{Name: "u", Known: []string{"pay"}},
		&engine.UnknownUpdateID{WorkflowID: "w", UpdateID: "u-1"},
		&replay.QueryFailed{Name: "q", Err: history.RunError{Kind: "failed", Message: "no", Details: history.Payload(`{"a":1}`)}},
		&schema.Violation{Type: "order", Version: v, Pointer: "/card", Reason: "is missing"},
		&schema.Unreadable{What: "input", Type: "order", Cause: errors.New("no node has the archive")},
		&engine.UnknownBacktest{What: "backtest", ID: "b", Node: "n1"},
		&engine.DoesNotReplay{WorkflowID: "w", RunID: id, Seq: 2}, &engine.NoFailure{WorkflowID: "w", RunID: id},
		&engine.GateFailed{Version: v, Runs: []backtest.Result{{WorkflowID: "w", RunID: id, Version: v, Verdict: backtest.Diverged, Seq: 5, Recorded: "TimerStarted", Asked: "TimerCancelled", Where: "order.star:9"}, {}, {}, {}}},
		&engine.GateContended{Types: []string{"order"}},
		&engine.UnknownArchive{Why: errors.New("no node has it")},
		&fsm.ActivityOver{WorkflowID: "w", RunID: id, ID: 3, Why: "it has its outcome, was given up, or never was"},
		&engine.NotBegun{WorkflowID: "w", RunID: id, At: 1},
		&fsm.AlreadyClosed{WorkflowID: "w", RunID: id, Status: history.StatusCompleted},
		&engine.QueryTimeout{WorkflowID: "w", RunID: id, Limit: time.Second},
		&engine.ChangeError{Change: 1, Op: "load", Reason: &catalog.InvalidPackage{Reason: "is empty"}},
		&engine.ArchiveNotStored{Archive: d, Why: "asked nobody"},
		&fsm.ChangeRefused{Change: 1, Op: "load"},
		&fsm.NotEphemeral{Version: v, Owner: "ci"},
		&engine.NotLeader{Leader: "n2"},
		&engine.NoQuorum{Why: "one of three voters answers"},
		&engine.Unavailable{Why: "this node is draining"},
		&engine.LeaseLost{Reason: "attempt 1 is over: its lease ended"},
		&engine.Unknown{Cause: errors.New("leadership was lost")},
	}
}

// refuser refuses to describe anything.
type refuser struct {
	transport.RunReader
	transport.Controller
	err error
}

func (r *refuser) Describe(context.Context, engine.Read, fsm.RunRef, int) (*engine.Description, error) {
	return nil, r.err
}

func (r *refuser) Resume(context.Context, engine.Call, fsm.RunRef) (*fsm.RunAnswer, engine.Answered, error) {
	return nil, engine.Answered{}, r.err
}

// plainJSON returns a value as it looks after it has crossed the network.
func plainJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var back any
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	b, _ = json.Marshal(back)
	return string(b)
}

func TestEveryRefusalSurvivesTheWay(t *testing.T) {
	th := &throne{}
	api := &refuser{}
	leader := listen(t, api, th, "n1").lead()
	follower := listen(t, api, th, "n2")
	leader.odd, follower.odd = true, true
	for _, refusal := range samples() {
		// Wrapped, as the engine does to say what it attempted.
		api.err = fmt.Errorf("attempt: %w", refusal)
		want := wire.New(refusal.Code(), refusal.Error())
		facts := refusal.Facts()
		for _, h := range []*host{leader, follower} {
			r := h.send(t, "GET", "/v1/workflows/w", "")
			p := r.problem(t)
			if p.Code != refusal.Code() || p.Status != want.Status || p.Outcome != want.Outcome || p.Detail != refusal.Error() || p.Hint != want.Hint || p.Title != want.Title {
				t.Errorf("%T through %s: %s", refusal, h.id, r.body)
			}
			if len(facts)+len(p.Facts) > 0 && plainJSON(t, p.Facts) != plainJSON(t, facts) {
				t.Errorf("%T through %s: facts\n%s, want\n%s", refusal, h.id, plainJSON(t, p.Facts), plainJSON(t, facts))
			}
			if got := r.header.Get(wire.HeaderNode); got != "n1" {
				t.Errorf("%T through %s was answered by %q, want n1", refusal, h.id, got)
			}
		}
		// The Go client returns the same error. Retried codes are left out, because it would keep
		// trying.
		if want.Outcome == wire.Rejected {
			_, err := caller(t, follower).Describe(t.Context(), wire.RunRef{WorkflowID: "w"})
			var p *wire.Problem
			if !errors.As(err, &p) || p.Code != refusal.Code() || p.Detail != refusal.Error() || plainJSON(t, p.Facts) != plainJSON(t, facts) {
				t.Errorf("%T as the client's error: %v", refusal, err)
			}
		}
	}
}

// TestContextEndsMeanWhatTheyMean: a read that timed out changed nothing, but a mutation may have.
func TestContextEndsMeanWhatTheyMean(t *testing.T) {
	api := &refuser{err: fmt.Errorf("propose: %w", context.DeadlineExceeded)}
	h := listen(t, api, &throne{}, "n1").lead()
	if p := h.send(t, "GET", "/v1/workflows/w", "").problem(t); p.Code != "unavailable" || p.Outcome != wire.Retry {
		t.Errorf("read: %v", p)
	}
	if p := h.send(t, "POST", "/v1/workflows/w/resume", "").problem(t); p.Code != "outcome_unknown" {
		t.Errorf("mutation: %v", p)
	}
	api.err = errors.New("pebble: the disk is gone")
	if p := h.send(t, "POST", "/v1/workflows/w/resume", "").problem(t); p.Code != "internal" || p.Outcome != wire.Unknown {
		t.Errorf("internal: %v", p)
	}
}

// TestSamplesAreComplete reads the source: a new type of refusal needs a sample.
func TestSamplesAreComplete(t *testing.T) {
	have := map[string]bool{}
	for _, s := range samples() {
		have[reflect.TypeOf(s).Elem().String()] = true
	}
	for _, dir := range []string{"../catalog", "../catalog/project", "../fsm", "../engine", "../engine/runtime", "../engine/runtime/starlark", "../engine/replay", "../fsm/history"} {
		for _, name := range refusalTypes(t, dir) {
			if !have[filepath.Base(dir)+"."+name] {
				t.Errorf("%s.%s has a Code method but no sample in this test", filepath.Base(dir), name)
			}
		}
	}
	for _, s := range samples() {
		if _, ok := wire.Lookup(s.Code()); !ok {
			t.Errorf("%T has code %s, which the table lacks", s, s.Code())
		}
	}
}

// refusalTypes lists the types in dir with a method Code() string.
func refusalTypes(t *testing.T, dir string) []string {
	t.Helper()
	notTest := func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }
	packages, err := parser.ParseDir(token.NewFileSet(), dir, notTest, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range packages {
		for _, f := range p.Files {
			for _, d := range f.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok || fn.Recv == nil || fn.Name.Name != "Code" || len(fn.Type.Params.List) > 0 {
					continue
				}
				recv := fn.Recv.List[0].Type
				if star, ok := recv.(*ast.StarExpr); ok {
					recv = star.X
				}
				if id, ok := recv.(*ast.Ident); ok && ast.IsExported(id.Name) {
					names = append(names, id.Name)
				}
			}
		}
	}
	return names
}

// own are the facts that transport and the client add themselves.
var own = map[string][]string{
	"not_found": {"module", "path", "version"}, "permission_denied": {"token"}, "misdirected": {"host"}, "unsupported_encoding": {"encoding"}, "body_too_large": {"field", "limit", "setting", "size"}, "no_leader": {"leader"}, "outcome_unknown": {"leader", "request_id"}, "unavailable": {"leader", "limit"},
}

// TestErrorsDoc keeps the table of docs/ERRORS.md up to date: go test ./transport -run ErrorsDoc
// -update
func TestErrorsDoc(t *testing.T) {
	facts := map[string]map[string]bool{}
	add := func(code string, names ...string) {
		if facts[code] == nil {
			facts[code] = map[string]bool{}
		}
		for _, n := range names {
			facts[code][n] = true
		}
	}
	for _, s := range samples() {
		add(s.Code(), slices.Collect(maps.Keys(s.Facts()))...)
	}
	for code, names := range own {
		add(code, names...)
	}
	var table strings.Builder
	table.WriteString("| code | HTTP | outcome | means | facts | what to do |\n|---|---|---|---|---|---|\n")
	for _, k := range wire.Table {
		names := slices.Sorted(maps.Keys(facts[k.Code]))
		for i, n := range names {
			names[i] = "`" + n + "`"
		}
		fmt.Fprintf(&table, "| `%s` | %d | %s | %s | %s | %s |\n", k.Code, k.Status, k.Outcome, k.Title, strings.Join(names, " "), k.Hint)
	}
	const path, begin, end = "../docs/ERRORS.md", "<!-- table: go test ./transport -run ErrorsDoc -update -->\n", "<!-- end of table -->\n"
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(b), begin)
	old, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s lacks the lines %q and %q", path, begin, end)
	}
	if old == table.String() {
		return
	}
	if !*update {
		t.Fatalf("the table in %s is not that of transport/wire; write it with -update", path)
	}
	if err := os.WriteFile(path, []byte(before+begin+table.String()+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
