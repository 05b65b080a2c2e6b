package cluster

import (
	"strings"
	"testing"

	"aion.dev/aion/cluster/port"
)

func TestNextMoveOfAnEmptyNode(t *testing.T) {
	node := func(id string) port.Server { return port.Server{ID: id, Address: id + ":7601"} }
	empty := func(id string, expect int) greeting { return greeting{Server: node(id), Empty: true, Expect: expect} }
	promised := func(g greeting, ids ...string) greeting {
		g.Promise = &Founding{ClusterID: "c"}
		for _, id := range ids {
			g.Promise.Servers = append(g.Promise.Servers, node(id))
		}
		return g
	}
	leading := func(id string) greeting { return greeting{Server: node(id), ClusterID: "c", Leader: node(id)} }
	of := func(cluster, id string) greeting {
		return greeting{Server: node(id), ClusterID: cluster, Leader: node(id)}
	}
	named := func(g greeting) greeting { g.named = g.ID + ":7602"; return g }
	called := func(name string, g greeting) greeting { g.Name = name; return g }
	members := func(g greeting, ids ...string) greeting {
		for _, id := range ids {
			g.Members = append(g.Members, node(id))
		}
		return g
	}
	begun := func(g greeting) greeting { g.Empty = false; return g }

	for _, c := range []struct {
		name  string
		self  greeting
		peers []greeting
		want  string

		silent []string
	}{
		{"alone, expecting one", empty("a", 1), nil, "found a", nil},
		{"alone, expecting three", empty("a", 3), nil, "wait: 1 of 3", nil},
		{"two of three", empty("a", 3), []greeting{empty("b", 3)}, "wait: 2 of 3", nil},
		{"three, smallest id", empty("a", 3), []greeting{empty("b", 3), empty("c", 3)}, "found a b c", nil},
		{"three, not the smallest", empty("b", 3), []greeting{empty("a", 3), empty("c", 3)}, "wait: node a begins", nil},
		{"four, smallest: a fourth joins later", empty("a", 3), []greeting{empty("d", 3), empty("c", 3), empty("b", 3)}, "found a b c", nil},
		{"peers differ about the number", empty("a", 3), []greeting{empty("b", 5)}, "refused", nil},
		{"a joiner does not count as a founder", empty("a", 2), []greeting{empty("b", 0)}, "wait: 1 of 2", nil},
		{"join only, nobody there", empty("a", 0), nil, "wait: no peer", nil},
		{"join only, empty peers", empty("a", 0), []greeting{empty("b", 1)}, "wait: no peer", nil},
		{"a peer leads a cluster", empty("a", 1), []greeting{leading("b")}, "join b:7601", nil},
		{"never found beside a cluster without a leader", empty("a", 1), []greeting{{Server: node("b"), ClusterID: "c"}}, "wait: node b belongs", nil},
		{"own promise, first of it", promised(empty("a", 3), "a", "b", "c"), []greeting{empty("b", 3)}, "found a b c", nil},
		{"own promise, another begins", promised(empty("b", 3), "a", "b", "c"), []greeting{promised(empty("a", 3), "a", "b", "c")}, "wait: promised", nil},
		{"own promise, kept by another", promised(empty("b", 3), "a", "b", "c"), []greeting{begun(promised(leading("a"), "a", "b", "c"))}, "begin a b c", nil},
		{"a promise keeps from joining another cluster", promised(empty("b", 3), "a", "b", "c"), []greeting{leading("x")}, "wait: promised", nil},
		{"a promise keeps from founding beside another cluster", promised(empty("a", 3), "a", "b", "c"), []greeting{leading("x")}, "wait: promised", nil},
		{"join only, one of two clusters is named", empty("x", 0), []greeting{of("A", "a"), named(of("B", "b"))}, "join b:7601", nil},
		{"join only, both are named", empty("x", 0), []greeting{named(of("A", "a")), named(of("B", "b"))}, "refused", nil},
		{"join only, none is named", empty("x", 0), []greeting{of("A", "a"), of("B", "b")}, "wait: cluster.join names nodes of two", nil},
		{"founders beside another cluster", empty("x", 3), []greeting{named(empty("y", 3)), named(empty("z", 3)), named(of("A", "a"))}, "refused", nil},
		{"the first founder beside another cluster", empty("x", 3), []greeting{named(of("A", "a"))}, "wait: this node was told to found", []string{"y", "z"}},
		{"a founder whom gossip tells of another cluster", empty("x", 3), []greeting{of("A", "a"), of("A", "b"), of("A", "c")}, "wait: this node was told to found", []string{"y", "z"}},
		{"a founder that came late", empty("x", 3), []greeting{named(promised(of("A", "a"), "a", "b", "c")), named(of("A", "b")), named(of("A", "c")), named(empty("y", 3))}, "join a:7601", nil},
		{"a founder with one wrong address, through which gossip brings all", empty("x", 3), []greeting{named(promised(of("A", "a"), "a", "b", "c")), of("A", "b"), of("A", "c")}, "wait: this node was told to found", []string{"y", "z"}},
		{"wiped, with the unit file of then", empty("x", 3), []greeting{named(members(of("A", "a"), "a", "b", "x"))}, "join a:7601", []string{"b"}},
		{"another machine with the unit file of the lost one", empty("x", 3), []greeting{named(of("A", "a")), named(of("A", "b"))}, "join a:7601", []string{"c"}},
		{"the name says so", called("prod", empty("x", 3)), []greeting{called("prod", named(of("A", "a")))}, "join a:7601", []string{"y", "z"}},
	} {
		m := nextMove(c.self, c.peers, c.silent)
		got := ""
		ids := func(servers []port.Server) string {
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
			got = "begin" + ids(m.begin.Servers)
		case m.found != nil:
			got = "found" + ids(m.found.Servers)
		case m.join.Address != "":
			got = "join " + m.join.Address
		default:
			got = "wait: " + m.wait
		}
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
