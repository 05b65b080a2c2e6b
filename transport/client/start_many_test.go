package client

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/transport/wire"
)

// batches plays a node that answers batches: outcome says what becomes of a start, by its request
// id and how often it was sent. Seen are the request ids of each call.
func batches(t *testing.T, outcome func(id string, try int) string) (c *Client, seen *[][]string) {
	seen = new([][]string)
	tries := map[string]int{}
	s := play(t)
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var batch wire.StartBatch
		if err := json.NewDecoder(r.Body).Decode(&batch); err != nil || r.URL.Path != "/v1/workflows:batch" {
			t.Errorf("%s: %v", r.URL, err)
		}
		var ids []string
		var a wire.StartReplies
		for _, start := range batch.Starts {
			ids = append(ids, start.RequestID)
			tries[start.RequestID]++
			if code := outcome(start.RequestID, tries[start.RequestID]); code != "" {
				a.Results = append(a.Results, wire.StartReply{Problem: wire.New(code, "scripted")})
			} else {
				a.Results = append(a.Results, wire.StartReply{OK: true, WorkflowID: string(start.Input), RunID: start.RequestID})
			}
		}
		*seen = append(*seen, ids)
		json.NewEncoder(w).Encode(a)
	})
	return newClient(t, s.URL), seen
}

func numbered(n int) (starts []wire.StartItem) {
	for i := range n {
		starts = append(starts, wire.StartItem{StartRequest: wire.StartRequest{Type: "a", Input: json.RawMessage(fmt.Sprint(i))}})
	}
	return starts
}

// TestStartManyRepeatsWhatIsOpen: only starts that are not settled are sent again, under the same
// request ids, and every reply is in its place.
func TestStartManyRepeatsWhatIsOpen(t *testing.T) {
	c, seen := batches(t, func(id string, try int) string {
		switch {
		case id == "k/1":
			return "already_running"
		case id == "k/2" && try < 3:
			return "outcome_unknown"
		case id == "own" && try < 2:
			return "no_leader"
		}
		return ""
	})
	starts := numbered(5)
	starts[3].RequestID = "own"
	replies, err := c.StartMany(t.Context(), starts, RequestID("k"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(*seen), "[[k/0 k/1 k/2 own k/4] [k/2 own] [k/2]]"; got != want {
		t.Errorf("sent %s, want %s", got, want)
	}
	for i, r := range replies {
		if want := i != 1; r.OK != want || r.OK && r.WorkflowID != fmt.Sprint(i) {
			t.Errorf("%d: %+v", i, r)
		}
	}
	if p := replies[1].Problem; p == nil || p.Code != "already_running" {
		t.Errorf("the second: %+v", p)
	}
	if starts[0].RequestID != "" {
		t.Error("the caller's list was changed")
	}
}

// TestStartManyIsCut: more starts than one call takes are several calls.
func TestStartManyIsCut(t *testing.T) {
	c, seen := batches(t, func(string, int) string { return "" })
	starts := numbered(2*wire.MaxStarts + 1)
	replies, err := c.StartMany(t.Context(), starts)
	if err != nil || len(replies) != len(starts) || replies[2000].WorkflowID != "2000" {
		t.Fatalf("%d replies, %v", len(replies), err)
	}
	if len(*seen) != 3 || len((*seen)[1]) != wire.MaxStarts {
		t.Errorf("%d calls", len(*seen))
	}
	all := slices.Concat(*seen...)
	slices.Sort(all)
	if n := len(slices.Compact(all)); n != len(starts) {
		t.Errorf("%d request ids for %d starts", n, len(starts))
	}
	*seen = nil
	large := numbered(5)
	for i := range large {
		large[i].Input = json.RawMessage(`"` + strings.Repeat("x", 2<<20) + `"`)
	}
	if _, err := c.StartMany(t.Context(), large); err != nil || len(*seen) != 2 {
		t.Errorf("%d calls, %v", len(*seen), err)
	}
	if _, err := c.StartMany(t.Context(), []wire.StartItem{{StartRequest: wire.StartRequest{Type: "a", Input: json.RawMessage("{")}}}); err == nil || !strings.Contains(err.Error(), "starts[0].input") {
		t.Error(err)
	}
}

// TestStartManyGivesUp: what was unknown once stays unknown, whatever a later node says.
func TestStartManyGivesUp(t *testing.T) {
	c, seen := batches(t, func(id string, try int) string {
		if id == "k/0" && try == 1 {
			return "outcome_unknown"
		}
		return "no_leader"
	})
	replies, err := c.StartMany(t.Context(), numbered(2), RequestID("k"), Patience(0, time.Second))
	if err != nil || len(*seen) < 2 {
		t.Fatal(*seen, err)
	}
	if p := replies[0].Problem; p == nil || p.Outcome != wire.Unknown || p.Facts["request_id"] != "k/0" {
		t.Errorf("the first: %+v", p)
	}
	if p := replies[1].Problem; p == nil || p.Code != "no_leader" || p.Outcome != wire.Retry {
		t.Errorf("the second: %+v", p)
	}
}
