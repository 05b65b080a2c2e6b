package cluster

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster/port"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// A stranger that reaches the node port of an open cluster may join it. In a guarded one it must
// prove that it is meant to: by a certificate that names it, or by a join token, which an operator
// made and put into its settings. The state holds a hash of each; the secret is shown once.

// levelOfMembership is the level of the state that knows join tokens and demoted nodes. Until it is
// reached nobody can make a token, so none is asked for.
const levelOfMembership = 3

// guarded reports whether a stranger needs more than an address to join: nodes have certificates,
// or callers have tokens, in this node's file or in the state.
func (c *Cluster) guarded() bool {
	guarded := c.cfg.Guarded
	c.state.View(func(v fsm.View) { guarded = guarded || v.Auth().Made > 0 })
	return guarded
}

// IssueJoinToken makes a join token that expires after life, 0 = never. The token itself is only in
// this answer: of a repeated request it is empty. Leader only.
func (c *Cluster) IssueJoinToken(ctx context.Context, q *fsm.Request, by string, life time.Duration) (token string, made rows.JoinToken, a engine.Answered, err error) {
	if life < 0 || history.Duration(life) > fsm.MaxJoinTokenLife {
		return "", made, a, &catalog.InvalidInput{Field: "expires", Reason: fmt.Sprintf("is %s; 0s (never) to %s are allowed", life, fsm.MaxJoinTokenLife)}
	}
	id, secret := make([]byte, 6), make([]byte, 32)
	rand.Read(id)
	rand.Read(secret)
	token = hex.EncodeToString(id) + "." + base64.RawURLEncoding.EncodeToString(secret)
	cmd := &fsm.IssueJoinToken{ID: hex.EncodeToString(id), Hash: hashOfToken(token), By: by, Life: history.Duration(life)}
	res, err := c.proposeMember(ctx, q, cmd)
	if a, err = answeredWith(res, err); err != nil {
		return "", made, a, err
	}
	if a.Deduplicated {
		token = ""
	}
	if answer, is := res.Answer.(*fsm.JoinTokenAnswer); is {
		return token, rows.JoinToken{ID: answer.ID, By: answer.By, CreatedAt: answer.CreatedAt, ExpiresAt: answer.ExpiresAt}, a, nil
	}
	if a.Deduplicated { // the key was used for a command of another kind
		return "", made, a, &fsm.RequestMismatch{ID: q.ID}
	}
	for _, made = range c.joinTokens() { // below level 7
		if made.ID == cmd.ID {
			return token, made, a, nil
		}
	}
	return "", made, a, fmt.Errorf("join token %s is gone already", cmd.ID) // revoked at this moment
}

// RevokeJoinToken makes a join token useless; one that is not known is a success. Leader only.
func (c *Cluster) RevokeJoinToken(ctx context.Context, q *fsm.Request, id string) (engine.Answered, error) {
	return answeredWith(c.proposeMember(ctx, q, &fsm.RevokeJoinToken{ID: id}))
}

// JoinTokens lists the join tokens that have not expired, as of an index.
func (c *Cluster) JoinTokens(ctx context.Context, rd engine.Read) (list []rows.JoinToken, index uint64, err error) {
	confirm := c.Sync
	if rd.Stale {
		confirm = func(ctx context.Context) error { return c.WaitIndex(ctx, rd.MinIndex) }
	}
	if err := confirm(ctx); err != nil {
		return nil, 0, err
	}
	now := c.Now()
	c.state.View(func(v fsm.View) { list, index = v.JoinTokens(), v.Index() })
	return slices.DeleteFunc(list, func(j rows.JoinToken) bool { return j.Expired(now) }), index, nil
}

func (c *Cluster) joinTokens() (list []rows.JoinToken) {
	c.state.View(func(v fsm.View) { list = v.JoinTokens() })
	return list
}

// mayEnter returns a reason if an empty node must not join: the cluster is guarded, no certificate
// names the node, and it has no join token that is good. Members that move are known already.
func (c *Cluster) mayEnter(from port.Introduction, j joinRequest) string {
	if !j.Empty || from.Named || !c.guarded() || c.level() < levelOfMembership {
		return ""
	}
	const how = "make one with aion-node cluster join-token, and set cluster.join_token there"
	if j.Token == "" {
		return fmt.Sprintf("node %s shows no certificate that names it, and has no join token: %s", j.ID, how)
	}
	id, _, _ := strings.Cut(j.Token, ".")
	for _, t := range c.joinTokens() {
		hash := hashOfToken(j.Token)
		switch {
		case t.ID != id:
		case subtle.ConstantTimeCompare(hash[:], t.Hash[:]) != 1:
			return fmt.Sprintf("the join token of node %s is not the one that was made: %s", j.ID, how)
		case t.Expired(c.Now()):
			return fmt.Sprintf("the join token of node %s expired at %s: %s", j.ID, t.ExpiresAt.Std().UTC().Format(time.RFC3339), how)
		default:
			c.log.Info("a join token lets a node in", "node", j.ID, "token", t.ID)
			return ""
		}
	}
	return fmt.Sprintf("the join token of node %s is unknown here: it was revoked, has expired, or is another cluster's; %s", j.ID, how)
}

func hashOfToken(token string) catalog.Digest { return sha256.Sum256([]byte(token)) }
