package transport_test

import (
	"encoding/json"
	"strings"
	"testing"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/transport/wire"
)

// Every call that changes something remembers its request key, but for two of which docs/API.md
// says why they need none.
func TestEveryMutationTakesAKey(t *testing.T) {
	h := listen(t, enginetest.New(t), &throne{}, "n1").lead()
	var doc struct {
		Paths map[string]map[string]struct {
			ID         string `json:"operationId"`
			Parameters []struct{ Name string }
		}
	}
	if err := json.Unmarshal([]byte(h.send(t, "GET", "/openapi.json", "").body), &doc); err != nil {
		t.Fatal(err)
	}
	reads := map[string]bool{"query": true, "plan": true, "agents": true}
	without := map[string]bool{}
	for _, methods := range doc.Paths {
		for method, op := range methods {
			if method == "get" || reads[op.ID] {
				continue
			}
			takes := false
			for _, p := range op.Parameters {
				takes = takes || p.Name == wire.HeaderRequestID
			}
			if !takes {
				without[op.ID] = true
			}
		}
	}
	for _, id := range []string{"note_backup", "restore"} {
		if !without[id] {
			t.Errorf("%s takes a key", id)
		}
		delete(without, id)
	}
	if len(without) > 0 {
		t.Errorf("no key is taken by %v", without)
	}
}

// Operations on the members hand their key to the cluster, and say of a repetition that it is one.
func TestKeysOfOperations(t *testing.T) {
	h := listen(t, &recordingAPI{}, &throne{}, "n1").lead()
	for _, key := range []string{"first", "again"} {
		header := "Idempotency-Key: " + key
		for _, answer := range []reply{
			h.send(t, "POST", "/v1/cluster/transfer", `{"node":"n2"}`, header),
			h.send(t, "POST", "/v1/cluster/remove", `{"node":"n2"}`, header),
			h.send(t, "POST", "/v1/cluster/promote", `{"node":"n2"}`, header),
			h.send(t, "POST", "/v1/cluster/drain", `{"node":"n2"}`, header),
			h.send(t, "POST", "/v1/cluster/undrain", `{"node":"n2"}`, header),
			h.send(t, "POST", "/v1/cluster/demote", `{"node":"n2"}`, header),
			h.send(t, "POST", "/v1/cluster/replace", `{"old":"n2","new":"n4"}`, header),
			h.send(t, "POST", "/v1/cluster/join-tokens", `{"expires":"1h"}`, header),
			h.send(t, "DELETE", "/v1/cluster/join-tokens/id", "", header),
		} {
			if answer.status != 200 || !strings.Contains(answer.body, `"index":9`) || strings.Contains(answer.body, `"deduplicated":true`) != (key == "again") {
				t.Errorf("%s: %+v", key, answer)
			}
		}
	}
	got := strings.Join(h.seat.asked, ", ")
	for _, want := range []string{"transfer n2 under first", "remove n2 under again", "promote n2 under first", "demote n2 under first", "drain n2 under first", "undrain n2 under again", "replace n2 n4 under again", "join-token ", "revoke id under again"} {
		if !strings.Contains(got, want) {
			t.Errorf("not asked to %s: %s", want, got)
		}
	}
}

// An archive is stored again under its key, and another one is not.
func TestKeyOfAnArchive(t *testing.T) {
	h := listen(t, enginetest.New(t), &throne{}, "n1").lead()
	one, two := string(enginetest.Pack(t, waiting("1"))), string(enginetest.Pack(t, waiting("2")))
	first := h.send(t, "PUT", "/v1/archives", one, "Idempotency-Key: k")
	again := h.send(t, "PUT", "/v1/archives", one, "Idempotency-Key: k")
	if want := strings.TrimSuffix(strings.TrimSpace(first.body), "}") + `,"deduplicated":true}`; first.status != 200 || strings.TrimSpace(again.body) != want {
		t.Errorf("%+v, repeated %+v", first, again)
	}
	if p := h.send(t, "PUT", "/v1/archives", two, "Idempotency-Key: k").problem(t); p.Code != "request_mismatch" {
		t.Errorf("another archive under the same key: %v", p)
	}
}
