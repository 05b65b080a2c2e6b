package fsm

import (
	"fmt"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/catalog/signature"
	"aion.dev/aion/fsm/rows"
)

// TrustKey lets signatures by a key count, under a name. Refused: invalid_input, invalid_state (the
// name or the key is taken), resource_exhausted. Level 4.
type TrustKey struct {
	Name string        `cbor:"1,keyasint"`
	Key  signature.Key `cbor:"2,keyasint"`
}

// RevokeKey makes signatures by a key count no more, from this entry on. What is loaded stays. The
// row stays too, so that people see whose signatures those were; Forget removes it, of a key that
// is revoked and that no rule names. Refused: not_found, invalid_state. Level 4.
type RevokeKey struct {
	Name   string `cbor:"1,keyasint"`
	Forget bool   `cbor:"2,keyasint,omitempty"`
}

// SetSignatureRule makes or replaces the rule of a prefix. Refused: invalid_input (a key that is
// not trusted; more keys than it names), resource_exhausted. Level 4.
type SetSignatureRule struct {
	Rule rows.SignatureRule `cbor:"1,keyasint"` // SetAt and SetBy are set in apply
}

// DropSignatureRule removes the rule of a prefix. Refused: not_found. Level 4.
type DropSignatureRule struct {
	Prefix string `cbor:"1,keyasint"`
}

// PolicyAnswer is the key or the rule as it is now, or as it was when it was removed: one of them
// is set.
type PolicyAnswer struct {
	Key  *rows.TrustedKey    `cbor:"1,keyasint,omitempty"`
	Rule *rows.SignatureRule `cbor:"2,keyasint,omitempty"`
}

// Bounds of the policy.
const (
	MaxTrustedKeys    = 1000 // revoked ones too
	MaxSignatureRules = 1000
	MaxRuleKeys       = 100 // of a rule
	MaxRulePrefix     = 255 // bytes
)

// Kind implements Command.
func (*TrustKey) Kind() Kind          { return KindTrustKey }
func (*RevokeKey) Kind() Kind         { return KindRevokeKey }
func (*SetSignatureRule) Kind() Kind  { return KindSetSignatureRule }
func (*DropSignatureRule) Kind() Kind { return KindDropSignatureRule }
func (*PolicyAnswer) answer()         {}

func (c *TrustKey) apply(t *step) (Answer, Refusal) {
	p := t.s.policy
	byName, taken := p.findKey(c.Name)
	switch other := p.byKey[c.Key]; {
	case c.Name == "" || len(c.Name) > MaxTokenName:
		return nil, &catalog.InvalidInput{Field: "name", Reason: fmt.Sprintf("has %d bytes; 1 to %d are allowed", len(c.Name), MaxTokenName)}
	case c.Key.Flaw() != "":
		return nil, &catalog.InvalidInput{Field: "public_key", Reason: c.Key.Flaw()}
	case taken:
		return nil, &PolicyConflict{Key: c.Name, Why: "is the name of a key already" + revokedNote(p.keys[byName])}
	case other != nil:
		return nil, &PolicyConflict{Key: other.Name, Why: "is this key already" + revokedNote(other)}
	case len(p.keys) >= MaxTrustedKeys:
		return nil, &ResourceExhausted{What: "trusted keys", Limit: MaxTrustedKeys}
	}
	k := &rows.TrustedKey{Name: c.Name, Key: c.Key, TrustedAt: t.now, TrustedBy: clip(t.who.Actor)}
	t.putTrustedKey(k)
	t.announce(feedPolicyChanged, policyChanged{Change: "key_trusted", Key: k.Name, PublicKey: k.Key.String(), By: k.TrustedBy})
	return &PolicyAnswer{Key: k}, nil
}

func revokedNote(k *rows.TrustedKey) string {
	if k.Revoked() {
		return ", which is revoked"
	}
	return ""
}

func (c *RevokeKey) apply(t *step) (Answer, Refusal) {
	p := t.s.policy
	at, known := p.findKey(c.Name)
	if !known {
		return nil, &NotInPolicy{Key: clip(c.Name)}
	}
	k := *p.keys[at]
	change := policyChanged{Change: "key_revoked", Key: k.Name, PublicKey: k.Key.String(), By: clip(t.who.Actor)}
	switch {
	case !c.Forget && k.Revoked():
		return &PolicyAnswer{Key: &k}, nil
	case !c.Forget:
		k.RevokedAt, k.RevokedBy = t.now, clip(t.who.Actor)
		t.putTrustedKey(&k)
	case !k.Revoked():
		return nil, &PolicyConflict{Key: k.Name, Why: "is trusted: revoke it first"}
	default:
		for _, r := range p.rules {
			if slices.Contains(r.Keys, k.Name) {
				return nil, &PolicyConflict{Key: k.Name, Why: "is named by the rule for " + catalog.Quote(r.Prefix) + ": change that first"}
			}
		}
		t.deleteTrustedKey(k.Name)
		change.Change = "key_forgotten"
	}
	t.announce(feedPolicyChanged, change)
	return &PolicyAnswer{Key: &k}, nil
}

func (c *SetSignatureRule) apply(t *step) (Answer, Refusal) {
	r := c.Rule
	if refusal := t.s.policy.checkRule(&r); refusal != nil {
		return nil, refusal
	}
	if _, there := t.s.policy.findRule(r.Prefix); !there && len(t.s.policy.rules) >= MaxSignatureRules {
		return nil, &ResourceExhausted{What: "signature rules", Limit: MaxSignatureRules}
	}
	r.SetAt, r.SetBy = t.now, clip(t.who.Actor)
	t.putSignatureRule(&r)
	t.announce(feedPolicyChanged, policyChanged{Change: "rule_set", Prefix: &r.Prefix, By: r.SetBy})
	return &PolicyAnswer{Rule: &r}, nil
}

// checkRule refuses a rule that names what is not trusted, or that nobody could ever satisfy.
func (p *policy) checkRule(r *rows.SignatureRule) Refusal {
	bad := func(field, format string, args ...any) Refusal {
		return &catalog.InvalidInput{Field: field, Reason: fmt.Sprintf(format, args...)}
	}
	switch {
	case len(r.Prefix) > MaxRulePrefix:
		return bad("type_prefix", "has %d bytes, the limit is %d", len(r.Prefix), MaxRulePrefix)
	case len(r.Keys) > MaxRuleKeys:
		return bad("keys", "has %d items, the limit is %d", len(r.Keys), MaxRuleKeys)
	case !slices.IsSorted(r.Keys) || len(slices.Compact(slices.Clone(r.Keys))) != len(r.Keys):
		return bad("keys", "are not sorted, or one is named twice")
	case r.Count > MaxSignatures:
		return bad("count", "is %d, and a package has at most %d signatures", r.Count, MaxSignatures)
	case len(r.Keys) > 0 && r.Count > uint64(len(r.Keys)):
		return bad("count", "is %d, and the rule names %d keys", r.Count, len(r.Keys))
	}
	for i, name := range r.Keys {
		if at, known := p.findKey(name); !known || p.keys[at].Revoked() {
			return bad("keys", "item %d, %s, is not the name of a trusted key", i+1, catalog.Quote(clip(name)))
		}
	}
	return nil
}

func (c *DropSignatureRule) apply(t *step) (Answer, Refusal) {
	at, there := t.s.policy.findRule(c.Prefix)
	if !there {
		prefix := clip(c.Prefix)
		return nil, &NotInPolicy{Prefix: &prefix}
	}
	r := *t.s.policy.rules[at]
	t.deleteSignatureRule(c.Prefix)
	t.announce(feedPolicyChanged, policyChanged{Change: "rule_dropped", Prefix: &r.Prefix, By: clip(t.who.Actor)})
	return &PolicyAnswer{Rule: &r}, nil
}

// Policy implements View.
func (p *picture) Policy() (keys []rows.TrustedKey, rules []rows.SignatureRule) {
	for _, k := range p.policy.keys {
		keys = append(keys, *k)
	}
	for _, r := range p.policy.rules {
		rules = append(rules, *r)
	}
	return keys, rules
}
