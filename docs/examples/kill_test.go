package examples_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// scene is a run of an example, what is sent to it, and what comes of it, whoever dies meanwhile.
type scene struct {
	typ, id string
	input   string
	signal  string // name; empty = none. It waits for the code, so it comes with the start
	payload string
	want    string   // the result
	updates []string // that are sent one after another: name and arguments
	runs    int      // of the chain; 0 = 1
	signals int      // in the histories of the chain, beside signal
}

var scenes = []scene{
	{typ: "saga", id: "ships", input: `{"order":"a","item":"popular","card":"4242","amount":30,"address":"Bern"}`, signal: "confirm", payload: `true`,
		want: `{"status":"shipped","parcel":"a/parcel"}`},
	{typ: "saga", id: "declined", input: `{"order":"b","item":"lamp","card":"declined","amount":30,"address":"Bern"}`,
		want: `{"status":"undone","because":"card_declined","undone":["refund_card","release_stock"]}`},
	{typ: "saga", id: "late", input: `{"order":"c","item":"lamp","card":"4242","amount":30,"address":"Bern","patience":"500ms"}`,
		want: `{"status":"undone","because":"timeout","undone":["refund_card","release_stock"]}`},
	{typ: "saga", id: "nowhere", input: `{"order":"d","item":"lamp","card":"4242","amount":30,"address":"nowhere"}`, signal: "confirm", payload: `null`,
		want: `{"status":"undone","because":"no_such_address","undone":["refund_card","release_stock"]}`},
	{typ: "batch", id: "batch", input: `{"width":3,"items":[{"id":0,"pages":0},{"id":1,"pages":1},{"id":2,"pages":-1},{"id":3,"pages":3},{"id":4,"pages":1},{"id":5,"pages":2}]}`,
		want: `{"processed":5,"words":700,"failed":[{"id":2,"kind":"bad_item"}]}`},
	{typ: "approval", id: "approved", input: `{"about":"x","author":"eve","approvers":["ada"],"remind":"1h"}`, signal: "decision", payload: `{"approve":true}`,
		want: `{"status":"approved","by":"ada","asked":["ada"],"reminders":0}`},
	{typ: "approval", id: "expired", input: `{"about":"x","author":"eve","approvers":["ada","bob"],"remind":"100ms"}`,
		want: `{"status":"expired","by":null,"asked":["ada","bob"],"reminders":4}`},
	{typ: "subscription", id: "broke", input: `{"plan":"basic","period":"200ms"}`, runs: 2,
		want: `{"ended":"unpaid","billed":4,"total":20}`},
	{typ: "window", id: "list", input: `{"last":7,"width":3,"per_run":4}`, runs: 2, signals: 7,
		want: `{"words":700,"failed":[]}`},
	{typ: "transfer", id: "small", input: `{"from":"ada","to":"bob","amount":30,"approvers":[]}`,
		want: `{"status":"transferred","because":null,"approved":[]}`},
	{typ: "transfer", id: "large", input: `{"from":"ada","to":"bob","amount":5000,"approvers":["eve","joe"]}`, updates: []string{`approve "eve"`, `approve "joe"`},
		want: `{"status":"transferred","because":null,"approved":["eve","joe"]}`},
	{typ: "transfer", id: "back", input: `{"from":"ada","to":"closed","amount":30,"approvers":[]}`,
		want: `{"status":"brought back","because":"account_closed","approved":[]}`},
	{typ: "account", id: "acc", input: `{"of":"ada","messages":2}`, updates: []string{"deposit 100", "withdraw 30", "deposit 5", "close null"}, runs: 2,
		want: `{"balance":75}`},
	{typ: "polling", id: "poll", input: `{"job":"fast"}`,
		want: `{"state":"done","asked":2}`},
}

// TestSameResult plays all scenes at once, with workers in every language. They are left alone, or
// the worker, all nodes or the leader of three are killed in the middle of the first attempt at
// every step. The leader is killed with workflow code in every language, all nodes with that of
// the first and the last. What is recorded is the same in all of them, event by event.
func TestSameResult(t *testing.T) {
	goWorker := func(*testing.T) []string { return []string{filepath.Join(binaries, "worker")} }
	pythonWorker := func(t *testing.T) []string { return []string{python(t), "docs/examples/workers/python/worker.py"} }
	pythonSDK := func(t *testing.T) []string {
		return []string{python(t), "-B", "docs/examples/workers/python-sdk/worker.py"}
	}
	typescriptSDK := func(t *testing.T) []string { return []string{"node", typescript(t)} }
	type circumstances struct {
		name   string
		worker func(*testing.T) []string
		nodes  int
		kills  func(p *play) bool
		lease  string
		code   language
	}
	star := languages[0]
	list := []circumstances{
		{"go", goWorker, 1, nil, "30s", star},
		{"python", pythonWorker, 1, nil, "30s", star},
		{"python sdk", pythonSDK, 1, nil, "30s", star},
		{"typescript", typescriptSDK, 1, nil, "30s", star},
		{"go killed", goWorker, 1, (*play).killWorker, "1s", star},
		{"python killed", pythonWorker, 1, (*play).killWorker, "1s", star},
		{"python sdk killed", pythonSDK, 1, (*play).killWorker, "1s", star},
		{"typescript killed", typescriptSDK, 1, (*play).killWorker, "1s", star},
		{"all nodes killed", goWorker, 1, (*play).killNodes, "10s", star},
		{"leader killed", goWorker, 3, (*play).killLeader, "10s", star},
		{"python through a lost leader", pythonWorker, 3, (*play).killLeader, "10s", star},
	}
	for _, l := range languages[1:] {
		list = append(list, circumstances{"code in " + l.name + ", leader killed", goWorker, 3, (*play).killLeader, "10s", l})
	}
	last := languages[len(languages)-1] // of all nodes: one of them is replayed as the others are
	list = append(list, circumstances{"code in " + last.name + ", all nodes killed", goWorker, 1, (*play).killNodes, "10s", last})
	var mu sync.Mutex // over plays
	plays := map[string]told{}
	t.Run("plays", func(t *testing.T) {
		for _, c := range list {
			t.Run(c.name, func(t *testing.T) {
				if c.kills != nil && testing.Short() {
					t.Skip("SKIPPED: kills take half a minute")
				}
				t.Parallel()
				command := c.worker(t)
				p := &play{place: newPlace(t, c.nodes), code: c.code, kills: c.kills}
				p.ledger = filepath.Join(p.dir, "ledger")
				p.worker = p.process("worker", nil, append(command, "--addr", p.addr(), "--id", "w", "--pace", "200ms", "--lease", c.lease, "--ledger", p.ledger)...)
				p.worker.start()
				told := p.all()
				mu.Lock()
				defer mu.Unlock()
				plays[c.name] = told
			})
		}
	})
	want, played := plays["leader killed"]
	for name, told := range plays {
		if played {
			told.compare(t, name, want)
		}
	}
}

// play is all scenes in one place.
type play struct {
	*place
	code   language
	worker *process
	ledger string
	kills  func(*play) bool // at the first attempt at a step; it reports whether it killed anybody. Nil = nobody dies
	client *client.Client
}

func (p *play) all() told {
	var err error
	if p.client, err = client.New(client.Config{Addresses: p.addrs, Patience: patient}); err != nil {
		p.t.Fatal(err)
	}
	defer p.client.Close()
	p.deploy(p.code, "saga", "batch", "approval", "subscription", "window", "transfer", "account", "polling")
	for _, s := range scenes {
		start := wire.StartRequest{Type: s.typ, WorkflowID: s.id, Input: json.RawMessage(s.input)}
		if s.signal != "" {
			start.Signal = &wire.StartSignal{Name: s.signal, Payload: json.RawMessage(s.payload)}
		}
		if _, err := p.client.Start(p.t.Context(), start); err != nil {
			p.t.Fatal(err)
		}
	}
	for _, s := range scenes {
		for i, update := range s.updates {
			name, args, _ := strings.Cut(update, " ")
			u, err := p.client.Update(p.t.Context(), wire.RunRef{WorkflowID: s.id}, name, wire.UpdateRequest{Args: json.RawMessage(args), UpdateID: fmt.Sprint("u", i)}, patient)
			if err != nil || u.Status != "completed" {
				p.t.Fatalf("update %s of %s: %+v, %v", update, s.id, u, err)
			}
		}
	}
	ctx, over := context.WithCancel(p.t.Context())
	killer := make(chan int, 1)
	go func() { killer <- p.killing(ctx) }()
	for _, s := range scenes {
		p.ends(s)
	}
	over()
	kills := <-killer
	if p.t.Logf("%d kills", kills); p.kills != nil && kills < 3 {
		p.t.Error("the test has shown nothing")
	}
	done, histories := p.effects(), told{}
	for _, s := range scenes {
		p.audit(s, done, histories)
	}
	return histories
}

// killing kills at every first attempt until ctx ends, and counts.
func (p *play) killing(ctx context.Context) (kills int) {
	if p.kills == nil {
		return 0
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for seen := 0; ; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return kills
		}
		lines := p.lines()
		first := false
		for _, l := range lines[seen:] {
			first = first || l.What == "begin" && l.Attempt == 1
		}
		if seen = len(lines); first && p.kills(p) {
			kills++
		}
	}
}

func (p *play) killWorker() bool {
	p.worker.kill()
	p.worker.start()
	return true
}

func (p *play) killNodes() bool {
	for _, n := range p.nodes {
		n.kill()
	}
	for _, n := range p.nodes {
		n.start()
	}
	return true
}

func (p *play) killLeader() bool {
	n := p.leader()
	if n == nil {
		return false
	}
	n.kill()
	n.start()
	return true
}

// ends waits for the end of a scene's chain of runs and compares its result.
func (p *play) ends(s scene) {
	p.t.Helper()
	p.eventually(s.id+" ends", func() error {
		r, err := p.client.Result(p.t.Context(), wire.RunRef{WorkflowID: s.id}, wire.MaxWait)
		if err != nil {
			return err
		}
		if wire.Open(r.Status) || r.Status == "continued_as_new" {
			return errors.New("it is " + r.Status)
		}
		if !same(r.Result, s.want) {
			p.t.Errorf("%s ended as %s with %s %v, want %s", s.id, r.Status, r.Result, r.Error, s.want)
		}
		return nil
	})
}

func same(got json.RawMessage, want string) bool {
	var a, b any
	return json.Unmarshal(got, &a) == nil && json.Unmarshal([]byte(want), &b) == nil && reflect.DeepEqual(a, b)
}

// line is one line of the ledger.
type line struct {
	What       string
	Activity   string
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	ActivityID uint64 `json:"activity_id"`
	Attempt    uint32
}

// lines reads the ledger. A line without its end is not written yet.
func (p *play) lines() (all []line) {
	b, err := os.ReadFile(p.ledger)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		p.t.Error(err)
	}
	for text := range bytes.Lines(b) {
		var l line
		if err := json.Unmarshal(text, &l); err == nil && bytes.HasSuffix(text, []byte("\n")) {
			all = append(all, l)
		}
	}
	return all
}

// effects are the steps that took effect, and in which attempts.
func (p *play) effects() map[string]bool {
	done := map[string]bool{}
	for _, l := range p.lines() {
		if l.What == "effect" {
			done[fmt.Sprintf("%s:%d:%d", l.RunID, l.ActivityID, l.Attempt)] = true
		}
	}
	return done
}

// audit reads the histories of a scene's chain: every activity, timer and signal is there exactly
// once, and what is recorded as done was done by that attempt.
func (p *play) audit(s scene, done map[string]bool, histories told) {
	p.t.Helper()
	runs, err := p.client.List(p.t.Context(), wire.RunFilter{Type: s.typ}, wire.Page{Limit: wire.MaxPage})
	if err != nil {
		p.t.Fatal(err)
	}
	chain, signals := 0, 0
	for _, r := range runs.Workflows {
		if r.WorkflowID != s.id {
			continue
		}
		chain++
		scheduled, outcomes := map[uint64]bool{}, map[string]int{}
		var events []event
		for e, err := range p.client.Follow(p.t.Context(), wire.RunRef{WorkflowID: s.id, RunID: r.RunID}, 1) {
			if err != nil {
				p.t.Fatal(err)
			}
			var d struct {
				ID      uint64
				Attempt uint32
			}
			if err := json.Unmarshal(e.Data, &d); err != nil {
				p.t.Fatal(err)
			}
			events = append(events, event{e.Type, e.Data})
			switch e.Type {
			case "ActivityScheduled":
				scheduled[d.ID] = true
			case "ActivityCompleted":
				outcomes[fmt.Sprint("activity ", d.ID)]++
				if !done[fmt.Sprintf("%s:%d:%d", r.RunID, d.ID, d.Attempt)] {
					p.t.Errorf("%s: attempt %d at activity %d is recorded as completed, but had no effect", s.id, d.Attempt, d.ID)
				}
			case "ActivityFailed", "ActivityCancelled":
				outcomes[fmt.Sprint("activity ", d.ID)]++
			case "TimerFired", "TimerCancelled":
				outcomes[fmt.Sprint("timer ", d.ID)]++
			case "SignalReceived":
				signals++
			}
		}
		histories.tell(p.t, s.id, events)
		for id := range scheduled {
			if outcomes[fmt.Sprint("activity ", id)] == 0 {
				p.t.Errorf("%s: activity %d has no outcome", s.id, id)
			}
		}
		for what, n := range outcomes {
			if n != 1 {
				p.t.Errorf("%s: %s has %d outcomes", s.id, what, n)
			}
		}
	}
	if want := max(s.runs, 1); chain != want {
		p.t.Errorf("%s has %d runs, want %d", s.id, chain, want)
	}
	// What one run of a chain has not read is in the history of the next as well.
	if want := s.signals + map[bool]int{true: 1}[s.signal != ""]; signals < want || signals > want && s.runs < 2 {
		p.t.Errorf("%s has %d signals, want %d", s.id, signals, want)
	}
}
