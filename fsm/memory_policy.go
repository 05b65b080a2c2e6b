package fsm

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"aion.dev/aion/catalog/signature"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/fsm/store"
)

// policy is which keys are trusted and what has to be signed, in memory: loads ask it. Pictures
// share it; an entry that changes it makes a copy first, once.
type policy struct {
	keys   []*rows.TrustedKey // by name; what it points at is never changed
	byKey  map[signature.Key]*rows.TrustedKey
	rules  []*rows.SignatureRule // by prefix; likewise
	shared bool                  // with a picture: copy it before a change

	byPrefix map[string]*rows.SignatureRule
	ofLength [MaxRulePrefix + 1]int // how many rules have a prefix so long
}

func newPolicy() *policy {
	return &policy{byKey: map[signature.Key]*rows.TrustedKey{}, byPrefix: map[string]*rows.SignatureRule{}}
}

func loadPolicy(from store.Reader) (*policy, error) {
	p := newPolicy()
	var flaw error
	err := from.Scan(rows.Key(rows.FamilyPolicy), rows.Key(rows.FamilyPolicy+1), func(k, b []byte) bool {
		if rows.IsTrustedKey(k) {
			key := new(rows.TrustedKey)
			if flaw = rows.Decode(b, key); flaw == nil {
				p.putKey(key)
			}
		} else {
			rule := new(rows.SignatureRule)
			if flaw = rows.Decode(b, rule); flaw == nil {
				p.putRule(rule)
			}
		}
		return flaw == nil
	})
	return p, cmp.Or(err, flaw)
}

func (p *policy) findKey(name string) (at int, known bool) {
	return slices.BinarySearchFunc(p.keys, name, func(k *rows.TrustedKey, name string) int { return strings.Compare(k.Name, name) })
}

func (p *policy) findRule(prefix string) (at int, known bool) {
	return slices.BinarySearchFunc(p.rules, prefix, func(r *rows.SignatureRule, prefix string) int { return strings.Compare(r.Prefix, prefix) })
}

// ruleFor returns the rule that decides on a type: of those whose prefix it has, the one with the
// longest. Nil = there is none.
func (p *policy) ruleFor(typ string) *rows.SignatureRule {
	for n := min(len(typ), MaxRulePrefix); n >= 0; n-- {
		if p.ofLength[n] > 0 {
			if r := p.byPrefix[typ[:n]]; r != nil {
				return r
			}
		}
	}
	return nil
}

// policy returns the table, for a command that changes it.
func (t *step) policy() *policy {
	if p := t.s.policy; p.shared {
		t.s.policy = &policy{keys: slices.Clone(p.keys), byKey: maps.Clone(p.byKey), rules: slices.Clone(p.rules), byPrefix: maps.Clone(p.byPrefix), ofLength: p.ofLength}
	}
	return t.s.policy
}

func (t *step) putTrustedKey(k *rows.TrustedKey) {
	t.Put(rows.TrustedKeyKey(k.Name), rows.Encoded(k))
	t.policy().putKey(k)
}

func (p *policy) putKey(k *rows.TrustedKey) {
	at, known := p.findKey(k.Name)
	if known {
		p.keys[at] = k
	} else {
		p.keys = slices.Insert(p.keys, at, k)
	}
	p.byKey[k.Key] = k
}

func (t *step) deleteTrustedKey(name string) {
	p := t.policy()
	at, _ := p.findKey(name)
	t.Del(rows.TrustedKeyKey(name))
	delete(p.byKey, p.keys[at].Key)
	p.keys = slices.Delete(p.keys, at, at+1)
}

func (t *step) putSignatureRule(r *rows.SignatureRule) {
	t.Put(rows.SignatureRuleKey(r.Prefix), rows.Encoded(r))
	t.policy().putRule(r)
}

func (p *policy) putRule(r *rows.SignatureRule) {
	at, known := p.findRule(r.Prefix)
	if known {
		p.rules[at] = r
	} else {
		p.rules = slices.Insert(p.rules, at, r)
		p.ofLength[len(r.Prefix)]++
	}
	p.byPrefix[r.Prefix] = r
}

func (t *step) deleteSignatureRule(prefix string) {
	p := t.policy()
	at, _ := p.findRule(prefix)
	t.Del(rows.SignatureRuleKey(prefix))
	p.rules = slices.Delete(p.rules, at, at+1)
	p.ofLength[len(prefix)]--
	delete(p.byPrefix, prefix)
}
