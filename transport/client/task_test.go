package client

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"aion.dev/aion/transport/wire"
)

func answers(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) }
}

// TestWhichCallsOfWorkersHaveKeys: polls and reports must be repeatable if their answer was lost;
// heartbeats would only fill the table of keys.
func TestWhichCallsOfWorkersHaveKeys(t *testing.T) {
	const replies = `{"results":[{"token":"t","ok":true}],"index":1}`
	beats := wire.HeartbeatRequest{Tokens: []wire.TaskBeat{{Token: "t"}}}
	for _, x := range []struct {
		name, body string
		keyed      bool
		call       func(c *Client) error
	}{
		{"poll", `{"tasks":[]}`, true, func(c *Client) error {
			_, err := c.Poll(t.Context(), "q", wire.PollRequest{WorkerID: "w", Activities: []string{"a"}, Wait: "1s"})
			return err
		}},
		{"complete", replies, true, func(c *Client) error {
			_, err := c.CompleteTasks(t.Context(), wire.CompleteRequest{Results: []wire.TaskCompletion{{Token: "t"}}})
			return err
		}},
		{"fail", replies, true, func(c *Client) error {
			_, err := c.FailTasks(t.Context(), wire.FailRequest{Results: []wire.TaskFailure{{Token: "t"}}})
			return err
		}},
		{"release", replies, true, func(c *Client) error { _, err := c.ReleaseTasks(t.Context(), beats); return err }},
		{"heartbeat", replies, false, func(c *Client) error { _, err := c.HeartbeatTasks(t.Context(), beats); return err }},
		{"heartbeat with a key", replies, true, func(c *Client) error { _, err := c.HeartbeatTasks(t.Context(), beats, RequestID("k")); return err }},
	} {
		s := play(t, says("outcome_unknown"), says("no_leader"), answers(x.body))
		c, err := New(Config{Addresses: []string{s.URL}})
		if err != nil {
			t.Fatal(err)
		}
		if err := x.call(c); err != nil {
			t.Errorf("%s: %v", x.name, err)
		}
		keys := s.keys()
		if len(keys) != 3 || keys[0] != keys[1] || keys[1] != keys[2] || (keys[0] != "") != x.keyed {
			t.Errorf("%s: keys %q", x.name, keys)
		}
		c.Close()
	}
}

// TestBadJSONIsNotSent: the error names what the caller passed.
func TestBadJSONIsNotSent(t *testing.T) {
	s := play(t, answers(`{}`))
	c, err := New(Config{Addresses: []string{s.URL}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	bad := json.RawMessage(`{"a":`)
	for want, call := range map[string]func() error{
		"results[1].output": func() error {
			_, err := c.CompleteTasks(t.Context(), wire.CompleteRequest{Results: []wire.TaskCompletion{{}, {Output: bad}}})
			return err
		},
		"results[0].details": func() error {
			_, err := c.FailTasks(t.Context(), wire.FailRequest{Results: []wire.TaskFailure{{Details: bad}}})
			return err
		},
		"tokens[0].details": func() error {
			_, err := c.HeartbeatTasks(t.Context(), wire.HeartbeatRequest{Tokens: []wire.TaskBeat{{Details: bad}}})
			return err
		},
		"input": func() error {
			_, err := c.CreateSchedule(t.Context(), wire.ScheduleSpec{Input: bad})
			return err
		},
		"attributes.x": func() error {
			_, err := c.ReplaceSchedule(t.Context(), "s", wire.ScheduleSpec{Attributes: wire.Attributes{"x": bad}})
			return err
		},
	} {
		if err := call(); err == nil || !strings.HasPrefix(err.Error(), "invalid_input: "+want+": ") {
			t.Errorf("%s: %v", want, err)
		}
	}
	if n := len(s.keys()); n != 0 {
		t.Errorf("%d calls were made", n)
	}
}
