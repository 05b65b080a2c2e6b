package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/transport/wire"
)

func TestHowAnActivityStands(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	soon, long := now.Add(90*time.Second), now.Add(-2*time.Hour)
	for want, p := range map[string]wire.PendingActivity{
		"waits for a worker":                       {State: "offered"},
		"waits for a worker, gives up in 1m30s":    {State: "offered", DueAt: &soon},
		"next attempt in 1m30s":                    {State: "backoff", DueAt: &soon},
		"next attempt now":                         {State: "backoff", DueAt: &long},
		"at work since 2h ago":                     {State: "leased", StartedAt: &long, DueAt: &soon},
		"given up, worker not told yet":            {State: "given_up", StartedAt: &long},
		"resting, as only a newer node would have": {State: "resting, as only a newer node would have"},
	} {
		if got := activityState(p, now); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestPendingActivities(t *testing.T) {
	var b bytes.Buffer
	printPending(&b, []wire.PendingActivity{
		{ActivityID: 3, Activity: "charge", Queue: "bank", State: "offered", Attempt: 2, Worker: "w\x1b[31m", LastFailure: &wire.RunError{Kind: "busy", Message: "call again"}},
	}, 5)
	got := strings.Split(b.String(), "\n")
	if len(got) != 5 || !strings.HasPrefix(got[1], "PENDING  ACTIVITY  QUEUE  STATE") || got[2] != "3        charge    bank   waits for a worker  2        w\uFFFD[31m  busy: call again" || got[3] != "and 4 more" {
		t.Errorf("got %q", got)
	}
	b.Reset()
	if printPending(&b, nil, 0); b.Len() > 0 {
		t.Errorf("of none it says %q", b.String())
	}
}

func TestErrorsOfRuns(t *testing.T) {
	for details, want := range map[string]string{
		``: "failed: no\n",
		`{"stack":["a.star:1:2 in run","b.star:3:4 in f"]}`: "failed: no\n  a.star:1:2 in run\n  b.star:3:4 in f\n",
		`{"stack":"no list"}`:                               "failed: no\n{\"stack\":\"no list\"}\n",
		`{"stack":["a"],"code":7}`:                          "failed: no\n{\"stack\":[\"a\"],\"code\":7}\n",
		`[1]`:                                               "failed: no\n[1]\n",
	} {
		var b bytes.Buffer
		if printRunError(&b, &wire.RunError{Kind: "failed", Message: "no", Details: json.RawMessage(details)}); b.String() != want {
			t.Errorf("%s: got %q, want %q", details, b.String(), want)
		}
	}
	for data, want := range map[string]string{
		`{"reason":"lunch"}`: "",
		`{"reason":"replay of turn 2 differs\n  recorded: x","quarantined":true}`: "event 7: quarantined: replay of turn 2 differs\n  recorded: x\n",
		`[]`: "",
	} {
		var b bytes.Buffer
		if printEnd(&b, wire.Event{Seq: 7, Type: "WorkflowPaused", Data: json.RawMessage(data)}); b.String() != want {
			t.Errorf("%s: got %q, want %q", data, b.String(), want)
		}
	}
}
