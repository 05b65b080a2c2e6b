package worker_test

import (
	"context"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/transport/worker"
)

// Fakes of what the guide's handlers call.
var (
	errDeclined = errors.New("the bank says no")
	bank        = &teller{}
	pages       = 3
	converted   []int
)

type teller struct{ keys []string }

func (b *teller) Charge(_ context.Context, card, key string) (any, error) {
	b.keys = append(b.keys, key)
	switch {
	case card == "bad":
		return nil, errDeclined
	case len(b.keys) == 1:
		return nil, errors.New("the bank is busy")
	}
	return "receipt", nil
}

func convertPage(_ context.Context, page int) error {
	converted = append(converted, page)
	if len(converted) == 2 {
		return errors.New("paper jam")
	}
	return nil
}

func chargeCard(ctx context.Context, t worker.Task) (any, error) {
	var in struct{ Card string }
	if err := t.Input(&in); err != nil {
		return nil, err // not tried again: the same input comes every time
	}
	receipt, err := bank.Charge(ctx, in.Card, t.Key()) // the key makes a second attempt harmless
	if errors.Is(err, errDeclined) {
		return nil, &worker.Failure{Kind: "card_declined", NonRetryable: true, Err: err}
	}
	return receipt, err // any other error may be tried again
}

func convert(ctx context.Context, t worker.Task) (any, error) {
	page := 0
	if _, err := t.Details(&page); err != nil { // where the attempt before had come to
		return nil, err
	}
	for ; page < pages; page++ {
		if err := convertPage(ctx, page); err != nil {
			return nil, err
		}
		if err := t.Heartbeat(page + 1); err != nil {
			return nil, err // the context is over
		}
	}
	return pages, nil
}

// serve starts a worker as the guide does.
func serve(ctx context.Context, nodes []string) error {
	err := worker.New(worker.Config{Addresses: nodes, Queue: "payments"}).
		Handle("charge_card", chargeCard).
		Run(ctx)
	return err
}

// TestGuide: the Go code in docs/WORKERS.md is the code in this file, and does what the guide says.
func TestGuide(t *testing.T) {
	guide, err := os.ReadFile("../../docs/WORKERS.md")
	if err != nil {
		t.Fatal(err)
	}
	own, err := os.ReadFile("guide_test.go")
	if err != nil {
		t.Fatal(err)
	}
	plain := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(guide), -1)
	if len(blocks) < 3 {
		t.Fatalf("WORKERS.md has %d blocks of Go", len(blocks))
	}
	for _, b := range blocks {
		code := b[1]
		if after, is := strings.CutPrefix(code, "import ("); is { // this file imports more
			var imports string
			imports, code, _ = strings.Cut(after, "\n)\n")
			for name := range strings.FieldsSeq(imports) {
				if !strings.Contains(string(own), name) {
					t.Errorf("WORKERS.md imports %s, which guide_test.go does not", name)
				}
			}
		}
		if !strings.Contains(plain(string(own)), plain(code)) {
			t.Errorf("WORKERS.md says what guide_test.go does not:\n%s", code)
		}
	}
	ended, stop := context.WithCancel(t.Context())
	stop()
	if err := serve(ended, nil); err != nil {
		t.Error(err)
	}
	bubble(t, func(t *testing.T, w *world) {
		bank.keys, converted = nil, nil // of a run of this test before
		w.work(worker.Config{}, handlers{"charge_card": chargeCard, "convert": convert})
		w.Deploy(enginetest.Pack(t, enginetest.Code{
			"charge":  "def run(ctx, input):\n    return ctx.activity(\"charge_card\", input, retry = {})\n",
			"convert": "def run(ctx, input):\n    return ctx.activity(\"convert\", retry = {})\n",
		}, enginetest.Activities("charge_card", "convert")))
		equal(t, "charge", w.Outcome(w.Begin("charge", `{"card":"4242"}`)), `completed "receipt"`)
		equal(t, "declined", w.Outcome(w.Begin("charge", `{"card":"bad"}`)), "failed card_declined: the bank says no")
		equal(t, "bad input", strings.HasPrefix(w.Outcome(w.Begin("charge", `[]`)), "failed invalid_input: "), true)
		if len(bank.keys) != 3 || bank.keys[0] != bank.keys[1] || bank.keys[1] == bank.keys[2] {
			t.Errorf("keys %q", bank.keys)
		}
		equal(t, "convert", w.Outcome(w.Begin("convert", "")), "completed 3")
		equal(t, "pages", len(converted), 4) // one of them twice
	})
}
