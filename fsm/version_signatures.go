package fsm

import (
	"fmt"
	"slices"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/catalog/signature"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// Bounds of signatures. Verifying one costs as much as some forty rows, so they bound what an entry
// costs.
const (
	MaxSignatures       = 8   // of a version
	MaxDeploySignatures = 256 // that the changes of a deployment bring
	verifyCost          = 40
)

// signing decides whether a package may come in, by its signatures. A rehearsal and the commands
// that carry it out share what was verified, so that no signature is verified twice.
type signing struct {
	policy   *policy
	level    uint64
	now      history.Time
	by       string // the actor who brings signatures
	verified map[signed]bool
	charge   func(units uint64)
}

type signed struct {
	version   catalog.Version
	signature signature.Signature
}

// admitted is what follows from the signatures of a package that may come in.
type admitted struct {
	signers []*rows.TrustedKey      // trusted keys that have signed it, by name
	all     []rows.VersionSignature // its signatures from now on
	more    bool                    // there are others among them than before
}

// admits refuses a package with a signature that is none, or without those that the policy wants.
// known are the signatures of its version if that is loaded: they need not come along again.
func (s *signing) admits(pkg *catalog.Package, brought []signature.Signature, known []rows.VersionSignature) (a admitted, refusal Refusal) {
	if s.level < 4 {
		return a, nil
	}
	if len(brought) > MaxSignatures {
		return a, &catalog.InvalidInput{Field: "signatures", Reason: fmt.Sprintf("has %d items, the limit is %d", len(brought), MaxSignatures)}
	}
	a.all = slices.Clone(known)
	for _, b := range brought {
		if !s.verifies(pkg.Content(), b) {
			r := &SignatureInvalid{Version: pkg.Version, PublicKey: b.Key.String(), Type: pkg.Members[0].Type}
			if k := s.policy.byKey[b.Key]; k != nil {
				r.Key = k.Name
			}
			return a, r
		}
		if !slices.ContainsFunc(a.all, func(s rows.VersionSignature) bool { return s.Signature.Key == b.Key }) {
			a.all, a.more = append(a.all, rows.VersionSignature{Signature: b, At: s.now, By: s.by}), true
		}
	}
	for len(a.all) > MaxSignatures { // whoever is not trusted makes room for who is
		at := slices.IndexFunc(a.all, func(v rows.VersionSignature) bool { return !s.policy.trusts(v.Signature.Key) })
		if at < 0 {
			return a, &ResourceExhausted{What: "trusted keys that have signed one version", Limit: MaxSignatures}
		}
		a.all = slices.Delete(a.all, at, at+1)
	}
	for _, v := range a.all {
		if s.policy.trusts(v.Signature.Key) {
			a.signers = append(a.signers, s.policy.byKey[v.Signature.Key])
		}
	}
	slices.SortFunc(a.signers, func(a, b *rows.TrustedKey) int { return strings.Compare(a.Name, b.Name) })
	for i := range pkg.Members {
		if refusal := s.policy.wants(pkg, pkg.Members[i].Type, a.signers); refusal != nil {
			return a, refusal
		}
	}
	return a, nil
}

func (p *policy) trusts(k signature.Key) bool {
	known := p.byKey[k]
	return known != nil && !known.Revoked()
}

func (s *signing) verifies(v catalog.Version, b signature.Signature) bool {
	if s.verified[signed{v, b}] {
		return true
	}
	s.charge(verifyCost)
	ok := b.Verify(v)
	if ok {
		s.verified[signed{v, b}] = true
	}
	return ok
}

// wants refuses a package for one of its types.
func (p *policy) wants(pkg *catalog.Package, typ string, signers []*rows.TrustedKey) Refusal {
	const named = 10
	rule := p.ruleFor(typ)
	if rule == nil || rule.Count == 0 {
		return nil
	}
	counts := func(k *rows.TrustedKey) bool {
		if len(rule.Keys) == 0 {
			return true
		}
		_, ok := slices.BinarySearch(rule.Keys, k.Name)
		return ok
	}
	r := &SignatureRequired{Version: pkg.Version, Type: typ, Prefix: rule.Prefix, Count: rule.Count}
	for _, k := range signers {
		if counts(k) {
			r.Signed = append(r.Signed, k.Name)
		}
	}
	if uint64(len(r.Signed)) >= rule.Count {
		return nil
	}
	for _, k := range p.keys {
		switch {
		case k.Revoked() || !counts(k) || slices.Contains(signers, k):
		case len(r.Keys) < named:
			r.Keys = append(r.Keys, k.Name)
		default:
			r.More++
		}
	}
	return r
}

// signing is what the entry's commands ask.
func (t *step) signing() *signing {
	if t.verified == nil {
		t.verified = map[signed]bool{}
	}
	return &signing{policy: t.s.policy, level: t.level(), now: t.now, by: clip(t.who.Actor), verified: t.verified, charge: t.Charge}
}

// signatures are those of a loaded version.
func (t *step) signatures(v catalog.Version) []rows.VersionSignature {
	var all rows.VersionSignatures
	t.Read(rows.VersionKey(rows.FamilySignatures, v), &all)
	return all.List
}

// keepSignatures stores those of a version that is loaded, if there are new ones.
func (t *step) keepSignatures(v catalog.Version, a admitted) {
	if a.more {
		t.Put(rows.VersionKey(rows.FamilySignatures, v), rows.Encoded(rows.VersionSignatures{List: a.all}))
	}
}

// forgetSignatures drops those of a version that is being unloaded.
func (t *step) forgetSignatures(v catalog.Version) {
	if len(t.signatures(v)) > 0 {
		t.Del(rows.VersionKey(rows.FamilySignatures, v))
	}
}

// signersText is what the deploy history says of who signed.
func signersText(signers []*rows.TrustedKey) (texts []string) {
	for _, k := range signers {
		texts = append(texts, k.Name+" "+k.Key.String())
	}
	return texts
}

// Signatures implements View.
func (p *picture) Signatures(v catalog.Version) []rows.VersionSignature {
	var all rows.VersionSignatures
	p.row(p.Get(rows.VersionKey(rows.FamilySignatures, v)), &all)
	return all.List
}

// signingOf is what a rehearsal over a view asks.
func signingOf(v View) *signing {
	p := newPolicy()
	keys, rules := v.Policy()
	for i := range keys {
		p.putKey(&keys[i])
	}
	for i := range rules {
		p.putRule(&rules[i])
	}
	return &signing{policy: p, level: v.Level(), now: v.Now(), verified: map[signed]bool{}, charge: func(uint64) {}}
}

// Signing is what the policy says of a load over a view: the trusted keys that have signed it, and
// whether apply would refuse it for its signatures.
func (c *LoadPackage) Signing(v View) (signers []string, refusal Refusal) {
	a, refusal := signingOf(v).admits(&c.Package, c.Signatures, v.Signatures(c.Package.Version))
	for _, k := range a.signers {
		signers = append(signers, k.Name)
	}
	return signers, refusal
}
