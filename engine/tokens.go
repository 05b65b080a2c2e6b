package engine

import (
	"cmp"
	"context"
	"strings"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// NewToken is a token to be made.
type NewToken struct {
	Name    string
	Hash    catalog.Digest // SHA-256 of its secret
	Grants  []string
	Expires time.Time // zero = never
	Rates   rows.TokenRates
}

func (n *NewToken) row() (k rows.Token, err error) {
	k = rows.Token{Name: n.Name, Hash: n.Hash, Grants: n.Grants, Rates: n.Rates}
	if flaw := history.NameFlaw(n.Name); n.Name != "" && flaw != "" {
		return k, invalid("name", "%s", flaw)
	}
	if !n.Expires.IsZero() {
		if k.ExpiresAt = history.At(n.Expires); k.ExpiresAt <= 0 {
			return k, invalid("expires", "is %s, which is not after 1970", n.Expires.Format(time.RFC3339))
		}
	}
	return k, nil
}

// BootstrapAuth makes the first token of the cluster, once. From then on every call needs a token.
func (e *Engine) BootstrapAuth(ctx context.Context, c Call, n NewToken) (*rows.Token, Answered, error) {
	k, err := n.row()
	if err != nil {
		return nil, Answered{}, err
	}
	return proposeToken(ctx, e, c, &fsm.Bootstrap{Token: k})
}

// CreateToken makes a token.
func (e *Engine) CreateToken(ctx context.Context, c Call, n NewToken) (*rows.Token, Answered, error) {
	k, err := n.row()
	if err != nil {
		return nil, Answered{}, err
	}
	if n.Rates != (rows.TokenRates{}) {
		if err := e.atLevel(4); err != nil {
			return nil, Answered{}, err
		}
	}
	return proposeToken(ctx, e, c, &fsm.CreateToken{Token: k})
}

// RevokeToken removes a token. When it returns, the node that leads refuses calls with it, and so
// does every other node as soon as it has applied the entry.
func (e *Engine) RevokeToken(ctx context.Context, c Call, name string) (*rows.Token, Answered, error) {
	return proposeToken(ctx, e, c, &fsm.RevokeToken{Name: name})
}

func proposeToken(ctx context.Context, e *Engine, c Call, cmd fsm.Command) (*rows.Token, Answered, error) {
	answer, a, err := proposeAt[*fsm.TokenAnswer](ctx, e, c, 3, cmd)
	if err != nil {
		return nil, a, err
	}
	return &answer.Token, a, nil
}

// Tokens lists tokens by name, starting after the cursor.
func (e *Engine) Tokens(ctx context.Context, rd Read, limit int, cursor string) (page []rows.Token, next string, index uint64, err error) {
	if limit, err = checkPage(limit); err != nil {
		return nil, "", 0, err
	}
	err = e.read(ctx, rd, func(v fsm.View) { page, index = v.Tokens(cursor, limit+1), v.Index() })
	if len(page) > limit {
		page = page[:limit]
		next = page[limit-1].Name
	}
	return page, next, index, err
}

// Callers is what this node's state says of who may call.
type Callers struct {
	Any   bool           // the cluster has had a token: every call needs one
	Key   catalog.Digest // with which nodes sign whom they pass on; zero = none yet
	Older catalog.Digest // the key before that one; zero = none
	Level uint64         // of the state: there are tokens and keys from 3 on
}

// Callers returns it as this node's state stands.
func (e *Engine) Callers() (c Callers) {
	e.cfg.Log.View(func(v fsm.View) {
		a := v.Auth()
		c = Callers{a.Made > 0, a.Key, a.Before, v.Level()}
	})
	return c
}

// TokenOf returns the token whose secret has a hash, as this node's state stands. ok is false if
// there is none, or its time is over.
func (e *Engine) TokenOf(hash catalog.Digest) (k rows.Token, ok bool) {
	e.cfg.Log.View(func(v fsm.View) { k, ok = v.TokenOf(hash) })
	return k, ok && !k.Expired(e.now())
}

// TokenNamed is TokenOf by name.
func (e *Engine) TokenNamed(name string) (k rows.Token, ok bool) {
	e.cfg.Log.View(func(v fsm.View) { k, ok = v.Token(name) })
	return k, ok && !k.Expired(e.now())
}

// Confirm returns once this node's state includes everything that was acknowledged before the call,
// and the index of that state. Leader only.
func (e *Engine) Confirm(ctx context.Context) (index uint64, err error) {
	err = e.read(ctx, Read{}, func(v fsm.View) { index = v.Index() })
	return index, err
}

// Reach returns once this node has applied an index, or the error that ended the wait.
func (e *Engine) Reach(ctx context.Context, index uint64) error {
	return e.freshen(ctx, Read{Stale: true, MinIndex: index})
}

// FindRun returns the row of a run: of the latest one of its workflow id, unless ref has a run id.
func (e *Engine) FindRun(ctx context.Context, rd Read, ref fsm.RunRef) (run rows.Run, err error) {
	if err := checkRef(ref); err != nil {
		return run, err
	}
	readErr := e.read(ctx, rd, func(v fsm.View) { run, err = rd.find(v, ref) })
	return run, cmp.Or(readErr, err)
}

// BroughtBy returns who has started runs on the ephemeral version of a run, as this node's state
// stands; false = several have, or the version is none, or gone.
func (e *Engine) BroughtBy(ref fsm.RunRef) (owner string, ok bool) {
	e.cfg.Log.View(func(v fsm.View) {
		run, err := find(v, ref)
		if err != nil {
			return
		}
		if row, ephemeral := v.Ephemeral(run.Version); ephemeral && len(row.Owners) == 1 {
			owner, ok = row.Owners[0], true
		}
	})
	return owner, ok
}

// TypesOf returns the types of all versions that carry a type and that a reference may mean, as
// this node's state stands.
func (e *Engine) TypesOf(typ, version string) (types []string) {
	e.cfg.Log.View(func(v fsm.View) {
		for _, p := range v.Catalog().Packages() {
			if _, carries := p.Member(typ); carries && strings.HasPrefix(p.Version.String(), version) {
				types = append(types, p.Types()...)
			}
		}
	})
	return types
}
