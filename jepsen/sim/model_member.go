package sim

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// member carries out what operators decide about members: who may join, and who does not vote.
func (m *Model) member(c fsm.Command) (code string) {
	switch c := c.(type) {
	case *fsm.IssueJoinToken:
		if c.Life < 0 {
			return "invalid_input"
		}
		maps.DeleteFunc(m.tokens, func(id string, j rows.JoinToken) bool {
			return id != c.ID && j.ExpiresAt != 0 && j.ExpiresAt <= m.now
		})
		if _, known := m.tokens[c.ID]; known {
			break
		}
		j := rows.JoinToken{ID: c.ID, Hash: c.Hash, By: c.By, CreatedAt: m.now}
		if c.Life > 0 {
			j.ExpiresAt = m.now + history.Time(c.Life)
		}
		m.tokens[c.ID] = j
	case *fsm.RevokeJoinToken:
		delete(m.tokens, c.ID)
	case *fsm.SetVote:
		switch {
		case !c.Demoted:
			delete(m.demoted, c.Node)
		case m.nodes[c.Node] == nil:
			return "invalid_input"
		default:
			m.demoted[c.Node] = true
		}
	}
	return ok
}

// memberCommand draws one of them.
func memberCommand(rng *rand.Rand, node string) fsm.Command {
	id := fmt.Sprint("token-", rng.IntN(4))
	switch rng.IntN(5) {
	case 0, 1:
		return &fsm.IssueJoinToken{ID: id, Hash: catalog.Digest{byte(rng.IntN(3))}, By: "ops", Life: history.Duration(rng.IntN(60)-1) * 1e9}
	case 2:
		return &fsm.RevokeJoinToken{ID: id}
	}
	return &fsm.SetVote{Node: node, Demoted: odds(rng, 2)}
}

// membersAreNot compares what a view says of members with the model.
func (m *Model) membersAreNot(v fsm.View) string {
	var want []rows.JoinToken
	for _, id := range slices.Sorted(maps.Keys(m.tokens)) {
		want = append(want, m.tokens[id])
	}
	if got := v.JoinTokens(); !slices.Equal(got, want) {
		return fmt.Sprintf("the join tokens are %+v, want %+v", got, want)
	}
	for _, name := range nodeNames {
		if got := v.Demoted(name); got != m.demoted[name] {
			return fmt.Sprintf("node %s is demoted: %v, want %v", name, got, m.demoted[name])
		}
	}
	return ""
}
