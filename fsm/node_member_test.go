package fsm

import (
	"fmt"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
)

// memberCommands is one of each kind about members with every field set.
func memberCommands() []Command {
	return []Command{
		&IssueJoinToken{ID: "1f2e3d4c", Hash: catalog.Digest{5}, By: "ops", Life: 3600e9},
		&RevokeJoinToken{ID: "1f2e3d4c"},
		&SetVote{Node: "n1", Demoted: true},
	}
}

// tokenIDs are the ids of the join tokens.
func tokenIDs(w *world) (ids []string) {
	w.view(func(v View) {
		for _, j := range v.JoinTokens() {
			ids = append(ids, j.ID)
		}
	})
	return ids
}

// TestKeyOfJoinToken: a repeated request is told which token was made, from the level on at which
// all builds answer that.
func TestKeyOfJoinToken(t *testing.T) {
	w := newWorld(t)
	live(w)
	q := &Request{ID: "k", Print: catalog.Digest{1}}
	ask := func(id string) Result {
		return w.propose(Envelope{Request: q, Command: &IssueJoinToken{ID: id, By: "ops", Life: 10e9}})[0]
	}
	made := ask("b")
	want := JoinTokenAnswer{ID: "b", By: "ops", CreatedAt: w.now, ExpiresAt: w.now.Add(10e9)}
	if a, is := made.Answer.(*JoinTokenAnswer); !is || *a != want {
		t.Fatalf("%+v", made.Answer)
	}
	again := ask("c")
	if a, is := again.Answer.(*JoinTokenAnswer); !is || *a != want || !again.Deduplicated {
		t.Errorf("repeated: %+v", again)
	}
	if got := fmt.Sprint(tokenIDs(w)); got != "[b]" {
		t.Errorf("the tokens are %s", got)
	}
}

// TestJoinTokens: they are listed until they are revoked, or have expired when another one is made.
func TestJoinTokens(t *testing.T) {
	w := newWorld(t)
	live(w)
	w.do(&IssueJoinToken{ID: "b", Hash: catalog.Digest{1}, By: "ops", Life: 10e9})
	w.do(&IssueJoinToken{ID: "a", Hash: catalog.Digest{2}})
	made := w.now
	w.do(&IssueJoinToken{ID: "a", Hash: catalog.Digest{3}}) // the same id again changes nothing
	w.view(func(v View) {
		list := v.JoinTokens()
		if len(list) != 2 || list[0] != (rows.JoinToken{ID: "a", Hash: catalog.Digest{2}, CreatedAt: made}) || list[1].ExpiresAt != list[1].CreatedAt.Add(10e9) || list[1].By != "ops" {
			t.Fatalf("the tokens are %+v", list)
		}
		if list[0].Expired(made.Add(1e18)) || list[1].Expired(list[1].ExpiresAt-1) || !list[1].Expired(list[1].ExpiresAt) {
			t.Error("one without an end expires, or one with an end does so at another moment")
		}
	})
	w.now = w.now.Add(20e9)
	if got := fmt.Sprint(tokenIDs(w)); got != "[a b]" {
		t.Errorf("the tokens are %s", got)
	}
	w.do(&IssueJoinToken{ID: "c", Life: 1e9})
	if got := fmt.Sprint(tokenIDs(w)); got != "[a c]" {
		t.Errorf("after one has expired the tokens are %s", got)
	}
	w.do(&RevokeJoinToken{ID: "a"})
	w.do(&RevokeJoinToken{ID: "a"})
	if got := fmt.Sprint(tokenIDs(w)); got != "[c]" {
		t.Errorf("after one was revoked the tokens are %s", got)
	}
	w.refused(&IssueJoinToken{}, "invalid_input")
	w.refused(&IssueJoinToken{ID: "d", Life: -1}, "invalid_input")
	for i := range MaxJoinTokens - 1 {
		w.do(&IssueJoinToken{ID: fmt.Sprint("t", i)})
	}
	w.refused(&IssueJoinToken{ID: "one too many"}, "resource_exhausted")
	w.checkReplays()
}

// TestDemotedNode: it stays demoted until somebody takes that back, or the node is removed.
func TestDemotedNode(t *testing.T) {
	w := newWorld(t)
	live(w)
	demoted := func(id string) (yes bool) {
		w.view(func(v View) { yes = v.Demoted(id) })
		return yes
	}
	w.refused(&SetVote{Node: "x", Demoted: true}, "invalid_input")
	w.do(&SetVote{Node: "x"})
	for _, id := range []string{"x", "y"} {
		w.do(&AnnounceNode{Node: rows.Node{ID: id}, ClusterID: "c"})
		w.do(&SetVote{Node: id, Demoted: true})
	}
	w.do(&AnnounceNode{Node: rows.Node{ID: "x"}}) // it was started again
	if !demoted("x") || !demoted("y") || demoted("z") {
		t.Errorf("demoted: x %v, y %v, z %v", demoted("x"), demoted("y"), demoted("z"))
	}
	w.do(&SetVote{Node: "x"})
	w.do(&RemoveNode{ID: "y", Forever: true})
	if demoted("x") || demoted("y") {
		t.Errorf("still demoted: x %v, y %v", demoted("x"), demoted("y"))
	}
	w.checkReplays()
}
