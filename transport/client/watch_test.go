package client

import (
	"fmt"
	"io"
	"net/http"
	"testing"

	"aion.dev/aion/transport/wire"
)

func frames(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, text)
	}
}

func TestEventsResumeWhereTheyWere(t *testing.T) {
	s := play(t,
		frames("id: 4\n\n"), // sends where the stream starts, then breaks
		frames(": heartbeat\n\nevent: RouteChanged\ndata: {\"n\":1}\n\nid: 6\nevent: PackageLoaded\ndata: {\"n\":2}\n\nevent: RouteChanged\ndata: {\"n\":3}\n\n"),
		says("no_leader"),
		frames("event: RouteChanged\ndata: {\"n\":3}\n\nid: 8\nevent: RouteChanged\ndata: {\"n\":4}\n\n"),
	)
	var got []string
	for e, err := range newClient(t, s.URL).Events(t.Context(), EventFilter{Names: []string{"RouteChanged", "PackageLoaded"}}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%d %s %s", e.ID, e.Name, e.Data))
		if len(got) == 5 {
			break
		}
	}
	want := `[0 RouteChanged {"n":1} 6 PackageLoaded {"n":2} 0 RouteChanged {"n":3} 0 RouteChanged {"n":3} 8 RouteChanged {"n":4}]`
	if fmt.Sprint(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	var after []string
	for _, r := range s.asked {
		after = append(after, r.URL.Query().Get("after"))
	}
	if fmt.Sprint(after) != "[ 4 6 6]" {
		t.Errorf("resumed after %q", after)
	}
}

func TestEventsEndWithARefusal(t *testing.T) {
	s := play(t, says("invalid_input"))
	n := 0
	for _, err := range newClient(t, s.URL).Events(t.Context(), EventFilter{}) {
		if n++; err == nil {
			t.Error("an event without a stream")
		}
	}
	if n != 1 || len(s.keys()) != 1 {
		t.Errorf("%d items after %d calls", n, len(s.keys()))
	}
}

func TestFollowPagesToTheEnd(t *testing.T) {
	page := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) }
	}
	s := play(t,
		page(`{"events":[{"seq":1,"type":"WorkflowStarted"}],"next":2,"index":3}`),
		page(`{"events":[],"next":2,"index":4}`),
		page(`{"events":[{"seq":2,"type":"WorkflowCompleted"}],"index":5}`),
	)
	var seqs []uint64
	for e, err := range newClient(t, s.URL).Follow(t.Context(), wire.RunRef{WorkflowID: "w"}, 0) {
		if err != nil {
			t.Fatal(err)
		}
		seqs = append(seqs, e.Seq)
	}
	if fmt.Sprint(seqs) != "[1 2]" || s.asked[1].URL.Query().Get("from") != "2" {
		t.Errorf("seqs %v, asked %v", seqs, s.asked)
	}
}
