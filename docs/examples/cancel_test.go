package examples_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// takesBack says which activity of the saga takes back what another one does.
var takesBack = map[string]string{"release_stock": "reserve_stock", "refund_card": "charge_card"}

// TestCancelledInTheMiddleOfEveryStep cancels sagas while a worker has one of their steps in hand,
// and reads the order of effects from the worker's own ledger: nothing takes a step back before
// that step has had its effect, or can have none any more. The worker carries on, because it hears
// of the request too late; or it hears of it, and stops; or it dies.
func TestCancelledInTheMiddleOfEveryStep(t *testing.T) {
	steps := []string{"reserve_stock", "charge_card", "ship_order"}
	for _, c := range []struct {
		name, pace, lease string
		dies, effect      bool
	}{
		{"the worker carries on", "1500ms", "60s", false, true},
		{"the worker hears of it", "3s", "1s", false, false},
		{"the worker dies", "1500ms", "1s", true, false},
	} {
		for _, l := range languages {
			if l.folder != "" && (c.effect || c.dies) { // one case shows that the other languages do the same
				continue
			}
			t.Run(l.name+", "+c.name, func(t *testing.T) {
				t.Parallel()
				cancelInTheMiddle(t, l, steps, c.pace, c.lease, c.dies, c.effect)
			})
		}
	}
}

func cancelInTheMiddle(t *testing.T, l language, steps []string, pace, lease string, dies, effect bool) {
	p := &play{place: newPlace(t, 1)}
	var err error
	if p.client, err = client.New(client.Config{Addresses: p.addrs, Patience: patient}); err != nil {
		t.Fatal(err)
	}
	defer p.client.Close()
	p.deploy(l, "saga")
	p.ledger = filepath.Join(p.dir, "ledger")
	p.worker = p.process("worker", nil, filepath.Join(binaries, "worker"), "--addr", p.addr(), "--id", "w", "--pace", pace, "--lease", lease, "--ledger", p.ledger)
	p.worker.start()
	for _, step := range steps {
		ref := wire.RunRef{WorkflowID: step}
		input := fmt.Sprintf(`{"order":%q,"item":"lamp","card":"4242","amount":30,"address":"Bern"}`, step)
		if _, err := p.client.Start(t.Context(), wire.StartRequest{Type: "saga", WorkflowID: step, Input: json.RawMessage(input)}); err != nil {
			t.Fatal(err)
		}
		if _, err := p.client.Signal(t.Context(), ref, "confirm", json.RawMessage("true")); err != nil {
			t.Fatal(err)
		}
	}
	p.cancelEach(steps, dies)
	for _, step := range steps {
		p.tookBack(step, effect)
	}
}

// cancelEach cancels each run as soon as a worker has begun with the step that it is called after.
func (p *play) cancelEach(steps []string, kill bool) {
	p.t.Helper()
	cancelled := map[string]bool{}
	p.eventually("every step has begun", func() error {
		for _, l := range p.lines() {
			if l.What != "begin" || l.Activity != l.WorkflowID || cancelled[l.WorkflowID] {
				continue
			}
			cancelled[l.WorkflowID] = true
			if _, err := p.client.Cancel(p.t.Context(), wire.RunRef{WorkflowID: l.WorkflowID}, "a mistake"); err != nil {
				p.t.Fatal(err)
			}
			if kill {
				p.killWorker()
			}
		}
		if len(cancelled) < len(steps) {
			return errors.New("not yet")
		}
		return nil
	})
}

// tookBack waits for the end of the run that was cancelled at a step, and reads its lines.
func (p *play) tookBack(step string, effect bool) {
	p.t.Helper()
	var result struct{ Status string }
	p.eventually(step+" ends", func() error {
		r, err := p.client.Result(p.t.Context(), wire.RunRef{WorkflowID: step}, 5*time.Second)
		if err != nil {
			return err
		}
		if wire.Open(r.Status) {
			return errors.New("it is " + r.Status)
		}
		return json.Unmarshal(r.Result, &result)
	})
	if want := map[bool]string{false: "undone", true: "shipped"}[effect && step == "ship_order"]; result.Status != want {
		p.t.Errorf("%s: the order is %s, want %s", step, result.Status, want)
	}
	began, done := map[string]bool{}, map[string]int{}
	for _, l := range p.lines() {
		if l.WorkflowID != step {
			continue
		}
		if l.What == "begin" {
			began[l.Activity] = true
			continue
		}
		done[l.Activity]++
		for back, first := range takesBack {
			if first == l.Activity && began[back] {
				p.t.Errorf("%s: %s takes effect after %s has begun", step, first, back)
			}
		}
	}
	if (done[step] > 0) != effect {
		p.t.Errorf("%s: the step that was under way took effect %d times, want %v", step, done[step], effect)
	}
	for back, first := range takesBack {
		if result.Status == "undone" && done[first] > 0 && done[back] == 0 {
			p.t.Errorf("%s: %s has taken effect, and %s has not", step, first, back)
		}
	}
}
