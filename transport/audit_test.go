package transport_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/transport"
	"aion.dev/aion/transport/auditlog"
	"aion.dev/aion/transport/client"
)

// auditFile is the audit log of one host.
type auditFile struct {
	path string
	log  *auditlog.Log
	seen int
}

// audited gives a host an audit log.
func audited(t *testing.T, a *auditFile) func(*transport.Config) {
	a.path = filepath.Join(t.TempDir(), "audit.jsonl")
	return func(c *transport.Config) {
		l, err := auditlog.Open(auditlog.Config{Path: a.path, Node: c.Node, Strict: true, Strangers: 1e6})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		a.log, c.Audit = l, l
	}
}

// next returns the lines that are new.
func (a *auditFile) next(t *testing.T) (lines []auditlog.Line) {
	t.Helper()
	b, err := os.ReadFile(a.path)
	if err != nil {
		t.Fatal(err)
	}
	for text := range bytes.Lines(b[a.seen:]) {
		var line auditlog.Line
		if err := json.Unmarshal(text, &line); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		lines = append(lines, line)
	}
	a.seen = len(b)
	return lines
}

func tokensOfTest(cfg *transport.Config) {
	cfg.Tokens = []transport.Token{{Name: "ci", Secret: "secret-of-ci"}, {Name: "viewer", Secret: "secret-of-viewer", ReadOnly: true}}
}

// Every mutation, whatever becomes of it, and every call that is turned away leaves exactly one
// line, at the node that was called, and so does a backup. Other reads leave none.
func TestEveryMutationLeavesOneLine(t *testing.T) {
	n := enginetest.New(t)
	th := &throne{}
	var leaders, followers auditFile
	leader := listen(t, n, th, "n1", tokensOfTest, audited(t, &leaders)).lead()
	follower := listen(t, n, th, "n2", tokensOfTest, audited(t, &followers))
	calls := 0
	if _, err := n.Log.Propose(t.Context(), fsm.Envelope{Command: &fsm.SetForwardKey{Key: catalog.Digest{7}}}); err != nil { // as the leader of a cluster does
		t.Fatal(err)
	}
	n.Deploy(enginetest.Pack(t, waiting("1")))
	n.Begin("order", "1")

	params := regexp.MustCompile(`\{[a-z]+\}`)
	for _, r := range leader.Config.Handler.(*transport.Server).Routes() {
		path, kept := params.ReplaceAllString(r.Path, "absent"), r.Write || r.ID == "backup"
		for _, h := range []struct {
			*host
			own, other *auditFile
		}{{leader, &leaders, &followers}, {follower, &followers, &leaders}} {
			for _, c := range []struct {
				name, header, who string
				refused           bool
			}{
				{"nobody", "", "", true},
				{"a stranger", "Authorization: Bearer wrong", "", true},
				{"viewer", "Authorization: Bearer secret-of-viewer", "viewer", kept || strings.Contains(r.Needs, "admin") || strings.Contains(r.Needs, "operate")},
				{"ci", "Authorization: Bearer secret-of-ci", "ci", false},
			} {
				if r.Open || r.ID == "events" && !c.refused {
					continue // needs no token; lasts
				}
				calls++
				from := fmt.Sprintf("10.0.%d.%d:1234", calls/250, calls%250) // an address that is turned away too often has to wait
				answer := direct(h.host, r.Method, path, from, "Idempotency-Key: key of "+r.ID, c.header)
				lines := h.own.next(t)
				if also := h.other.next(t); len(also) > 0 {
					t.Errorf("%s at %s by %s: the other node has a line, too: %+v", r.ID, h.id, c.name, also)
				}
				if !kept && !c.refused {
					if len(lines) > 0 {
						t.Errorf("%s at %s by %s is a read: %+v", r.ID, h.id, c.name, lines)
					}
					continue
				}
				if len(lines) != 1 {
					t.Errorf("%s at %s by %s: %d lines %+v", r.ID, h.id, c.name, len(lines), lines)
					continue
				}
				l := lines[0]
				if l.Operation != r.ID || l.Who != c.who || l.Status != answer.status || l.Method != r.Method || l.Path != path || l.Node != h.id || l.From != from {
					t.Errorf("%s at %s by %s, answer %d: %+v", r.ID, h.id, c.name, answer.status, l)
				}
				if answer.status >= 400 {
					if p := answer.problem(t); l.Code != p.Code || l.Outcome != string(p.Outcome) || l.Detail == "" || c.refused && p.Outcome != "rejected" {
						t.Errorf("%s at %s by %s, answer %+v: %+v", r.ID, h.id, c.name, p, l)
					}
				} else if l.Outcome != auditlog.OK || l.Code != "" {
					t.Errorf("%s at %s by %s: %+v", r.ID, h.id, c.name, l)
				}
				if !c.refused && l.RequestID != "key of "+r.ID {
					t.Errorf("%s at %s by %s: request id %q", r.ID, h.id, c.name, l.RequestID)
				}
			}
		}
	}
}

// direct makes a call that comes from an address; headers are NAME: VALUE, or empty.
func direct(h *host, method, path, from string, headers ...string) reply {
	r := httptest.NewRequest(method, path, strings.NewReader("{}"))
	r.RemoteAddr = from
	for _, line := range headers {
		if name, value, ok := strings.Cut(line, ": "); ok {
			r.Header.Set(name, value)
		}
	}
	w := httptest.NewRecorder()
	h.Config.Handler.ServeHTTP(w, r)
	return reply{w.Code, w.Header(), w.Body.String()}
}

// A line says what the call was about, and nothing of payloads.
func TestAuditTellsWhat(t *testing.T) { onBothFaces(t, auditTellsWhat) }

func auditTellsWhat(t *testing.T) {
	face := "http"
	if faceOf(t) == client.FaceHot {
		face = "hot"
	}
	n := enginetest.New(t)
	th := &throne{}
	var leaders, followers auditFile
	leader := listen(t, n, th, "n1", tokensOfTest, audited(t, &leaders)).lead()
	follower := listen(t, n, th, "n2", tokensOfTest, audited(t, &followers))
	version := n.Deploy(enginetest.Pack(t, waiting("1"))).Package.Version.String()
	ci := "Authorization: Bearer secret-of-ci"
	for _, h := range []struct {
		*host
		own *auditFile
	}{{leader, &leaders}, {follower, &followers}} {
		id := "a-" + h.id
		h.send(t, "POST", "/v1/workflows", fmt.Sprintf(`{"type":"order","workflow_id":%q,"input":"hush hush"}`, id), ci)
		h.send(t, "POST", "/v1/workflows", fmt.Sprintf(`{"type":"order","workflow_id":%q,"input":"hush hush"}`, id), ci)
		h.send(t, "POST", "/v1/workflows/"+id+"/signals/go", `"hush hush"`, ci)
		h.send(t, "PUT", "/v1/routes/order", fmt.Sprintf(`{"version":%q,"message":"as it was"}`, version[:8]), ci)
		h.send(t, "POST", "/v1/workflows/"+id+"/terminate", `{"reason":"enough\nof it"}`, ci)
		lines := h.own.next(t)
		if len(lines) != 5 {
			t.Fatalf("%s: %+v", h.id, lines)
		}
		started, again, signalled, routed, ended := lines[0], lines[1], lines[2], lines[3], lines[4]
		if o := started.Object; o["workflow_id"] != id || o["type"] != "order" || o["run_id"] == "" || o["version"] != version || started.Index == 0 || started.Face != face || started.Outcome != "ok" {
			t.Errorf("%s: %+v", h.id, started)
		}
		if again.Code != "already_running" || again.Outcome != "rejected" || again.Object["workflow_id"] != id {
			t.Errorf("%s: %+v", h.id, again)
		}
		if signalled.Path != "/v1/workflows/"+id+"/signals/go" || signalled.Outcome != "ok" {
			t.Errorf("%s: %+v", h.id, signalled)
		}
		if o := routed.Object; o["version"] != version || o["message"] != "as it was" {
			t.Errorf("%s: %+v", h.id, routed)
		}
		if ended.Object["reason"] != "enough\nof it" {
			t.Errorf("%s: %+v", h.id, ended)
		}
		if b, err := os.ReadFile(h.own.path); err != nil || bytes.Contains(b, []byte("hush")) || bytes.Contains(b, []byte("secret-of")) {
			t.Errorf("a line has a payload or a secret: %s, %v", b, err)
		}
	}
}

// Polls that get nothing change nothing, and leave no line.
func TestIdlePollsLeaveNoLine(t *testing.T) { onBothFaces(t, idlePollsLeaveNoLine) }

func idlePollsLeaveNoLine(t *testing.T) {
	n := enginetest.New(t)
	var file auditFile
	h := listen(t, n, &throne{}, "n1", audited(t, &file)).lead()
	h.send(t, "POST", "/v1/queues/default/poll", `{"worker_id":"w","activities":["charge"]}`)
	if lines := file.next(t); len(lines) > 0 {
		t.Errorf("%+v", lines)
	}
}

// While the log cannot be written mutations are refused, and reads go on.
func TestBrokenAuditLog(t *testing.T) {
	n := enginetest.New(t)
	var file auditFile
	h := listen(t, n, &throne{}, "n1", audited(t, &file)).lead()
	n.Deploy(enginetest.Pack(t, waiting("1")))
	file.log.Close()
	if p := h.send(t, "POST", "/v1/workflows", `{"type":"order"}`).problem(t); p.Code != "unavailable" || p.Outcome != "retry" || !strings.Contains(p.Detail, "audit log of node n1") {
		t.Errorf("%+v", p)
	}
	if r := h.send(t, "GET", "/v1/workflows", ""); r.status != 200 || !strings.Contains(r.body, `"workflows":[]`) {
		t.Errorf("%+v", r)
	}
}

// Cross-site pages and wrong host names are turned away before any route, and leave a line.
func TestAuditOfTheDoor(t *testing.T) {
	var file auditFile
	h := listen(t, &recordingAPI{}, &throne{}, "n1", audited(t, &file)).lead()
	h.odd = true
	h.send(t, "POST", "/v1/workflows", "{}", "Origin: http://evil.example", "Sec-Fetch-Site: cross-site")
	var codes []string
	for _, l := range file.next(t) {
		codes = append(codes, fmt.Sprint(l.Operation, l.Status, l.Code, l.Who))
	}
	if want := []string{"other403permission_denied"}; !slices.Equal(codes, want) {
		t.Errorf("%v, want %v", codes, want)
	}
}

// Nobody escapes the audit log by the header with which nodes pass calls on.
func TestNobodyPassesForANode(t *testing.T) {
	n := enginetest.New(t)
	var file auditFile
	h := listen(t, n, &throne{}, "n1", tokensOfTest, audited(t, &file)).lead()
	if _, err := n.Log.Propose(t.Context(), fsm.Envelope{Command: &fsm.SetForwardKey{Key: catalog.Digest{7}}}); err != nil {
		t.Fatal(err)
	}
	h.send(t, "POST", "/v1/routes/order/rollback", "", "Authorization: Bearer secret-of-ci", "Aion-Forwarded: n2")
	h.send(t, "POST", "/v1/routes/order/rollback", "", "Authorization: Aion-Node made.up", "Aion-Forwarded: n2")
	if lines := file.next(t); len(lines) != 2 || lines[0].Who != "ci" || lines[1].Status != 401 {
		t.Errorf("%+v", lines)
	}
}
