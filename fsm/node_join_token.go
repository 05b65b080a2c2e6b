package fsm

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// IssueJoinToken stores the hash of a join token; who proposes it minted id and secret. It drops
// the tokens that have expired. Refused: invalid_input, resource_exhausted. Level 3.
type IssueJoinToken struct {
	ID   string           `cbor:"1,keyasint"`
	Hash catalog.Digest   `cbor:"2,keyasint"`
	By   string           `cbor:"3,keyasint,omitempty"`
	Life history.Duration `cbor:"4,keyasint,omitempty"` // 0 = it never expires
}

// JoinTokenAnswer names the join token that was made, from level 7 on; before, the answer is Done.
type JoinTokenAnswer struct {
	ID        string       `cbor:"1,keyasint"`
	By        string       `cbor:"2,keyasint,omitempty"`
	CreatedAt history.Time `cbor:"3,keyasint"`
	ExpiresAt history.Time `cbor:"4,keyasint,omitempty"` // 0 = never
}

// RevokeJoinToken drops a join token; one that is not there is a success. Level 3.
type RevokeJoinToken struct {
	ID string `cbor:"1,keyasint"`
}

// Bounds of join tokens.
const (
	MaxJoinTokens    = 100
	MaxJoinTokenLife = history.Duration(10 * 365 * 24 * 3600 * 1e9)
)

// Kind implements Command.
func (*IssueJoinToken) Kind() Kind  { return KindIssueJoinToken }
func (*RevokeJoinToken) Kind() Kind { return KindRevokeJoinToken }
func (*JoinTokenAnswer) answer()    {}

func (c *IssueJoinToken) apply(t *step) (Answer, Refusal) {
	switch {
	case c.ID == "" || len(c.ID) > maxNodeText:
		return nil, &catalog.InvalidInput{Field: "id", Reason: fmt.Sprintf("has %d bytes, 1 to %d are allowed", len(c.ID), maxNodeText)}
	case len(c.By) > maxNodeText:
		return nil, &catalog.InvalidInput{Field: "by", Reason: fmt.Sprintf("has %d bytes, the limit is %d", len(c.By), maxNodeText)}
	case c.Life < 0 || c.Life > MaxJoinTokenLife:
		return nil, &catalog.InvalidInput{Field: "expires", Reason: fmt.Sprintf("is %s; 0s (never) to %s are allowed", c.Life, MaxJoinTokenLife)}
	}
	kept, known := 0, false
	for _, j := range joinTokens(t, t.Fail) {
		switch {
		case j.ID == c.ID:
			known = true
		case j.Expired(t.now):
			t.Del(rows.JoinTokenKey(j.ID))
		default:
			kept++
		}
	}
	if known { // ids are random: the same entry twice
		return new(Done), nil
	}
	if kept >= MaxJoinTokens {
		return nil, &ResourceExhausted{What: "join tokens", Limit: MaxJoinTokens}
	}
	j := rows.JoinToken{ID: c.ID, Hash: c.Hash, By: c.By, CreatedAt: t.now}
	if c.Life > 0 {
		j.ExpiresAt = rows.Due(t.now, c.Life)
	}
	t.Put(rows.JoinTokenKey(c.ID), rows.Encoded(j))
	if t.level() < 7 {
		return new(Done), nil
	}
	return &JoinTokenAnswer{j.ID, j.By, j.CreatedAt, j.ExpiresAt}, nil
}

func (c *RevokeJoinToken) apply(t *step) (Answer, Refusal) {
	if k := rows.JoinTokenKey(c.ID); t.Get(k) != nil {
		t.Del(k)
	}
	return new(Done), nil
}

// joinTokens lists all join tokens by id.
func joinTokens(from reader, fail func(error)) (list []rows.JoinToken) {
	all := rows.JoinTokenKey("")
	from.Scan(all, rows.After(all), func(_, b []byte) bool {
		var j rows.JoinToken
		err := rows.Decode(b, &j)
		fail(err)
		list = append(list, j)
		return err == nil
	})
	return list
}

// JoinTokens implements View.
func (p *picture) JoinTokens() []rows.JoinToken { return joinTokens(p, p.s.fail) }
