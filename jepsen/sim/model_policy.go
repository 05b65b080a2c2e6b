package sim

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/catalog/signature"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
)

// policy is what the model knows of who has to sign, and of who has.
type policy struct {
	trusted map[string]bool // by name: false = it is revoked
	wanted  map[string]rows.SignatureRule
	signers map[catalog.Version][]string // names of those who have signed what is loaded, in order
}

func newPolicy() policy {
	return policy{map[string]bool{}, map[string]rows.SignatureRule{}, map[catalog.Version][]string{}}
}

// signerNames are those of keys, each of which has the name that its seed follows from.
var (
	signerNames  = []string{"ops", "release", "security"}
	rulePrefixes = []string{"", "order", "sh", "ship", "refund"}
)

func signingKey(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("sign " + name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func keyOf(name string) (k signature.Key) {
	copy(k[:], signingKey(name).Public().(ed25519.PublicKey))
	return k
}

// nameOf is the name of a key.
func nameOf(k signature.Key) string {
	for _, name := range signerNames {
		if keyOf(name) == k {
			return name
		}
	}
	return ""
}

// drawPolicy draws a command of level 4 about the policy. Rules go soon, so that packages come.
func (w *World) drawPolicy(rng *rand.Rand) fsm.Command {
	name, prefix := one(rng, signerNames), one(rng, rulePrefixes)
	switch rng.IntN(10) {
	case 0, 1, 2, 3:
		return &fsm.TrustKey{Name: name, Key: keyOf(name)}
	case 4, 5:
		for _, there := range slices.Sorted(maps.Keys(w.model.trusted)) { // usually one that there is
			if odds(rng, 2) {
				name = there
			}
		}
		return &fsm.RevokeKey{Name: name, Forget: odds(rng, 3)}
	case 6, 7:
		r := rows.SignatureRule{Prefix: prefix, Count: rng.Uint64N(3)}
		if odds(rng, 2) {
			r.Keys = []string{name}
		}
		return &fsm.SetSignatureRule{Rule: r}
	}
	for _, there := range slices.Sorted(maps.Keys(w.model.wanted)) {
		prefix = there
	}
	return &fsm.DropSignatureRule{Prefix: prefix}
}

// drawSignatures draws what a package brings.
func (w *World) drawSignatures(v catalog.Version, rng *rand.Rand) (all []signature.Signature) {
	if w.model.level < 4 || len(w.model.trusted) == 0 {
		return nil
	}
	for _, name := range signerNames {
		if odds(rng, 2) {
			all = append(all, signature.Sign(signingKey(name), v))
		}
	}
	if len(all) > 0 && odds(rng, 8) { // one of something else
		all[0] = signature.Sign(signingKey(signerNames[0]), catalog.Version{1})
	}
	return all
}

func (m *Model) onPolicy(c fsm.Command) (code, why string) {
	switch c := c.(type) {
	case *fsm.TrustKey:
		if _, there := m.trusted[c.Name]; there {
			return "invalid_state", ""
		}
		m.trusted[c.Name] = true
	case *fsm.RevokeKey:
		trusted, there := m.trusted[c.Name]
		switch {
		case !there:
			return "not_found", ""
		case !c.Forget:
			m.trusted[c.Name] = false
		case trusted || m.names(c.Name):
			return "invalid_state", ""
		default:
			delete(m.trusted, c.Name)
		}
	case *fsm.SetSignatureRule:
		if len(c.Rule.Keys) > 0 && (c.Rule.Count > uint64(len(c.Rule.Keys)) || !m.trusted[c.Rule.Keys[0]]) {
			return "invalid_input", ""
		}
		m.wanted[c.Rule.Prefix] = c.Rule
	case *fsm.DropSignatureRule:
		if _, there := m.wanted[c.Prefix]; !there {
			return "not_found", ""
		}
		delete(m.wanted, c.Prefix)
	}
	return ok, ""
}

// names reports whether a rule names a key.
func (m *Model) names(key string) bool {
	for _, r := range m.wanted { // any order: one is enough
		if slices.Contains(r.Keys, key) {
			return true
		}
	}
	return false
}

// unsigned is why a package is refused for its signatures; empty = it is not. Else who has signed
// it from now on is returned, too.
func (m *Model) unsigned(p *catalog.Package, brought []signature.Signature) (signers []string, code string) {
	signers = slices.Clone(m.signers[p.Version])
	if m.level < 4 {
		return signers, ""
	}
	for _, s := range brought {
		name := nameOf(s.Key)
		if signature.Sign(signingKey(name), p.Version) != s {
			return nil, "signature_invalid"
		}
		if !slices.Contains(signers, name) {
			signers = append(signers, name)
		}
	}
	for _, member := range p.Members {
		rule, found := rows.SignatureRule{}, false
		for prefix, r := range m.wanted { // any order: the longest
			if strings.HasPrefix(member.Type, prefix) && (!found || len(prefix) > len(rule.Prefix)) {
				rule, found = r, true
			}
		}
		count := uint64(0)
		for _, name := range signers {
			if m.trusted[name] && (len(rule.Keys) == 0 || slices.Contains(rule.Keys, name)) {
				count++
			}
		}
		if count < rule.Count {
			return nil, "signature_required"
		}
	}
	return signers, ""
}

func (m *Model) policyIsNot(v fsm.View) string {
	keys, rules := v.Policy()
	if len(keys) != len(m.trusted) || len(rules) != len(m.wanted) {
		return fmt.Sprintf("the policy has %d keys and %d rules, want %v and %v", len(keys), len(rules), m.trusted, m.wanted)
	}
	for _, k := range keys {
		if trusted, there := m.trusted[k.Name]; !there || trusted == k.Revoked() || k.Key != keyOf(k.Name) {
			return fmt.Sprintf("the key %s is revoked: %v, want trusted %v", k.Name, k.Revoked(), m.trusted)
		}
	}
	for _, r := range rules {
		if want, there := m.wanted[r.Prefix]; !there || want.Count != r.Count || !slices.Equal(want.Keys, r.Keys) {
			return fmt.Sprintf("the rule for %q is %+v, want %+v", r.Prefix, r, want)
		}
	}
	for i := range known {
		var names []string
		for _, s := range v.Signatures(known[i].Version) {
			names = append(names, nameOf(s.Signature.Key))
		}
		if want := m.signers[known[i].Version]; !slices.Equal(names, want) {
			return fmt.Sprintf("version %s is signed by %q, want %q", known[i].Version.Short(), names, want)
		}
	}
	return ""
}
