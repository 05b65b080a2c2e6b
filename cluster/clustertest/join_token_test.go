package clustertest

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/cluster"
	"aion.dev/aion/engine"
)

// In a guarded cluster a node that no certificate names joins by a token that is good, and stays a
// member whatever becomes of the token.
func TestJoinToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewWith(t, 3, Options{Spare: 1, Guarded: true})
		stranger := c.Nodes[3]
		refused := func(what, token, want string) {
			t.Helper()
			stranger.JoinToken = token
			stranger.Start()
			if err := stranger.Died(); !errors.Is(err, cluster.ErrRefused) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: it ended with %v, want it refused: %s", what, err, want)
			}
			if got := members(t, c.Leader()); len(got) != 3 {
				t.Errorf("%s: the members are %v", what, got)
			}
			if token != "" && strings.Contains(stranger.Stopped.Error(), token) {
				t.Errorf("%s: the refusal shows the token", what)
			}
		}
		issue := func(life time.Duration) (token, id string) {
			t.Helper()
			token, made, _, err := c.Leader().IssueJoinToken(within(time.Minute), nil, "ops", life)
			if err != nil || made.By != "ops" || !strings.HasPrefix(token, made.ID+".") {
				t.Fatalf("token %q, %+v, %v", token, made, err)
			}
			return token, made.ID
		}
		refused("no token", "", "no join token")
		refused("an invented token", "abc.def", "unknown")

		short, _ := issue(time.Minute)
		<-time.After(2 * time.Minute)
		refused("an old token", short, "expired")

		revoked, id := issue(0)
		fine(t, done(c.Leader().RevokeJoinToken(within(time.Minute), nil, id)))
		refused("a revoked token", revoked, "unknown")

		good, id := issue(time.Hour)
		refused("another secret", id+"."+strings.Repeat("A", 43), "not the one")
		list, _, err := c.Leader().JoinTokens(within(time.Minute), engine.Read{})
		if err != nil || len(list) != 1 || list[0].ID != id {
			t.Errorf("the tokens are %+v, %v", list, err)
		}
		stranger.JoinToken = good
		stranger.Start()
		c.Until("the stranger to vote", func() error {
			if got := roles(t, c.Leader())[stranger.ID]; got != "voter" {
				return errors.New("it is " + got)
			}
			return nil
		})
		fine(t, done(c.Leader().RevokeJoinToken(within(time.Minute), nil, id)))
		stranger.JoinToken = ""
		stranger.Crash()
		stranger.Start() // a member needs none
		c.WaitReady()
		c.Check()
	})
}
