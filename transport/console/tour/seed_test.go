package tour

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"aion.dev/aion/transport/wire"
	"aion.dev/aion/transport/worker"
)

const examples = "../../../docs/examples/"

// hostile are texts of callers that a page must show and never obey.
var hostile = []string{
	`<script>window.owned=1</script>`,
	`<img src=x onerror="window.owned=1">`,
	`"><svg onload=window.owned=1>`,
	`javascript:window.owned=1`,
	`{{constructor.constructor('window.owned=1')()}}`,
	"a\u202egnp.exe\u2066 right to left",
	`../../../etc/passwd?x=1#y&z=%2F`,
	`__proto__`,
}

// cli runs aion-node and returns what it printed.
func (c *cluster) cli(t testing.TB, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Env = append(cmd.Environ(), "AION_ADDR="+c.client.Addresses()[0])
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("aion-node %v: %v\n%s", args, err, exit.Stderr)
		}
		t.Fatal(err)
	}
	return string(out)
}

// seed fills a cluster with what a shop would have, and with hostile texts.
func (c *cluster) seed(t testing.TB, entries int) {
	t.Helper()
	c.cli(t, "deploy", examples+"order", examples+"saga", examples+"fanout", examples+"subscription", examples+"approval", examples+"batch", "testdata/ledger", "--message", "release 12")
	c.work(t)
	start := func(typ, id string, input any, attributes wire.Attributes) {
		t.Helper()
		in, err := json.Marshal(input)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.client.Start(t.Context(), wire.StartRequest{Type: typ, WorkflowID: id, Input: in, Attributes: attributes}); err != nil {
			t.Fatal(err)
		}
	}
	type m = map[string]any
	cities := []string{"Bern", "Basel", "Genf", "Chur", "Sion"}
	for i := range 24 {
		start("order", fmt.Sprintf("order-%d", 1000+i), m{"id": i, "amount": 5 + 7*i%90}, wire.Attributes{"city": quote(cities[i%5]), "customer": quote(fmt.Sprintf("acme-%d", i%7))})
	}
	for i := range 6 {
		id := fmt.Sprintf("order-%d", 1000+i)
		if _, err := c.client.Signal(t.Context(), wire.RunRef{WorkflowID: id}, "approval", json.RawMessage(`{"by":"Ada"}`)); err != nil {
			t.Fatal(err)
		}
	}
	for i, order := range []m{
		{"item": "lamp", "card": "4242", "address": "Bern"}, {"item": "popular", "card": "4242", "address": "Bern"},
		{"item": "unobtainium", "card": "4242", "address": "Bern"}, {"item": "lamp", "card": "declined", "address": "Basel"},
		{"item": "desk", "card": "4242", "address": "Genf"}, {"item": "chair", "card": "slow", "address": "Genf"},
	} {
		order["order"], order["amount"] = fmt.Sprintf("s-%d", i), 30+i
		start("saga", fmt.Sprintf("saga-%d", i), order, nil)
	}
	start("fanout", "fanout-1", m{"numbers": []int{1, 2, 3, 4, 5}}, nil)
	start("fanout", "fanout-2", m{"numbers": []int{1, -2, 3}}, nil)
	start("fanout", "fanout-slow", m{"numbers": []int{1, 2, 3}}, nil)
	start("subscription", "subscription-acme", m{"plan": "pro", "period": "20s"}, nil)
	start("approval", "approval-7", m{"about": "a new lamp", "author": "eve", "approvers": []string{"ada", "bob"}}, nil)
	start("ledger", "books-2026-09", m{"entries": 120, "month": "2026-09", "unbalanced": true}, nil)
	start("ledger", "books-2026-10", m{"entries": 40, "month": "2026-10", "book": true, "fails": true}, nil)
	start("ledger", "books-2026-11", m{"entries": entries, "month": "2026-11"}, nil)
	for i, text := range hostile {
		start("ledger", fmt.Sprintf("hostile-%d", i), m{"entries": 2, "month": text, "text": text}, wire.Attributes{text: quote(text)})
	}
	for _, s := range []wire.ScheduleSpec{
		{ScheduleID: "nightly-books", Type: "ledger", Cron: "30 3 * * *", Timezone: "Europe/Zurich", Input: json.RawMessage(`{"entries":3}`)},
		{ScheduleID: "every-minute", Type: "fanout", Every: "1m", Overlap: "allow_all", Input: json.RawMessage(`{"numbers":[1,2]}`)},
		{ScheduleID: "paused-report", Type: "order", Cron: "0 8 * * 1", Paused: true, Input: json.RawMessage(`{"id":1,"amount":3}`)},
	} {
		if _, err := c.client.CreateSchedule(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	for _, typ := range []string{"order"} {
		if _, err := c.client.Route(t.Context(), typ, wire.RouteRequest{Version: "ffffff"}); err == nil {
			t.Fatal("a route to nowhere was made")
		}
	}
	c.cli(t, "deploy", examples+"order-v2", "--message", "release 13: free shipping")
	for i := range 10 {
		start("order", fmt.Sprintf("order-%d", 2000+i), m{"id": i, "amount": 50}, wire.Attributes{"city": quote(cities[i%5])})
	}
	c.cli(t, "deploy", "testdata/ledger-next", "--no-route")
	next := c.version(t, "ledger", false)
	if _, err := c.client.SetCanary(t.Context(), "ledger", wire.CanaryRequest{Version: next, Share: "25%", AbortFailures: 5, PromoteAfter: 100, Message: "auditors"}); err != nil {
		t.Fatal(err)
	}
	for i := range 12 {
		start("ledger", fmt.Sprintf("books-branch-%d", i), m{"entries": 3, "month": "2026-11", "region": cities[i%5]}, nil)
	}
	for _, f := range []func() error{
		func() error {
			_, err := c.client.Pause(t.Context(), wire.RunRef{WorkflowID: "order-1010"}, "looking into it")
			return err
		},
		func() error {
			_, err := c.client.Terminate(t.Context(), wire.RunRef{WorkflowID: "order-1011"}, "a mistake")
			return err
		},
		func() error {
			_, err := c.client.Cancel(t.Context(), wire.RunRef{WorkflowID: "order-1012"}, "the customer called")
			return err
		},
		func() error {
			_, err := c.client.Signal(t.Context(), wire.RunRef{WorkflowID: "order-1013"}, "aproval", quote(hostile[0]))
			return err
		},
		func() error {
			_, err := c.client.LimitQueue(t.Context(), "default", wire.QueueLimits{Rate: "1000/s"})
			return err
		},
	} {
		if err := f(); err != nil {
			t.Fatal(err)
		}
	}
}

// version returns a version of a type: the routed one, or one that is not.
func (c *cluster) version(t testing.TB, typ string, routed bool) string {
	t.Helper()
	all, err := c.client.Versions(t.Context(), typ)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range all.Versions {
		if v.RouteActive == routed {
			return v.Version
		}
	}
	t.Fatalf("%s has no such version", typ)
	return ""
}

func quote(text string) json.RawMessage {
	b, _ := json.Marshal(text)
	return b
}

// work serves the default queue until the test ends.
func (c *cluster) work(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan error, 1)
	w := worker.New(worker.Config{Client: c.client, ID: "tour-worker", Lease: 5 * time.Second, Wait: time.Second, Drain: -1, Logger: slog.New(slog.DiscardHandler)})
	for name, handle := range map[string]func(context.Context, worker.Task) (any, error){
		"reserve_stock": func(_ context.Context, t worker.Task) (any, error) {
			var in struct{ Item string }
			if err := t.Input(&in); err != nil {
				return nil, err
			}
			switch {
			case in.Item == "popular" && t.Attempt < 3:
				return nil, &worker.Failure{Kind: "busy", Message: "the warehouse is busy"}
			case in.Item == "unobtainium":
				return nil, worker.Failf("out_of_stock", "there is no unobtainium")
			}
			return map[string]string{"reservation": "r-1"}, nil
		},
		"charge_card": func(ctx context.Context, t worker.Task) (any, error) {
			var in struct{ Card string }
			if err := t.Input(&in); err != nil {
				return nil, err
			}
			switch in.Card {
			case "declined":
				return nil, worker.Failf("card_declined", "the bank says no")
			case "slow":
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return map[string]string{"charge": "c-1"}, nil
		},
		"book": func(_ context.Context, t worker.Task) (any, error) {
			return nil, &worker.Failure{Kind: "unreachable", Message: "the bank does not answer: dial tcp 10.0.0.7:443: connect: connection refused"}
		},
		"release_stock": done, "refund_card": done, "ship_order": done, "notify": done, "charge_subscription": done, "process_item": done,
	} {
		w.Handle(name, handle)
	}
	go func() { over <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-over; err != nil {
			t.Errorf("the worker: %v", err)
		}
	})
}

func done(context.Context, worker.Task) (any, error) { return map[string]bool{"done": true}, nil }

// project is a folder of code for a deploy in the browser.
func project(t testing.TB, name string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), name+".aion")
	cmd := exec.CommandContext(t.Context(), binary, "package", examples+name, "--out", out)
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	return out
}
