package cluster

import (
	"strings"
	"testing"
)

func TestNextMoveOfAnEmptyNode(t *testing.T) {
	node := func(id string) Server { return Server{id, id + ":7601"} }
	empty := func(id string, expect int) greeting { return greeting{Server: node(id), Empty: true, Expect: expect} }
	promised := func(g greeting, ids ...string) greeting {
		for _, id := range ids {
			g.Promise = append(g.Promise, node(id))
		}
		return g
	}
	leading := func(id string) greeting { return greeting{Server: node(id), ClusterID: "c", Leader: node(id)} }
	begun := func(g greeting) greeting { g.Empty = false; return g }

	for _, c := range []struct {
		name  string
		self  greeting
		peers []greeting
		want  string
	}{
		{"alone, expecting one", empty("a", 1), nil, "found a"},
		{"alone, expecting three", empty("a", 3), nil, "wait: 1 of 3"},
		{"two of three", empty("a", 3), []greeting{empty("b", 3)}, "wait: 2 of 3"},
		{"three, smallest id", empty("a", 3), []greeting{empty("b", 3), empty("c", 3)}, "found a b c"},
		{"three, not the smallest", empty("b", 3), []greeting{empty("a", 3), empty("c", 3)}, "wait: node a begins"},
		{"four, smallest: a fourth joins later", empty("a", 3), []greeting{empty("d", 3), empty("c", 3), empty("b", 3)}, "found a b c"},
		{"peers differ about the number", empty("a", 3), []greeting{empty("b", 5)}, "refused"},
		{"a joiner does not count as a founder", empty("a", 2), []greeting{empty("b", 0)}, "wait: 1 of 2"},
		{"join only, nobody there", empty("a", 0), nil, "wait: no peer"},
		{"join only, empty peers", empty("a", 0), []greeting{empty("b", 1)}, "wait: no peer"},
		{"a peer leads a cluster", empty("a", 1), []greeting{leading("b")}, "join b:7601"},
		{"never found beside a cluster without a leader", empty("a", 1), []greeting{{Server: node("b"), ClusterID: "c"}}, "wait: node b belongs"},
		{"own promise, first of it", promised(empty("a", 3), "a", "b", "c"), []greeting{empty("b", 3)}, "found a b c"},
		{"own promise, another begins", promised(empty("b", 3), "a", "b", "c"), []greeting{promised(empty("a", 3), "a", "b", "c")}, "wait: promised"},
		{"own promise, kept by another", promised(empty("b", 3), "a", "b", "c"), []greeting{begun(promised(leading("a"), "a", "b", "c"))}, "begin a b c"},
		{"a promise keeps from joining another cluster", promised(empty("b", 3), "a", "b", "c"), []greeting{leading("x")}, "wait: promised"},
		{"a promise keeps from founding beside another cluster", promised(empty("a", 3), "a", "b", "c"), []greeting{leading("x")}, "wait: promised"},
	} {
		m := nextMove(c.self, c.peers)
		got := ""
		ids := func(servers []Server) string {
			var b strings.Builder
			for _, s := range servers {
				b.WriteString(" " + s.ID)
			}
			return b.String()
		}
		switch {
		case m.refused != nil:
			got = "refused"
		case m.begin != nil:
			got = "begin" + ids(m.begin)
		case m.found != nil:
			got = "found" + ids(m.found)
		case m.join != "":
			got = "join " + m.join
		default:
			got = "wait: " + m.wait
		}
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
