package fsm

import (
	"maps"
	"slices"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/fsm/store"
)

// tokens is the table of tokens in memory: every call looks one up. Pictures share it; an entry
// that changes it makes a copy first, once.
type tokens struct {
	auth   rows.Auth
	list   []*rows.Token // by name; what it points at is never changed
	byHash map[catalog.Digest]*rows.Token
	// No token expires before first, 0 = none does: so making one does not look at all of them.
	first  history.Time
	shared bool // with a picture: copy it before a change
}

func loadTokens(from store.Reader) (*tokens, error) {
	all := &tokens{byHash: map[catalog.Digest]*rows.Token{}}
	if err := store.Each(from, rows.FamilyAuth, func(_ []byte, a rows.Auth) { all.auth = a }); err != nil {
		return nil, err
	}
	return all, store.Each(from, rows.FamilyToken, func(_ []byte, k rows.Token) {
		all.list = append(all.list, &k)
		all.byHash[k.Hash] = &k
		all.expects(k.ExpiresAt)
	})
}

func (all *tokens) find(name string) (at int, known bool) {
	return slices.BinarySearchFunc(all.list, name, func(k *rows.Token, name string) int { return strings.Compare(k.Name, name) })
}

// expects notes when a token expires.
func (all *tokens) expects(at history.Time) {
	if at != 0 && (all.first == 0 || at < all.first) {
		all.first = at
	}
}

// expiredLongAgo returns the names of the tokens that are not kept any more for people to see.
func (all *tokens) expiredLongAgo(now history.Time) (names []string) {
	if all.first == 0 || now < rows.Due(all.first, keepExpired) {
		return nil
	}
	all.first = 0
	for _, k := range all.list {
		if k.ExpiresAt != 0 && now >= rows.Due(k.ExpiresAt, keepExpired) {
			names = append(names, k.Name)
		} else {
			all.expects(k.ExpiresAt)
		}
	}
	return names
}

// tokens returns the table, for a command that changes it.
func (t *step) tokens() *tokens {
	if all := t.s.tokens; all.shared {
		t.s.tokens = &tokens{auth: all.auth, list: slices.Clone(all.list), byHash: maps.Clone(all.byHash), first: all.first}
	}
	return t.s.tokens
}

func (t *step) putAuth(a rows.Auth) {
	t.tokens().auth = a
	t.Put(rows.Key(rows.FamilyAuth), rows.Encoded(a))
}

// putToken stores a token whose name is not taken.
func (t *step) putToken(k *rows.Token) {
	t.Put(rows.TextKey(rows.FamilyToken, k.Name), rows.Encoded(k))
	all := t.tokens()
	at, _ := all.find(k.Name)
	all.list = slices.Insert(all.list, at, k)
	all.byHash[k.Hash] = k
	all.expects(k.ExpiresAt)
}

func (t *step) deleteToken(name string) {
	all := t.tokens()
	at, known := all.find(name)
	if !known {
		return
	}
	t.Del(rows.TextKey(rows.FamilyToken, name))
	delete(all.byHash, all.list[at].Hash)
	all.list = slices.Delete(all.list, at, at+1)
}
