package transport_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/internal/await"
	"aion.dev/aion/transport"
	"aion.dev/aion/transport/wire"
)

// desk holds polls until they get tasks or disconnect.
type desk struct {
	transport.TaskDesk
	asked chan engine.PollRequest
	give  chan []engine.WorkerTask
	fail  chan error
	gone  chan struct{}
}

func newDesk() *desk {
	return &desk{asked: make(chan engine.PollRequest, 10), give: make(chan []engine.WorkerTask), fail: make(chan error), gone: make(chan struct{}, 10)}
}

func (d *desk) Poll(ctx context.Context, r engine.PollRequest, wait time.Duration) ([]engine.WorkerTask, uint64, error) {
	d.asked <- r
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case tasks := <-d.give:
		return tasks, 7, nil
	case err := <-d.fail:
		return nil, 0, err
	case <-timer.C:
		return nil, 7, nil
	case <-ctx.Done():
		d.gone <- struct{}{}
		return nil, 7, nil
	}
}

const pollBody = `{"worker_id":"w1","activities":["ship","charge"],"max_tasks":5,"wait":"60s","lease":"30s"}`

func TestPollAsItCrossesTheNetwork(t *testing.T) {
	d := newDesk()
	th := &throne{}
	listen(t, d, th, "n1").lead()
	follower := listen(t, d, th, "n2")
	answers := make(chan reply)
	go func() {
		answers <- follower.send(t, "POST", "/v1/queues/a%2Fb/poll", pollBody, "Idempotency-Key: k", "Aion-Request-Generated: true")
	}()
	r := await.From(t, "a poll", d.asked)
	if r.Queue != "a/b" || r.Worker != "w1" || strings.Join(r.Activities, " ") != "ship charge" || r.Max != 5 || r.Lease != 30*time.Second ||
		r.Request == nil || r.Request.ID != "k" || !r.Request.Short {
		t.Errorf("the engine was asked for %+v", r)
	}
	id := history.RunID{1}
	d.give <- []engine.WorkerTask{
		{Token: "t1", Input: history.Payload(`{"a":1}`), Leased: fsm.Leased{
			Token: fsm.TaskToken{RunID: id, ID: 3, Attempt: 2}, WorkflowID: "w", Type: "order", Activity: "ship", Seq: 9, Deadline: history.Time(time.Hour),
			Heartbeat: history.Duration(10 * time.Second), Lease: history.Duration(10 * time.Second), Details: history.Payload(`"half"`),
		}},
		{Token: "t2", Leased: fsm.Leased{Token: fsm.TaskToken{RunID: id, ID: 4, Attempt: 1}, WorkflowID: "w", Type: "order", Activity: "charge"}},
	}
	a := await.From(t, "the answer", answers)
	want := `{"tasks":[` +
		`{"token":"t1","workflow_id":"w","run_id":"01000000-0000-0000-0000-000000000000","workflow_type":"order","activity":"ship","activity_id":3,"attempt":2,` +
		`"input":{"a":1},"deadline":"1970-01-01T01:00:00Z","heartbeat":"10s","lease":"10s","details":"half"},` +
		`{"token":"t2","workflow_id":"w","run_id":"01000000-0000-0000-0000-000000000000","workflow_type":"order","activity":"charge","activity_id":4,"attempt":1,"input":null}]}`
	if a.status != 200 || a.body != want || a.header.Get(wire.HeaderNode) != "n1" || a.header.Get(wire.HeaderIndex) != "7" {
		t.Errorf("%+v, want\n%s", a, want)
	}
	if a := follower.send(t, "POST", "/v1/queues/q/poll", `{"worker_id":"w1","activities":["ship"]}`); a.status != 200 || a.body != `{"tasks":[]}` {
		t.Errorf("a poll that does not wait: %+v", a)
	}
	await.From(t, "a poll", d.asked)
	go func() { answers <- follower.send(t, "POST", "/v1/queues/q/poll", pollBody) }()
	await.From(t, "a poll", d.asked)
	d.fail <- &engine.NotLeader{Leader: "n3"}
	if p := await.From(t, "the answer", answers).problem(t); p.Code != "no_leader" || p.Outcome != wire.Retry {
		t.Errorf("leadership was lost during the wait: %v", p)
	}
}

// TestPollEndsWithItsWorker: the leader notices, even through a follower, so that it can give tasks
// back.
func TestPollEndsWithItsWorker(t *testing.T) {
	d := newDesk()
	th := &throne{}
	leader, follower := listen(t, d, th, "n1").lead(), listen(t, d, th, "n2")
	for _, h := range []*host{leader, follower} {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			req, _ := http.NewRequestWithContext(ctx, "POST", h.URL+"/v1/queues/q/poll", strings.NewReader(pollBody))
			_, err := h.Client().Do(req)
			ended <- err
		}()
		await.From(t, "a poll", d.asked)
		cancel()
		if err := await.From(t, "the end of the call", ended); err == nil {
			t.Errorf("at %s: the poll was answered", h.id)
		}
		await.From(t, "the end of the poll", d.gone)
	}
}

// TestPollEndsWithItsNode: on the leader it returns an empty answer. A follower cannot know whether
// the leader has just given tasks, so the worker repeats the poll under the same key.
func TestPollEndsWithItsNode(t *testing.T) {
	d := newDesk()
	th := &throne{}
	leading := listen(t, d, th, "n1")
	serve := func(id string) (base string, stop func()) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		server, err := transport.New(transport.Config{Parts: parts(d), Cluster: &seat{throne: th, self: id}, Node: id, Limits: transport.Limits{Drain: time.Minute}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		served := make(chan error)
		go func() { served <- server.Serve(ctx, l) }()
		return "http://" + l.Addr().String(), func() {
			cancel()
			if err := <-served; err != nil {
				t.Errorf("Serve: %v", err)
			}
		}
	}
	for id, want := range map[string]string{"n1": `{"tasks":[]}`, "n2": "outcome_unknown"} {
		base, stop := serve(id)
		leading.lead()
		answers := make(chan string)
		go func() {
			resp, err := http.Post(base+"/v1/queues/q/poll", "application/json", strings.NewReader(pollBody))
			if err != nil {
				answers <- err.Error()
				return
			}
			defer resp.Body.Close()
			b, err := io.ReadAll(resp.Body)
			if err != nil {
				b = []byte(err.Error())
			}
			answers <- string(b)
		}()
		await.From(t, "a poll", d.asked)
		stop()
		await.From(t, "the end of the poll", d.gone)
		if a := await.From(t, "the answer", answers); !strings.Contains(a, want) {
			t.Errorf("%s: %s, want %s", id, a, want)
		}
	}
}

// TestPollsAreBounded together with all other waiting calls.
func TestPollsAreBounded(t *testing.T) {
	d := newDesk()
	h := listen(t, d, &throne{}, "n1", func(cfg *transport.Config) { cfg.Limits.Polls = 1 }).lead()
	first := make(chan reply)
	go func() { first <- h.send(t, "POST", "/v1/queues/q/poll", pollBody) }()
	await.From(t, "a poll", d.asked)
	if p := h.send(t, "POST", "/v1/queues/q/poll", pollBody).problem(t); p.Code != "unavailable" || p.Outcome != wire.Retry {
		t.Errorf("%v", p)
	}
	if r := h.send(t, "POST", "/v1/queues/q/poll", `{"worker_id":"w1","activities":["a"],"wait":"0s"}`); r.status != 200 {
		t.Errorf("one that does not wait: %+v", r)
	}
	d.give <- nil
	if r := await.From(t, "the first poll", first); r.status != 200 {
		t.Errorf("%+v", r)
	}
}

// TestPollMayNameManyActivities: as many as the engine accepts.
func TestPollMayNameManyActivities(t *testing.T) {
	d := newDesk()
	h := listen(t, d, &throne{}, "n1").lead()
	names := make([]string, engine.MaxActivities)
	for i := range names {
		names[i] = strings.Repeat("\u00e9", engine.MaxLabel)
	}
	body, err := json.Marshal(wire.PollRequest{WorkerID: "w", Activities: names})
	if err != nil {
		t.Fatal(err)
	}
	if r := h.send(t, "POST", "/v1/queues/q/poll", string(body)); r.status != 200 {
		t.Errorf("%+v", r)
	}
}
