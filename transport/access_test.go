package transport_test

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/transport"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/grant"
	"aion.dev/aion/transport/wire"
)

var updateAccess = flag.Bool("update-access", false, "write the table of docs/ACCESS.md")

// keeper is a cluster of one node with tokens, and who made the first.
type keeper struct {
	*host
	node *enginetest.Node
	root *client.Client
	made map[string]string // secret by grants
}

func newKeeper(t *testing.T) *keeper {
	t.Helper()
	n := enginetest.New(t)
	k := &keeper{node: n, made: map[string]string{}}
	k.host = listen(t, n, &throne{}, "n1").lead()
	var a wire.TokenAnswer
	r := k.send(t, "POST", "/v1/auth/bootstrap", `{}`)
	if err := json.Unmarshal([]byte(r.body), &a); err != nil || r.status != 201 || a.Secret == "" {
		t.Fatalf("bootstrap: %+v", r)
	}
	k.root = as(t, k.host, a.Secret)
	k.made["admin"] = a.Secret
	return k
}

// as is a client with a token.
func as(t *testing.T, h *host, secret string) *client.Client {
	t.Helper()
	c, err := client.New(client.Config{Addresses: []string{h.URL}, Token: secret, Face: client.FaceHTTP})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// with returns the secret of a token with these grants.
func (k *keeper) with(t *testing.T, grants ...string) string {
	t.Helper()
	name := strings.Join(grants, " ")
	if k.made[name] == "" {
		a, err := k.root.CreateToken(t.Context(), wire.TokenSpec{Name: fmt.Sprint("t", len(k.made)), Grants: grants})
		if err != nil {
			t.Fatal(err)
		}
		k.made[name] = a.Secret
	}
	return k.made[name]
}

// askedOf is what each route asks for, written down a second time: the kinds that a caller must
// have, and whether one with the limit type=order or queue=order may make the call about it (yes),
// may not (no), or is told of each item (body).
var askedOf = map[string]string{
	"load": "deploy body", "store_archive": "deploy yes", "deploy": "deploy body", "versions": "read no", "unload": "deploy yes", "cancel_unload": "deploy yes", "version": "read yes",
	"archive": "read yes", "module": "read yes", "pins": "read yes", "route": "deploy yes", "unroute": "deploy yes", "rollback": "deploy yes", "canaries": "read yes", "canary": "read yes",
	"set_canary": "deploy yes", "abort_canary": "deploy yes", "promote_canary": "deploy yes", "deploys": "read no", "start": "start body", "start_many": "start body", "list": "read no",
	"describe": "read yes", "result": "read+payload yes", "history": "read yes", "logs": "read+payload yes", "turns": "read+payload yes", "signal": "signal yes", "update": "signal yes", "update_state": "read+payload yes", "query": "read+payload yes", "cancel": "signal yes",
	"terminate": "operate yes", "pause": "operate yes", "resume": "operate yes", "reopen": "operate yes", "reset": "operate yes", "fork": "operate yes", "counts": "read no", "jobs": "read no", "retention": "read yes",
	"version_retention": "read yes", "retain_versions": "deploy no", "retain_all": "operate no", "retain": "operate yes", "unretain_all": "operate no", "unretain": "operate yes",
	"poll": "work yes", "complete": "work yes", "fail": "work yes", "heartbeat": "work yes", "release": "work yes", "later": "work yes", "complete_activity": "work yes", "fail_activity": "work yes", "heartbeat_activity": "work yes", "queues": "read no", "queue": "read no", "limit_queue": "operate yes",
	"create_schedule": "start body", "schedules": "read no", "schedule": "read yes", "replace_schedule": "start yes", "delete_schedule": "start yes", "pause_schedule": "start yes",
	"resume_schedule": "start yes", "trigger_schedule": "start yes", "backfill_schedule": "start yes", "events": "read no", "cluster": "read yes", "transfer": "operate no",
	"confirm_time": "operate no", "remove": "operate no", "drain": "operate no", "undrain": "operate no", "start_backtest": "deploy no", "backtest": "read+payload no",
	"promote": "operate no", "backup": "admin no", "note_backup": "admin no", "restore": "admin no", "demote": "operate no", "replace_node": "operate no", "issue_join_token": "admin no", "join_tokens": "operate no", "revoke_join_token": "operate no",
	"stop_backtest": "deploy no", "start_move": "deploy no", "move": "read no", "stop_move": "deploy no",
	"start_batch": "operate body", "batches": "read no", "batch": "read no", "stop_batch": "operate no",
	"stop": "operate body", "stops": "read yes", "unstop": "operate body",
	"policy": "read yes", "trust_key": "admin no", "revoke_key": "admin no", "set_signature_rule": "admin no", "drop_signature_rule": "admin no", "audit": "admin no", "quotas": "read yes", "set_quota": "operate no", "set_type_quota": "operate yes",
	"bootstrap": "admin no", "self": "any", "create_token": "admin no", "tokens": "admin no", "revoke_token": "admin no",
	"create_namespace": "admin no", "namespaces": "admin no", "namespace": "admin no", "set_namespace": "admin no", "delete_namespace": "admin no",
}

// TestEveryRouteAsks walks all routes with every grant alone, without and with a limit, and with
// none, and holds who is let in against the table.
func TestEveryRouteAsks(t *testing.T) {
	k := newKeeper(t)
	server := k.Config.Handler.(*transport.Server)
	routes := server.Routes()
	if len(routes) != len(askedOf)+2 {
		t.Errorf("there are %d routes, the table has %d and two are open", len(routes), len(askedOf))
	}
	limits := map[grant.Kind]string{grant.Work: ":queue=order", grant.Admin: ""}
	for _, r := range routes {
		if r.Open {
			continue
		}
		want, known := askedOf[r.ID]
		if !known {
			t.Errorf("the table has no %s", r.ID)
			continue
		}
		kinds, limited, _ := strings.Cut(want, " ")
		path := strings.NewReplacer("{type}", "order", "{queue}", "order", "{version}", "abcdef", "{id}", "nobody", "{name}", "x").Replace(r.Path)
		if r.ID == "events" {
			path += "?after=no" // refused by the handler, so it does not go on
		}
		code := func(grants ...string) string {
			header := "Authorization: Bearer " + k.with(t, grants...)
			return codeOf(t, server, r.Method, path, header)
		}
		if r.ID != "bootstrap" {
			if got := codeOf(t, server, r.Method, path, ""); got != "unauthenticated" {
				t.Errorf("%s without a token: %s", r.ID, got)
			}
		}
		may := func(what string, want bool, grants ...string) {
			t.Helper()
			if got := code(grants...); (got != "permission_denied") != want {
				t.Errorf("%s with %s: %q, want it let in: %v", r.ID, what, got, want)
			}
		}
		all := strings.Split(kinds, "+")
		for _, kind := range grant.Kinds() {
			may(string(kind), kinds == "any" || kind == grant.Admin || r.ID == "queue" && kind == grant.Work || len(all) == 1 && all[0] == string(kind), string(kind))
		}
		if len(all) > 1 {
			may(kinds, true, all...)
		}
		if kinds == "any" || kinds == "admin" {
			continue
		}
		var narrow []string
		for _, kind := range all {
			limit := cmp.Or(limits[grant.Kind(kind)], ":type=order")
			if r.ID == "limit_queue" {
				limit = ":queue=order"
			}
			narrow = append(narrow, kind+limit)
		}
		may(strings.Join(narrow, " "), limited != "no", narrow...)
	}
}

// codeOf makes a call from an address of its own, so that no refusal is delayed for those before
// it.
func codeOf(t *testing.T, server *transport.Server, method, path, header string) string {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	walked++
	r.RemoteAddr = fmt.Sprintf("192.0.%d.%d:1", walked/250, walked%250)
	if name, value, ok := strings.Cut(header, ": "); ok {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)
	if w.Code < 300 {
		return ""
	}
	return wire.ParseProblem(w.Code, w.Body.Bytes()).Code
}

var walked int

// TestForeignTypes: a path that names another type or queue than the caller's grants is refused,
// and so is a listing without the type.
func TestForeignTypes(t *testing.T) {
	k := newKeeper(t)
	token := k.with(t, "read:type=order", "start:type=order", "deploy:type=order", "work:queue=fast", "operate:type=order", "operate:queue=fast")
	bearer := "Authorization: Bearer " + token
	for _, c := range []struct{ method, path, body, code string }{
		{"GET", "/v1/workflows?type=order", "", ""}, {"GET", "/v1/workflows?type=orders", "", ""}, {"GET", "/v1/workflows?type=refund", "", "permission_denied"}, {"GET", "/v1/workflows", "", "permission_denied"},
		{"GET", "/v1/counts?type=order", "", ""}, {"GET", "/v1/counts", "", "permission_denied"}, {"GET", "/v1/deploys?type=refund", "", "permission_denied"},
		{"PUT", "/v1/routes/refund", `{"version":"abcdef"}`, "permission_denied"}, {"PUT", "/v1/routes/order", `{"version":"abcdef"}`, "unknown_version"},
		{"POST", "/v1/queues/slow/poll", `{}`, "permission_denied"}, {"GET", "/v1/queues/slow", "", "permission_denied"}, {"GET", "/v1/queues/faster", "", ""}, {"PUT", "/v1/queues/slow", `{}`, "permission_denied"},
		{"POST", "/v1/workflows", `{"type":"refund"}`, "permission_denied"}, {"POST", "/v1/workflows", `{"type":"order"}`, "unknown_workflow_type"},
		{"PUT", "/v1/retention/refund", `{"age":"24h"}`, "permission_denied"}, {"PUT", "/v1/retention", `{"age":"24h"}`, "permission_denied"},
		{"POST", "/v1/schedules", `{"schedule_id":"s","type":"refund","every":"1h"}`, "permission_denied"},
		{"POST", "/v1/deployments", `{"changes":[{"op":"unroute","type":"refund"}]}`, "permission_denied"}, {"POST", "/v1/deployments", `{"changes":[{"op":"unload","type":"order","version":"abcdef"}]}`, "permission_denied"},
		{"POST", "/v1/deployments", `{"changes":[{"op":"unroute","type":"order"}],"expect":{"routes":{"refund":"none"}}}`, "permission_denied"},
		{"POST", "/v1/auth/tokens", `{"name":"mine","grants":["admin"]}`, "permission_denied"},
	} {
		r := k.send(t, c.method, c.path, c.body, bearer)
		got := ""
		if r.status >= 300 {
			got = r.problem(t).Code
		}
		if got != c.code {
			t.Errorf("%s %s %s: %d %q, want %q", c.method, c.path, c.body, r.status, got, c.code)
		}
	}
	r := k.send(t, "POST", "/v1/workflows:batch", `{"starts":[{"type":"refund"},{"type":"order"}]}`, bearer)
	var a wire.StartReplies
	if err := json.Unmarshal([]byte(r.body), &a); err != nil || a.Results[0].Problem.Code != "permission_denied" || a.Results[1].Problem.Code != "unknown_workflow_type" {
		t.Errorf("a batch: %s", r.body)
	}
	if p := k.send(t, "GET", "/v1/workflows", "", bearer).problem(t); !strings.Contains(p.Hint, "name a workflow type") {
		t.Errorf("a listing without a type is refused with %v, hint %q", p, p.Hint)
	}
}

// TestForeignRuns: a run of a type beyond the caller's grants looks as if it did not exist, and
// without payload its data stays hidden.
func TestForeignRuns(t *testing.T) {
	k := newKeeper(t)
	k.node.Deploy(enginetest.Pack(t, waiting("1")))
	for _, id := range []string{"mine"} {
		if _, err := k.root.Start(t.Context(), wire.StartRequest{Type: "order", WorkflowID: id, Input: json.RawMessage(`{"card":"visa-4711"}`)}); err != nil {
			t.Fatal(err)
		}
	}
	for token, want := range map[string]string{k.with(t, "read:type=refund", "payload", "signal:type=refund", "operate:type=ref"): "not_found", k.with(t, "read:type=ord", "payload:type=refund", "signal:type=order", "operate:type=order"): ""} {
		for _, c := range []struct{ method, path, body string }{
			{"GET", "/v1/workflows/mine", ""}, {"GET", "/v1/workflows/mine/history", ""}, {"GET", "/v1/workflows/mine/history?record=true", ""},
			{"POST", "/v1/workflows/mine/signals/hello", `1`}, {"POST", "/v1/workflows/mine/pause", ""}, {"POST", "/v1/workflows/mine/resume", ""},
		} {
			r := k.send(t, c.method, c.path, c.body, "Authorization: Bearer "+token)
			got := ""
			if r.status >= 300 {
				p := r.problem(t)
				got = p.Code
				if other := k.send(t, c.method, strings.Replace(c.path, "mine", "none", 1), c.body, "Authorization: Bearer "+token).problem(t); strings.ReplaceAll(other.Detail, "none", "mine") != p.Detail {
					t.Errorf("%s %s: %q, of no run: %q", c.method, c.path, p.Detail, other.Detail)
				}
			}
			if got != want {
				t.Errorf("%s %s: %q, want %q", c.method, c.path, got, want)
			}
			if strings.Contains(r.body, "visa-4711") || strings.Contains(r.body, `"bytes"`) || strings.Contains(r.body, `"record"`) {
				t.Errorf("%s %s shows the input to a caller without payload: %s", c.method, c.path, r.body)
			}
			if c.method == "GET" && want == "" && !strings.Contains(r.body, `"payload_withheld":true`) {
				t.Errorf("%s does not say what it leaves out: %s", c.path, r.body)
			}
		}
		for _, path := range []string{"result", "logs"} {
			want := map[string]string{"": "not_found", "not_found": "not_found"}[want] // within read and payload there is no type
			if p := k.send(t, "GET", "/v1/workflows/mine/"+path, "", "Authorization: Bearer "+token).problem(t); p.Code != want {
				t.Errorf("%s: %v", path, p)
			}
		}
	}
	r := k.send(t, "GET", "/v1/workflows/mine/history", "", "Authorization: Bearer "+k.with(t, "read", "payload:type=order"))
	if !strings.Contains(r.body, "visa-4711") || strings.Contains(r.body, "payload_withheld") {
		t.Errorf("with payload of the type: %s", r.body)
	}
	r = k.send(t, "GET", "/v1/workflows/mine/history?record=true", "", "Authorization: Bearer "+k.with(t, "read", "payload:type=order"))
	if !strings.Contains(r.body, `"bytes"`) || !strings.Contains(r.body, `"workflow_type":"order"`) {
		t.Errorf("the record, with payload of the type: %s", r.body)
	}
}

// TestTokenLife: a token works from its making to its end, on the node that leads, and the first
// one is made once.
func TestTokenLife(t *testing.T) {
	k := newKeeper(t)
	if p := k.send(t, "POST", "/v1/auth/bootstrap", `{}`).problem(t); p.Code != "invalid_state" {
		t.Errorf("a second bootstrap: %v", p)
	}
	if p := k.send(t, "POST", "/v1/auth/bootstrap", `{}`, "Authorization: Bearer "+k.with(t, "read")).problem(t); p.Code != "permission_denied" {
		t.Errorf("a bootstrap by a reader: %v", p)
	}
	secret := wire.NewSecret()
	spec := wire.TokenSpec{Name: "ci", Grants: []string{"read", "start:type=order", "read"}, TokenLife: wire.TokenLife{Expires: "1h", SecretSHA256: wire.HashOfSecret(secret)}}
	made, err := k.root.CreateToken(t.Context(), spec, client.RequestID("make-ci"))
	if err != nil || made.Secret != "" || fmt.Sprint(made.Token.Grants) != "[read start:type=order]" || made.Token.CreatedBy != "bootstrap" {
		t.Fatalf("%+v, %v", made, err)
	}
	if again, err := k.root.CreateToken(t.Context(), spec, client.RequestID("make-ci")); err != nil || !again.Deduplicated || again.Index != made.Index {
		t.Errorf("the same request: %+v, %v", again, err)
	}
	ci := as(t, k.host, secret)
	self, err := ci.Self(t.Context())
	if err != nil || self.Kind != "token" || self.Token.Name != "ci" || self.Token.ExpiresAt == nil {
		t.Errorf("self: %+v, %v", self, err)
	}
	list, err := k.root.Tokens(t.Context(), wire.Page{Limit: 1})
	if err != nil || len(list.Tokens) != 1 || list.NextCursor == "" {
		t.Errorf("a page of one: %+v, %v", list, err)
	}
	if _, err := k.root.RevokeToken(t.Context(), "ci"); err != nil {
		t.Fatal(err)
	}
	if _, err := ci.Self(t.Context()); wire.Of(err).Code != "unauthenticated" {
		t.Errorf("after it was revoked: %v", err)
	}
	// A token of the same name is another one.
	if _, err := k.root.CreateToken(t.Context(), wire.TokenSpec{Name: "ci", Grants: []string{"read"}}); err != nil {
		t.Error(err)
	}
	if _, err := ci.Self(t.Context()); wire.Of(err).Code != "unauthenticated" {
		t.Errorf("after its name came back: %v", err)
	}
	for _, bad := range []wire.TokenSpec{
		{Name: "a b", Grants: []string{"read"}}, {Name: "a/b", Grants: []string{"read"}}, {Name: "c", Grants: []string{"write"}}, {Name: "c"}, {Name: "c", Grants: []string{"read"}, TokenLife: wire.TokenLife{Expires: "-1h"}},
		{Name: "c", Grants: []string{"read"}, TokenLife: wire.TokenLife{Expires: "2001-01-01T00:00:00Z"}}, {Name: "c", Grants: []string{"read"}, TokenLife: wire.TokenLife{SecretSHA256: "abc"}},
	} {
		if _, err := k.root.CreateToken(t.Context(), bad); wire.Of(err).Code != "invalid_input" {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// TestBootstrapFromBeyond: a call that a proxy passes on, or another node, does not make the first
// token of a cluster that needs one.
func TestBootstrapFromBeyond(t *testing.T) {
	h := listen(t, enginetest.New(t), &throne{}, "n1", func(cfg *transport.Config) { cfg.TokensRequired = true }).lead()
	if p := h.send(t, "GET", "/v1/versions", "").problem(t); p.Code != "unauthenticated" {
		t.Errorf("a cluster that needs tokens is open: %v", p)
	}
	for _, header := range []string{"X-Forwarded-For: 192.0.2.1", "Forwarded: for=192.0.2.1", "Via: 1.1 proxy", "Aion-Forwarded: n2"} {
		if p := h.send(t, "POST", "/v1/auth/bootstrap", `{}`, header).problem(t); p.Code != "unauthenticated" {
			t.Errorf("%s: %v", header, p)
		}
	}
	if r := h.send(t, "POST", "/v1/auth/bootstrap", `{}`); r.status != 201 {
		t.Errorf("from the machine: %+v", r)
	}
}

// TestAccessDocument holds docs/ACCESS.md against the routes.
func TestAccessDocument(t *testing.T) {
	h := listen(t, enginetest.New(t), &throne{}, "n1")
	routes := h.Config.Handler.(*transport.Server).Routes()
	slices.SortFunc(routes, func(a, b transport.RouteOfTest) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Method, b.Method))
	})
	var table strings.Builder
	table.WriteString("| call | needs |\n|---|---|\n")
	for _, r := range routes {
		needs := r.Needs
		if r.Open {
			needs = "nothing"
		}
		fmt.Fprintf(&table, "| `%s %s` | %s |\n", r.Method, r.Path, needs)
	}
	const path, begin, end = "../docs/ACCESS.md", "<!-- routes -->\n", "<!-- end -->\n"
	doc, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(doc), begin)
	got, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no table between %q and %q", path, begin, end)
	}
	if *updateAccess {
		if err := os.WriteFile(path, []byte(before+begin+table.String()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if got != table.String() {
		t.Errorf("%s has another table than the routes: go test ./transport -run TestAccessDocument -update-access", path)
	}
}
