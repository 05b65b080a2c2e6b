package engine

import (
	"fmt"
	"testing"
	"time"
)

// TestPollersAreBounded: who has not polled for an hour is forgotten, who waits is not, a term
// begins anew, and neither workers nor names are kept without end.
func TestPollersAreBounded(t *testing.T) {
	var p pollers
	now := time.Unix(1_700_000_000, 0)
	ask := func(worker string, at time.Time) (leave func()) {
		return p.enter(PollRequest{Queue: "q", Worker: worker, Node: "n1"}, []string{"a"}, at)
	}
	names := func(at time.Time) (names []string) {
		list, _, _ := p.of("q", at)
		for _, one := range list {
			names = append(names, one.Worker)
		}
		return names
	}
	ask("early", now)()
	if got := names(now); got != nil {
		t.Fatalf("before the node leads: %v", got)
	}
	p.begin(now)
	ask("gone", now)()
	leave := ask("waits", now)
	ask("here", now.Add(time.Minute))()
	if got := names(now.Add(61 * time.Minute)); len(got) != 2 {
		t.Errorf("after an hour: %v", got)
	}
	leave()
	if got := names(now.Add(61 * time.Minute)); fmt.Sprint(got) != "[here]" {
		t.Errorf("its poll is over: %v", got)
	}
	if got, _, _ := p.of("other", now); got != nil {
		t.Errorf("of another queue: %v", got)
	}
	var many []string
	for i := range 100 {
		many = append(many, fmt.Sprint("a", i))
	}
	p.enter(PollRequest{Queue: "q", Worker: "here", Version: "2"}, many, now.Add(2*time.Minute))()
	if list, _, _ := p.of("q", now); list[0].Version != "2" || len(list[0].Activities) != PollerActivities || list[0].More != 80 {
		t.Errorf("%+v", list[0])
	}
	for i := range pollersKept + 10 {
		ask(fmt.Sprint("w", i), now.Add(2*time.Minute))()
	}
	if len(p.by) > pollersKept {
		t.Errorf("%d are kept", len(p.by))
	}
	ask("new", now.Add(3*time.Hour))()
	if got := names(now.Add(3 * time.Hour)); fmt.Sprint(got) != "[new]" {
		t.Errorf("workers of hours ago keep out a new one: %v", got)
	}
	leave = ask("new", now.Add(3*time.Hour))
	p.begin(now)
	leave() // of the term before
	if got := names(now); got != nil {
		t.Errorf("another term: %v", got)
	}
}
