package dev

import "testing"

func TestEventsForPeople(t *testing.T) {
	const v = "0123456789abcdef"
	for want, e := range map[string]Event{
		"deployed  order, ship version 0123456789ab":           {Event: Deployed, Version: v, Types: []string{"order", "ship"}},
		"problem   order.star:1:2: wrong":                      {Event: Problem, Message: "order.star:1:2: wrong"},
		"problem   wrong\n                    a.star:1:2 in f": {Event: Problem, Message: "wrong", Stack: []string{"a.star:1:2 in f"}},
		"started   o-1 (order) on 0123456789ab":                {Event: Started, Workflow: "o-1", Type: "order", Version: v},
		"started   s (ship) on 0123456789ab, child of o-1":     {Event: Started, Workflow: "s", Type: "ship", Version: v, Parent: "o-1"},
		"completed o-1 (order) on 0123456789ab after 2s":       {Event: Closed, Workflow: "o-1", Type: "order", Version: v, Status: "completed", Took: "2s"},
		"          no run is left on 0123456789ab":             {Event: Left, Version: v},
		"          1 run is left on 0123456789ab":              {Event: Left, Version: v, Runs: 1},
		"          2 runs are left on 0123456789ab":            {Event: Left, Version: v, Runs: 2},
		"says      o-1: hello":                                 {Event: Says, Workflow: "o-1", Message: "hello"},
		"          and 7 more started":                         {Event: More, Runs: 7, Message: "started"},
	} {
		if got := e.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
