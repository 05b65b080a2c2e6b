package cluster

import (
	"reflect"
	"strings"
	"testing"

	"aion.dev/aion/cluster/port"
	"github.com/hashicorp/raft"
)

func TestPlanJoin(t *testing.T) {
	voter := func(id, address string) raft.Server {
		return raft.Server{ID: raft.ServerID(id), Address: raft.ServerAddress(address), Suffrage: raft.Voter}
	}
	learner := func(id, address string) raft.Server {
		return raft.Server{ID: raft.ServerID(id), Address: raft.ServerAddress(address), Suffrage: raft.Nonvoter}
	}
	two := []raft.Server{voter("a", "1"), voter("b", "2")}
	for _, c := range []struct {
		name    string
		servers []raft.Server
		join    joinRequest
		plan    []change
		refused string
	}{
		{"new", two, joinRequest{Server: port.Server{ID: "c", Address: "3"}, Empty: true}, []change{{add: port.Server{ID: "c", Address: "3"}}}, ""},
		{"again", append(two, learner("c", "3")), joinRequest{Server: port.Server{ID: "c", Address: "3"}, Empty: true}, nil, ""},
		{"there already", two, joinRequest{Server: port.Server{ID: "b", Address: "2"}}, nil, ""},
		{"wiped, new id at the dead one's address", two, joinRequest{Server: port.Server{ID: "c", Address: "2"}, Empty: true}, []change{{remove: "b"}, {add: port.Server{ID: "c", Address: "2"}}}, ""},
		{"wiped, same id", two, joinRequest{Server: port.Server{ID: "b", Address: "2"}, Empty: true}, nil, "is a voter already"},
		{"wiped, same id, another address", two, joinRequest{Server: port.Server{ID: "b", Address: "9"}, Empty: true}, nil, "is a voter already"},
		{"moved", two, joinRequest{Server: port.Server{ID: "b", Address: "3"}}, []change{{demote: "b"}, {add: port.Server{ID: "b", Address: "3"}}}, ""},
		{"moved non-voter", append(two, learner("c", "3")), joinRequest{Server: port.Server{ID: "c", Address: "4"}}, []change{{add: port.Server{ID: "c", Address: "4"}}}, ""},
		{"moved to a dead one's address", two, joinRequest{Server: port.Server{ID: "b", Address: "1"}}, []change{{remove: "a"}, {demote: "b"}, {add: port.Server{ID: "b", Address: "1"}}}, ""},
		{"removed, with its old data", two, joinRequest{Server: port.Server{ID: "c", Address: "3"}}, nil, "was removed"},
		{"removed, at another's address", two, joinRequest{Server: port.Server{ID: "c", Address: "2"}}, nil, "was removed"},
	} {
		plan, refused := planJoin(c.servers, c.join)
		if refused != "" {
			plan = nil
		}
		if !reflect.DeepEqual(plan, c.plan) || !strings.Contains(refused, c.refused) || (refused == "") != (c.refused == "") {
			t.Errorf("%s: plan %v, refused %q; want %v, %q", c.name, plan, refused, c.plan, c.refused)
		}
	}
}
