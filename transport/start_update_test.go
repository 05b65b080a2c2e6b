package transport

import (
	"errors"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/transport/wire"
)

// The id of an update that comes with a start follows from the request id, so that a call that is
// repeated has one effect, and never passes the limit.
func TestUpdateOfStart(t *testing.T) {
	keyed := func(id string) engine.Call { return engine.Call{Request: &fsm.Request{ID: id}} }
	of := func(c engine.Call, r wire.StartRequest) (*engine.UpdateRequest, wire.StartRequest) {
		u, err := updateOf(c, &r)
		if err != nil {
			t.Fatal(err)
		}
		return u, r
	}
	pay := &wire.StartUpdate{Name: "pay", Args: []byte("1")}
	if u, _ := of(keyed("k"), wire.StartRequest{Type: "a"}); u != nil {
		t.Errorf("an update out of nothing: %+v", u)
	}
	u, r := of(keyed("k"), wire.StartRequest{Type: "a", WorkflowID: "w", Update: pay})
	if u.ID != "start/k" || u.Name != "pay" || string(u.Args) != "1" || r.IfOpen != "use" {
		t.Errorf("%+v, if_open %q", u, r.IfOpen)
	}
	if u, r := of(keyed("k"), wire.StartRequest{Type: "a", WorkflowID: "w", IfOpen: "terminate", Update: &wire.StartUpdate{Name: "pay", UpdateID: "mine"}}); u.ID != "mine" || r.IfOpen != "terminate" {
		t.Errorf("%+v, if_open %q", u, r.IfOpen)
	}
	if _, r := of(keyed("k"), wire.StartRequest{Type: "a", Update: pay}); r.IfOpen != "" {
		t.Errorf("a run without a workflow id of its own: if_open %q", r.IfOpen)
	}
	long := strings.Repeat("x", wire.MaxRequestID)
	a, _ := of(keyed(long), wire.StartRequest{Update: pay})
	b, _ := of(keyed(long), wire.StartRequest{Update: pay})
	if a.ID != b.ID || len(a.ID) > fsm.MaxUpdateID {
		t.Errorf("%q and %q", a.ID, b.ID)
	}
	owned := func(owner string) string {
		u, _ := of(engine.Call{Request: &fsm.Request{ID: "k", Owner: owner}}, wire.StartRequest{Update: pay})
		return u.ID
	}
	if owned("alice") != owned("alice") || owned("alice") == owned("bob") {
		t.Errorf("the same key of two owners: %q and %q", owned("alice"), owned("bob"))
	}
	if a, _ := of(engine.Call{}, wire.StartRequest{Update: pay}); a.ID == "" {
		t.Error("no id without a request id")
	}
	for field, r := range map[string]wire.StartRequest{
		"update.name": {Type: "a", Update: &wire.StartUpdate{}},
		"update":      {Type: "a", Update: pay, Delay: "1s"},
	} {
		_, err := updateOf(keyed("k"), &r)
		if wrong := (*catalog.InvalidInput)(nil); !errors.As(err, &wrong) || wrong.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}
