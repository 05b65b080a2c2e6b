package transport_test

import (
	"fmt"
	"strings"
	"testing"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/transport"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// TestTokensForEphemeralVersions: such a token reads, tries code, and starts runs on code that goes
// with them, within its limits; whatever else it asks for is refused, and nothing happens.
func TestTokensForEphemeralVersions(t *testing.T) {
	n := enginetest.New(t)
	th := &throne{}
	withTokens := func(cfg *transport.Config) {
		cfg.Tokens = []transport.Token{{Name: "ops", Secret: "secret-of-ops"}, {Name: "guest", Secret: "secret-of-guest", Ephemeral: &fsm.Allowance{Versions: 2, Bytes: 5000}}}
	}
	leader := listen(t, n, th, "n1", withTokens).lead()
	follower := listen(t, n, th, "n2", withTokens)
	dial := func(h *host, secret string) *client.Client {
		c, err := client.New(client.Config{Addresses: []string{h.URL}, Token: secret})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c
	}
	ctx, ops, guest := t.Context(), dial(leader, "secret-of-ops"), dial(follower, "secret-of-guest")
	store := func(c *client.Client, mark string) *wire.Archive {
		t.Helper()
		a, err := c.StoreArchive(ctx, enginetest.Pack(t, waiting(mark)))
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	bring := func(id string, a *wire.Archive) error {
		_, err := guest.Start(ctx, wire.StartRequest{Type: "order", WorkflowID: id, Archive: a.Archive, Ephemeral: true})
		return err
	}
	deployed, err := ops.Load(ctx, enginetest.Pack(t, waiting("0")), wire.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	one, two, three, there := store(guest, "1"), store(guest, "2"), store(ops, "3"), store(ops, "0")

	denied := map[string]error{}
	_, denied["start on a route"] = guest.Start(ctx, wire.StartRequest{Type: "order"})
	_, denied["start by version"] = guest.Start(ctx, wire.StartRequest{Type: "order", Version: deployed.Version})
	_, denied["archive that stays"] = guest.Start(ctx, wire.StartRequest{Type: "order", Archive: one.Archive})
	denied["archive of what is deployed"] = bring("x", there)
	_, denied["load"] = guest.Load(ctx, enginetest.Pack(t, waiting("1")), wire.LoadOptions{})
	_, denied["deploy"] = guest.Deploy(ctx, wire.Deployment{Changes: []wire.Change{{Op: "load", Archive: one.Archive}}})
	_, denied["route"] = guest.Route(ctx, "order", wire.RouteRequest{Version: deployed.Version})
	_, denied["unload"] = guest.Unload(ctx, "order", deployed.Version, "")
	_, denied["signal"] = guest.Signal(ctx, wire.RunRef{WorkflowID: "a"}, "go", nil)
	_, denied["batch"] = guest.StartMany(ctx, []wire.StartItem{{StartRequest: wire.StartRequest{Type: "order"}}})
	for what, err := range denied {
		if code(err) != "permission_denied" || !strings.Contains(err.Error(), `"guest"`) {
			t.Errorf("%s: got %v, want permission_denied that names the token", what, err)
		}
	}
	if r, err := ops.List(ctx, wire.RunFilter{}, wire.Page{}); err != nil || len(r.Workflows) != 0 {
		t.Errorf("something was started: %+v, %v", r, err)
	}

	if _, err := guest.Load(ctx, enginetest.Pack(t, waiting("1")), wire.LoadOptions{DryRun: true}); err != nil {
		t.Errorf("a dry run: %v", err)
	}
	if p, err := guest.Deploy(ctx, wire.Deployment{Changes: []wire.Change{{Op: "load", Archive: one.Archive}}, DryRun: true}); err != nil || p.Plan == nil {
		t.Errorf("a plan: %v", err)
	}
	for id, a := range map[string]*wire.Archive{"a": one, "b": two} {
		if err := bring(id, a); err != nil {
			t.Fatalf("%s: %v", id, err)
		}
	}
	// It signals and ends its own runs, by their run ids, as long as nobody else has runs of that
	// code.
	own, err := guest.Start(ctx, wire.StartRequest{Type: "order", WorkflowID: "own", Archive: one.Archive, Ephemeral: true})
	if err != nil {
		t.Fatal(err)
	}
	of := wire.RunRef{WorkflowID: "own", RunID: own.RunID}
	if _, err := guest.Signal(ctx, of, "note", []byte("1")); err != nil {
		t.Errorf("a signal to its own run: %v", err)
	}
	if _, err := guest.Cancel(ctx, wire.RunRef{WorkflowID: "own"}, ""); code(err) != "permission_denied" || !strings.Contains(err.Error(), "run_id") {
		t.Errorf("its own run without a run id: %v", err)
	}
	if _, err := guest.Pause(ctx, of, ""); code(err) != "permission_denied" {
		t.Errorf("pausing its own run: %v", err)
	}
	if _, err := guest.Terminate(ctx, of, "enough"); err != nil {
		t.Errorf("ending its own run: %v", err)
	}
	theirs, err := ops.Start(ctx, wire.StartRequest{Type: "order", WorkflowID: "theirs"})
	if err != nil {
		t.Fatal(err)
	}
	shared, err := ops.Start(ctx, wire.StartRequest{Type: "order", WorkflowID: "shared", Archive: two.Archive, Ephemeral: true})
	if err != nil {
		t.Fatal(err)
	}
	for id, run := range map[string]string{"theirs": theirs.RunID, "shared": shared.RunID, "own": own.RunID} {
		if _, err := guest.Terminate(ctx, wire.RunRef{WorkflowID: id, RunID: run}, ""); id != "own" && code(err) != "permission_denied" {
			t.Errorf("ending %s: %v", id, err)
		}
		if _, err := guest.Signal(ctx, wire.RunRef{WorkflowID: id, RunID: run}, "go", nil); id != "own" && code(err) != "permission_denied" {
			t.Errorf("a signal to %s: %v", id, err)
		}
	}
	for id, run := range map[string]string{"theirs": theirs.RunID, "shared": shared.RunID} {
		if _, err := ops.Terminate(ctx, wire.RunRef{WorkflowID: id, RunID: run}, ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := bring("again", one); err != nil {
		t.Errorf("another run on the same code: %v", err)
	}
	if err := bring("c", three); code(err) != "resource_exhausted" || !strings.Contains(err.Error(), `ephemeral versions of the token "guest" at a time: the limit of 2 is reached`) {
		t.Errorf("a third version: %v", err)
	}
	if _, err := ops.Terminate(ctx, wire.RunRef{WorkflowID: "b"}, ""); err != nil {
		t.Fatal(err)
	}
	if err := bring("c", three); err != nil {
		t.Errorf("a third version in place of one that is gone: %v", err)
	}

	if text := leader.send(t, "GET", "/metrics", "").body; !strings.Contains(text, `aion_http_denied_total{code="permission_denied"} `) {
		t.Error("the metrics do not count denials")
	}

	// What waits is counted, too, whichever node was asked; the same bytes count once.
	for i := range 20 {
		store(guest, "1")
		if _, err = guest.StoreArchive(ctx, enginetest.Pack(t, waiting(fmt.Sprint("more", i)))); err != nil {
			break
		}
	}
	if code(err) != "resource_exhausted" || !strings.Contains(err.Error(), "bytes of archives an hour") {
		t.Errorf("any number of archives: %v", err)
	}
	if _, err := ops.StoreArchive(ctx, enginetest.Pack(t, waiting("another"))); err != nil {
		t.Errorf("another token: %v", err)
	}
}
