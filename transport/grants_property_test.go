package transport_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/transport/wire"
)

// TestGrantsProperty: callers with random grants make random calls about runs, types and queues of
// three namespaces, and each call is let in or not as a model says that reads the grants anew from
// what docs/ACCESS.md promises. What lies beyond a caller's grants is answered as what is not
// there, and nothing that was refused changed anything.
func TestGrantsProperty(t *testing.T) {
	seeds := []uint64{1, 2, 3}
	if testing.Short() {
		seeds = seeds[:1]
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			w := newGranted(t, rand.New(rand.NewPCG(seed, 7)))
			for range 40 {
				grants := w.grants()
				for range 12 {
					w.try(t, grants)
				}
			}
			if w.let < 50 || w.refused < 50 {
				t.Errorf("%d calls were let in and %d refused: that tries little", w.let, w.refused)
			}
		})
	}
}

var (
	grantedSpaces = []string{"default", "acme", "acme-2"}
	grantedTypes  = []string{"order", "order-eu", "ship"}
	grantedQueues = []string{"gpu", "gpu-2", "mail"}
)

// granted is a cluster with the same run of each type in each namespace.
type granted struct {
	*keeper
	rng          *rand.Rand
	let, refused int
	starts       int
	calls        int
}

func newGranted(t *testing.T, rng *rand.Rand) *granted {
	w := &granted{keeper: newKeeper(t), rng: rng}
	code := enginetest.Code{}
	for _, typ := range grantedTypes {
		code[typ] = "def run(ctx, input):\n    ctx.on_query(\"where\", lambda: input)\n    ctx.signal(\"go\")\n"
	}
	archive := string(enginetest.Pack(t, code))
	for _, space := range grantedSpaces {
		if space != "default" {
			w.must(t, "POST", "/v1/namespaces", fmt.Sprintf(`{"name":%q}`, space), "default")
		}
		w.must(t, "POST", "/v1/packages", archive, space)
		for _, typ := range grantedTypes {
			w.must(t, "POST", "/v1/workflows", fmt.Sprintf(`{"type":%q,"workflow_id":"run-%s","input":"secret-%s"}`, typ, typ, typ), space)
		}
	}
	return w
}

func (w *granted) as(t *testing.T, secret, space, method, path, body string) reply {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	w.calls++
	r.RemoteAddr = fmt.Sprintf("198.18.%d.%d:1", w.calls/250, w.calls%250) // refusals slow an address down
	r.Header.Set("Authorization", "Bearer "+secret)
	r.Header.Set(wire.HeaderNamespace, space)
	answer := httptest.NewRecorder()
	w.Config.Handler.ServeHTTP(answer, r)
	return reply{answer.Code, answer.Header(), strings.TrimSpace(answer.Body.String())}
}

func (w *granted) must(t *testing.T, method, path, body, space string) string {
	t.Helper()
	r := w.as(t, w.made["admin"], space, method, path, body)
	if r.status >= 300 {
		t.Fatalf("%s %s in %s: %d %s", method, path, space, r.status, r.body)
	}
	return r.body
}

func (w *granted) one(of ...string) string { return of[w.rng.IntN(len(of))] }

// grants draws what a token has.
func (w *granted) grants() (all []string) {
	for range 1 + w.rng.IntN(4) {
		kind := w.one("read", "payload", "start", "signal", "work", "deploy", "operate", "read", "payload", "admin")
		var limits []string
		if w.rng.IntN(2) == 0 {
			limits = append(limits, "namespace="+w.one("acme", "acme-2", "d", "other"))
		}
		key := map[string]string{"work": "queue", "admin": ""}[kind]
		switch {
		case kind == "admin" && len(limits) == 0: // one that may do everything shows nothing
			limits = append(limits, "namespace=acme-2")
		case kind == "operate":
			key = w.one("type", "queue")
		case kind != "admin" && kind != "work":
			key = "type"
		}
		if key != "" && w.rng.IntN(3) > 0 {
			limits = append(limits, key+"="+w.one("order", "order-", "s", "gpu", "gpu-", "m"))
		}
		if len(limits) > 0 {
			kind += ":" + strings.Join(limits, ",")
		}
		all = append(all, kind)
	}
	return all
}

// reaches is the model: whether one of the grants is of the kind, or admin, and each of its limits
// has the call within. An empty name is everything: no limited grant reaches that.
func reaches(grants []string, kind, space, key, name string) bool {
	return slices.ContainsFunc(grants, func(g string) bool {
		of, limits, _ := strings.Cut(g, ":")
		if of != kind && of != "admin" {
			return false
		}
		for limit := range strings.SplitSeq(limits, ",") {
			by, prefix, limited := strings.Cut(limit, "=")
			switch {
			case !limited:
			case by == "namespace" && strings.HasPrefix(space, prefix):
			case by == key && name != "" && strings.HasPrefix(name, prefix):
			default:
				return false
			}
		}
		return true
	})
}

// try makes one random call with a token that has the grants.
func (w *granted) try(t *testing.T, grants []string) {
	t.Helper()
	space, typ, queue := w.one(grantedSpaces...), w.one(grantedTypes...), w.one(grantedQueues...)
	kinds, key, name := []string{"read"}, "type", typ // what the call takes, and of what
	run, method, path, body := "run-"+typ, "GET", "", ""
	switch w.rng.IntN(12) {
	case 0:
		path = "/v1/workflows/" + run
	case 1:
		path = "/v1/workflows/" + run + "/history"
	case 2:
		kinds, path = []string{"read", "payload"}, "/v1/workflows/"+run+"/result?wait=0s"
	case 3:
		kinds, method, path, body = []string{"read", "payload"}, "POST", "/v1/workflows/"+run+"/queries/where", "{}"
	case 4:
		kinds, method, path, body = []string{"signal"}, "POST", "/v1/workflows/"+run+"/signals/hello", "1"
	case 5:
		kinds, method, path = []string{"operate"}, "POST", "/v1/workflows/"+run+"/"+w.one("pause", "resume")
	case 6:
		w.starts++
		kinds, method, path, run = []string{"start"}, "POST", "/v1/workflows", ""
		body = fmt.Sprintf(`{"type":%q,"workflow_id":"more-%d"}`, typ, w.starts)
	case 7:
		path, run = "/v1/workflows?type="+typ, ""
	case 8:
		path, run, name = "/v1/workflows", "", ""
	case 9:
		kinds, method, path, body, run, key, name = []string{"work"}, "POST", "/v1/queues/"+queue+"/poll", `{"wait":"0s"}`, "", "queue", queue
	case 10:
		kinds, method, path, body, run, key, name = []string{"operate"}, "PUT", "/v1/queues/"+queue, `{"max_tasks":7}`, "", "queue", queue
	case 11:
		kinds, method, path, body, run = []string{"deploy"}, "POST", "/v1/routes/"+typ+"/rollback", "{}", ""
	}
	want := !slices.ContainsFunc(kinds, func(kind string) bool { return !reaches(grants, kind, space, key, name) })
	before := w.stands(t, space, run)
	r := w.as(t, w.with(t, grants...), space, method, path, body)
	what := fmt.Sprintf("%s %s %s in %s with %q: %d %s", method, path, body, space, grants, r.status, r.body)
	code := ""
	if r.status >= 300 {
		code = r.problem(t).Code
	}
	let := code != "permission_denied" && (code != "not_found" || run == "")
	if let != want {
		t.Fatalf("%s\nlet in: %v, want %v", what, let, want)
	}
	if !let {
		w.refused++
		w.unseen(t, grants, space, method, path, body, run, what, r)
		if after := w.stands(t, space, run); after != before {
			t.Fatalf("%s\nchanged %s\ninto %s", what, before, after)
		}
		return
	}
	w.let++
	if !reaches(grants, "payload", space, key, typ) && strings.Contains(r.body, "secret-") && run != "" {
		t.Fatalf("%s\nshows a payload", what)
	}
	if strings.HasPrefix(path, "/v1/workflows?") && strings.Count(r.body, `"workflow_type"`) != strings.Count(r.body, fmt.Sprintf(`"workflow_type":%q`, typ)) {
		t.Fatalf("%s\nlists other types", what)
	}
}

// unseen holds a refused call against the same one about a run that there is not.
func (w *granted) unseen(t *testing.T, grants []string, space, method, path, body, run, what string, r reply) {
	t.Helper()
	if run == "" {
		return
	}
	none := "no-one-" + strings.Repeat("x", len(run)-len("no-one-"))
	if len(run) < len("no-one-") {
		t.Fatal(run)
	}
	other := w.as(t, w.with(t, grants...), space, method, strings.ReplaceAll(path, run, none), body)
	if got := strings.ReplaceAll(other.body, none, run); other.status != r.status || unlikeIndex(got) != unlikeIndex(r.body) {
		t.Fatalf("%s\nand of a run that there is not: %d %s", what, other.status, other.body)
	}
}

// unlikeIndex drops what differs between any two answers.
func unlikeIndex(body string) string {
	var m map[string]any
	if json.Unmarshal([]byte(body), &m) != nil {
		return body
	}
	delete(m, "index")
	delete(m, "request_id")
	b, _ := json.Marshal(m)
	return string(b)
}

// stands is what the root sees of a run, or of the whole namespace.
func (w *granted) stands(t *testing.T, space, run string) string {
	t.Helper()
	if run != "" {
		return unlikeIndex(w.must(t, "GET", "/v1/workflows/"+run+"/history", "", space))
	}
	return unlikeIndex(w.must(t, "GET", "/v1/counts", "", space)) + unlikeIndex(w.must(t, "GET", "/v1/deploys", "", space)) + unlikeIndex(w.must(t, "GET", "/v1/queues", "", space))
}
