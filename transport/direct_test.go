package transport_test

import (
	"bufio"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/transport"
)

// hotCalls are calls of every route that is served directly, good and bad ones, as they arrive.
var hotCalls = func() (calls []string) {
	add := func(line, body string, headers ...string) {
		head := line + " HTTP/1.1\r\nHost: 127.0.0.1:7600\r\n"
		for _, h := range headers {
			head += h + "\r\n"
		}
		calls = append(calls, fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(body), body))
	}
	key := "Idempotency-Key: k"
	for _, query := range []string{"", "?wait=30s", "?wait=-1s", "?wait=soon", "?wait=", "?wait", "?wait=1s&wait=2s", "?wai=1s", "?wait=1%73", "?wait=1s;", "?%zz=1", "?&&", "?=1", "?wait=1s&", "?wait=%ff"} {
		add("POST /v1/workflows"+query, `{"type":"order","workflow_id":"w-1","input":{"id":17},"attributes":{"city":"Bern"}}`, key)
	}
	for _, body := range []string{"", "{}", "null", "[]", "{", `{"type":1}`, `{"type":"order","typ":1}`, `{"type":"order","type":"order"}`, `{"Type":"order"}`, `{"type":"order"}x`, `{"type":"order","timeout":"0s"}`,
		`{"type":"order","workflow_id":"refused"}`, `{"type":"order","workflow_id":"lost"}`, `{"type":"order","workflow_id":"later"}`, `{"type":"order","workflow_id":"broken"}`,
		`{"type":"order","workflow_id":"again"}`, `{"type":"order","workflow_id":"open"}`, `{"type":"order","workflow_id":"failed<>"}`, "\xff", `{"type":"\ud800"}`} {
		add("POST /v1/workflows", body)
		add("POST /v1/workflows?wait=1s", body, key, "Aion-Request-Generated: true")
	}
	for _, header := range []string{"Idempotency-Key: ", "Idempotency-Key: é", "Aion-Actor: ada", "Aion-Actor: é", "Accept: */*", "Accept: text/html", "Accept: json", "Content-Encoding: gzip", "Content-Type: text/plain",
		"Expect: 100-continue", "Origin: http://evil.example", "Sec-Fetch-Site: cross-site", "Aion-Forwarded: n9", "Connection: close"} {
		add("POST /v1/workflows", `{"type":"order"}`, header)
		add("GET /v1/workflows/w/result", "", header)
	}
	add("POST /v1/workflows", `{"type":"order"}`, key, key)
	add("POST /v1/workflows", `{"type":"order","input":"`+strings.Repeat("x", 3<<20)+`"}`)
	for _, id := range []string{"w", "open", "failed", "null", "next", "refused", "lost", "later", "broken", "a%20b", "%ff", "a%2Fb", strings.Repeat("x", 300), "%00"} {
		for _, query := range []string{"", "?run_id=00000000-0000-0000-0000-000000000005", "?run_id=00000000-0000-0000-0000-000000000000", "?run_id=5", "?consistency=stale", "?consistency=stale&min_index=7", "?min_index=7",
			"?min_index=-1", "?min_index=1e3", "?min_index=99999999999999999999", "?consistency=fresh", "?consistency=STALE&min_index=x", "?consistency=linearizable", "?wait=1s&consistency=stale"} {
			add("GET /v1/workflows/"+id+query, "")
			add("GET /v1/workflows/"+id+"/result"+query, "")
		}
		for _, payload := range []string{"", `{"by":"Ada"}`, `"<&>"`, `{`, `1 2`} {
			add("POST /v1/workflows/"+id+"/signals/go", payload, key)
			add("POST /v1/workflows/"+id+"/signals/%ff?run_id=00000000-0000-0000-0000-000000000005", payload)
		}
		add("POST /v1/queues/"+id+"/poll", `{"worker_id":"w","activities":["a"],"max_tasks":3,"wait":"1s","lease":"10s"}`, key)
	}
	add("GET /v1/workflows/w/result", "unwanted")
	add("POST /v1/queues/default/poll?wait=1s", `{"worker_id":"w","activities":["a"],"max_tasks":0}`)
	add("POST /v1/queues/default/poll", `{"worker_id":"w","activities":"a","max_tasks":-1,"wait":"x"}`)
	for _, call := range []string{"complete", "fail", "heartbeat", "release"} {
		for _, body := range []string{`{"results":[{"token":"t","output":{"a":1}},{"token":"lost"},{"token":"gone","output":1}]}`, `{"results":[{"token":"t","message":"m","retryable":true},{"token":"lost","message":1},{}]}`,
			`{"tokens":[{"token":"t","details":{"rows":12}},{"token":"gone"},{"token":"lost"},1]}`, `{"tokens":[]}`, `{"results":[{"token":"t","outpu":1}]}`, `{"results":{}}`, `{"tokens":[{"token":"t"}],"more":1}`, "", `{"results":[{"token":"refused"}]}`, `{"tokens":[{"token":"later"}]}`} {
			add("POST /v1/tasks/"+call, body, key)
		}
	}
	for _, body := range []string{`{"starts":[{"type":"order","workflow_id":"w"},{"type":1},{"type":"order","workflow_id":"refused"},{"type":"order","request_id":"é"},{"type":"order","workflow_id":"again","request_id":"r"}]}`,
		`{"starts":[]}`, `{"starts":1}`, `{"starts":[{"type":"order","workflow_id":"lost"}],"more":1}`, ""} {
		add("POST /v1/workflows:batch", body, key)
		add("POST /v1/workflows:batch?wait=1s", body)
	}
	return calls
}()

// twice is one node twice over: it is asked in the way that is served directly, and in one that
// huma serves.
type twice struct{ direct, generic *transport.Server }

func newTwice(t testing.TB, leads bool) twice {
	t.Helper()
	make := func() *transport.Server {
		th := &throne{id: "n1"}
		if !leads {
			th.id = "n2"
		}
		s, err := transport.New(transport.Config{Parts: parts(hotAPI{}), Cluster: &seat{throne: th, self: "n1"}, Node: "n1", Limits: transport.Limits{LeaderWait: time.Nanosecond}})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	return twice{make(), make()}
}

// compare makes a call both ways, and returns the status; 0 = it is no call.
func (n twice) compare(t *testing.T, raw string) int {
	t.Helper()
	var answers [2]*httptest.ResponseRecorder
	for i, s := range []*transport.Server{n.direct, n.generic} {
		r, err := http.ReadRequest(bufio.NewReaderSize(strings.NewReader(raw), 64<<10))
		if err != nil {
			return 0
		}
		r.RemoteAddr = "127.0.0.1:5000"
		if _, chosen := r.Header["Accept"]; !chosen && i == 1 {
			r.Header.Set("Accept", "application/json, */*") // huma negotiates
		}
		answers[i] = httptest.NewRecorder()
		func() {
			defer func() {
				if p := recover(); p != nil && p != http.ErrAbortHandler {
					panic(p)
				}
			}()
			s.ServeHTTP(answers[i], r)
		}()
	}
	a, b := answers[0], answers[1]
	if a.Code != b.Code || !maps.EqualFunc(a.Header(), b.Header(), func(x, y []string) bool { return fmt.Sprint(x) == fmt.Sprint(y) }) || a.Body.String() != b.Body.String() {
		t.Errorf("%.900q\ndirectly %d %v %.900s\nby huma  %d %v %.900s", raw, a.Code, a.Header(), a.Body, b.Code, b.Header(), b.Body)
	}
	return a.Code
}

// TestDirect: what is served directly is byte for byte what huma would have answered.
func TestDirect(t *testing.T) {
	leader, follower := newTwice(t, true), newTwice(t, false)
	statuses := map[int]int{}
	for _, raw := range hotCalls {
		statuses[leader.compare(t, raw)]++
		statuses[follower.compare(t, raw)]++
	}
	for _, status := range []int{200, 201, 202, 400, 403, 409, 413, 415, 500, 503} {
		if statuses[status] == 0 {
			t.Errorf("no call is answered with %d: %v", status, statuses)
		}
	}
}

// TestDirectMutated: so are calls with something wrong anywhere.
func TestDirectMutated(t *testing.T) {
	n := newTwice(t, true)
	random := rand.New(rand.NewPCG(1, 2))
	served := 0
	for range 20_000 {
		raw := []byte(hotCalls[random.IntN(len(hotCalls))])
		if len(raw) > 10_000 {
			continue
		}
		for range 1 + random.IntN(3) {
			i := random.IntN(len(raw))
			switch random.IntN(4) {
			case 0:
				raw[i] = byte(random.IntN(256))
			case 1:
				raw[i] = "?&=%+;/{}[]\":,.0 x"[random.IntN(18)]
			case 2:
				raw = append(raw[:i], raw[i+1:]...)
			case 3:
				j := random.IntN(len(raw))
				raw = append(raw[:i:i], append([]byte(string(raw[min(i, j):max(i, j)])), raw[i:]...)...)
			}
		}
		if n.compare(t, string(raw)) != 0 {
			served++
		}
		if t.Failed() {
			return
		}
	}
	if served < 5_000 {
		t.Errorf("only %d of them were calls", served)
	}
}
