package transport_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// TestBacktestStory: a candidate that is stored and not loaded is tried on a follower.
func TestBacktestStory(t *testing.T) {
	_, follower, c := cluster2(t)
	ctx := t.Context()
	loaded, err := c.Load(ctx, enginetest.Pack(t, waiting("1")), wire.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var last uint64
	for i := range 3 {
		ref := wire.RunRef{WorkflowID: fmt.Sprint("w", i)}
		if _, err := c.Start(ctx, wire.StartRequest{Type: "order", WorkflowID: ref.WorkflowID, Attributes: wire.Attributes{"n": json.RawMessage(fmt.Sprint(i))}}); err != nil {
			t.Fatal(err)
		}
		a, err := c.Signal(ctx, ref, "approval", json.RawMessage("1"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Result(ctx, ref, 5*time.Second); err != nil {
			t.Fatal(err)
		}
		last = a.Index
	}
	stored, err := c.StoreArchive(ctx, enginetest.Pack(t, waiting("2")))
	if err != nil {
		t.Fatal(err)
	}
	backtest := func(r wire.BacktestRequest) *wire.Backtest {
		t.Helper()
		begun, err := c.StartBacktest(ctx, r, client.MinIndex(last))
		if err != nil || begun.BacktestID == "" || begun.Node != "n2" || begun.Index < last {
			t.Fatalf("%+v, %v", begun, err)
		}
		b, err := c.Backtest(ctx, begun.BacktestID, 20*time.Second, wire.Page{})
		if err != nil || b.Status != "completed" || b.Node != "n2" || b.EndedAt == nil || b.NextCursor != "" {
			t.Fatalf("%+v, %v", b, err)
		}
		return b
	}
	if b := backtest(wire.BacktestRequest{Version: loaded.Version[:10]}); b.Same != 3 || b.Total != 3 || len(b.Results) != 3 || b.Results[0].Verdict != "same" {
		t.Errorf("on its own version: %+v", b)
	}
	b := backtest(wire.BacktestRequest{Archive: stored.Archive, Types: []string{"order"}, Runs: "closed", Since: "1h", Limit: 10, Where: []string{"n=1"}})
	if b.Differed != 1 || b.Total != 1 || b.Results[0].WorkflowID != "w1" || b.Results[0].Seq != 3 || b.Results[0].Version != loaded.Version ||
		!strings.Contains(b.Results[0].Recorded, `"version":"1"`) || !strings.Contains(b.Results[0].Asked, `"version":"2"`) {
		t.Errorf("on another one: %+v", b)
	}
	page, err := c.Backtest(ctx, b.BacktestID, 0, wire.Page{Limit: 1})
	if err != nil || len(page.Results) != 1 {
		t.Errorf("a page: %+v, %v", page, err)
	}
	if stopped, err := c.StopBacktest(ctx, b.BacktestID); err != nil || stopped.Status != "completed" {
		t.Errorf("stopping what has ended: %+v, %v", stopped, err)
	}
	for name, r := range map[string]wire.BacktestRequest{
		"nothing": {}, "both": {Archive: stored.Archive, Version: loaded.Version}, "no digest": {Archive: "x"}, "no such runs": {Version: loaded.Version, Runs: "some"},
		"no time": {Version: loaded.Version, Since: "yesterday"}, "no condition": {Version: loaded.Version, Where: []string{"n"}}, "the future": {Version: loaded.Version, Since: "-1h"},
	} {
		if _, err := c.StartBacktest(ctx, r); code(err) != "invalid_input" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := c.StartBacktest(ctx, wire.BacktestRequest{Archive: strings.Repeat("0", 64)}); code(err) != "not_found" {
		t.Errorf("an archive that nobody stored: %v", err)
	}
	var p *wire.Problem
	if _, err := c.Backtest(ctx, "nobody", 0, wire.Page{}); !errors.As(err, &p) || p.Code != "not_found" || !strings.Contains(p.Detail, "node") {
		t.Errorf("a backtest that nobody started: %v", err)
	}
	for _, call := range []string{"GET /v1/backtests/" + b.BacktestID + "?limit=1&wait=1s", "POST /v1/backtests", "DELETE /v1/backtests/" + b.BacktestID} {
		method, path, _ := strings.Cut(call, " ")
		body := ""
		if method == "POST" {
			body = `{"version":"` + loaded.Version + `"}`
		}
		if r := follower.send(t, method, path, body); r.status >= 300 { // send checks that the answer is as /openapi.json says
			t.Errorf("%s: %d %s", call, r.status, r.body)
		}
	}
}
