package transport

import (
	"context"
	"slices"
	"strings"

	"aion.dev/aion/catalog/signature"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/transport/grant"
	"aion.dev/aion/transport/wire"
)

// PolicyKeeper is what the routes of the policy need from a node.
type PolicyKeeper interface {
	Policy(ctx context.Context, rd engine.Read) (*engine.Policy, error)
	TrustKey(ctx context.Context, c engine.Call, cmd fsm.TrustKey) (*fsm.PolicyAnswer, engine.Answered, error)
	RevokeKey(ctx context.Context, c engine.Call, cmd fsm.RevokeKey) (*fsm.PolicyAnswer, engine.Answered, error)
	SetSignatureRule(ctx context.Context, c engine.Call, cmd fsm.SetSignatureRule) (*fsm.PolicyAnswer, engine.Answered, error)
	DropSignatureRule(ctx context.Context, c engine.Call, cmd fsm.DropSignatureRule) (*fsm.PolicyAnswer, engine.Answered, error)
}

// policyRoutes adds the routes of the policy.
func (s *Server) policyRoutes() {
	add(s, route{method: "GET", path: "/v1/policy", id: "policy", summary: "Show which keys are trusted, and what has to be signed", group: "Policy", needs: needs(ofAny, grant.Read), leader: true, beyond: true}, s.policy)
	add(s, route{method: "PUT", path: "/v1/policy/keys/{name}", id: "trust_key", summary: "Let signatures by a key count", group: "Policy", needs: needs(ofAll, grant.Admin), leader: true, beyond: true, write: true,
		limit: smallBody, body: new(wire.KeySpec)}, s.trustKey)
	add(s, route{method: "DELETE", path: "/v1/policy/keys/{name}", id: "revoke_key", summary: "Let signatures by a key count no more", group: "Policy", needs: needs(ofAll, grant.Admin), leader: true, beyond: true, write: true}, s.revokeKey)
	add(s, route{method: "PUT", path: "/v1/policy/rules", id: "set_signature_rule", summary: "Make or replace the rule of a type prefix", group: "Policy", needs: needs(ofAll, grant.Admin), leader: true, beyond: true, write: true,
		limit: smallBody, body: new(wire.RuleSpec)}, s.setSignatureRule)
	add(s, route{method: "DELETE", path: "/v1/policy/rules", id: "drop_signature_rule", summary: "Remove the rule of a type prefix", group: "Policy", needs: needs(ofAll, grant.Admin), leader: true, beyond: true, write: true}, s.dropSignatureRule)
}

type policyInput struct{ Fresh }

func (s *Server) policy(ctx context.Context, in *policyInput) (*answer[wire.Policy], error) {
	rd, err := in.read()
	if err != nil {
		return nil, err
	}
	p, err := s.cfg.PolicyKeeper.Policy(ctx, rd)
	if err != nil {
		return nil, err
	}
	body := wire.Policy{Keys: make([]wire.TrustedKey, len(p.Keys)), Rules: make([]wire.SignatureRule, len(p.Rules)), Indexed: at(p.Index)}
	for i := range p.Keys {
		body.Keys[i] = trustedKeyOf(&p.Keys[i])
	}
	for i := range p.Rules {
		body.Rules[i] = signatureRuleOf(&p.Rules[i])
	}
	return &answer[wire.Policy]{Index: p.Index, LeaderContact: s.contact(rd), Body: body}, nil
}

type keyInput struct {
	Keyed
	Name string `path:"name" doc:"Name of the key"`
}

func (s *Server) trustKey(ctx context.Context, in *keyInput) (*answer[wire.PolicyAnswer], error) {
	var spec wire.KeySpec
	c, err := change(ctx, &spec, required)
	if err != nil {
		return nil, err
	}
	if !printable(in.Name, maxTokenName) || strings.ContainsAny(in.Name, " /,") {
		return nil, invalid("name", "must have 1 to %d printable ASCII characters without space, comma and /", maxTokenName)
	}
	key, err := signature.ParseKey(spec.PublicKey)
	if err != nil {
		return nil, invalid("public_key", "%v", err)
	}
	return policyChanged(s.cfg.PolicyKeeper.TrustKey(ctx, c, fsm.TrustKey{Name: in.Name, Key: key}))
}

type revokeKeyInput struct {
	Keyed
	Name   string `path:"name" doc:"Name of the key"`
	Forget bool   `query:"forget" doc:"Remove a key from the list that is revoked and that no rule names"`
}

func (s *Server) revokeKey(ctx context.Context, in *revokeKeyInput) (*answer[wire.PolicyAnswer], error) {
	c, err := change(ctx, nil, optional)
	if err != nil {
		return nil, err
	}
	return policyChanged(s.cfg.PolicyKeeper.RevokeKey(ctx, c, fsm.RevokeKey{Name: in.Name, Forget: in.Forget}))
}

type setRuleInput struct{ Keyed }

func (s *Server) setSignatureRule(ctx context.Context, _ *setRuleInput) (*answer[wire.PolicyAnswer], error) {
	var spec wire.RuleSpec
	c, err := change(ctx, &spec, required)
	if err != nil {
		return nil, err
	}
	r := rows.SignatureRule{Prefix: spec.TypePrefix, Keys: slices.Sorted(slices.Values(spec.Keys)), Count: 1}
	if spec.Count != nil {
		r.Count = *spec.Count
	}
	return policyChanged(s.cfg.PolicyKeeper.SetSignatureRule(ctx, c, fsm.SetSignatureRule{Rule: r}))
}

type dropRuleInput struct {
	Keyed
	Prefix string `query:"type_prefix" doc:"Of the rule; default: the rule for every type"`
}

func (s *Server) dropSignatureRule(ctx context.Context, in *dropRuleInput) (*answer[wire.PolicyAnswer], error) {
	c, err := change(ctx, nil, optional)
	if err != nil {
		return nil, err
	}
	return policyChanged(s.cfg.PolicyKeeper.DropSignatureRule(ctx, c, fsm.DropSignatureRule{Prefix: in.Prefix}))
}

func policyChanged(p *fsm.PolicyAnswer, a engine.Answered, err error) (*answer[wire.PolicyAnswer], error) {
	if err != nil {
		return nil, refused(a, err)
	}
	body := wire.PolicyAnswer{Answered: answered(a)}
	if p.Key != nil {
		k := trustedKeyOf(p.Key)
		body.Key, body.PublicKey = &k, k.PublicKey
	}
	if p.Rule != nil {
		r := signatureRuleOf(p.Rule)
		body.Rule, body.TypePrefix = &r, &r.TypePrefix
	}
	return &answer[wire.PolicyAnswer]{Index: a.Index, Body: body}, nil
}

func trustedKeyOf(k *rows.TrustedKey) wire.TrustedKey {
	return wire.TrustedKey{
		Name: k.Name, PublicKey: k.Key.String(), State: stateOfKey(k), TrustedAt: k.TrustedAt.Std(), TrustedBy: k.TrustedBy, RevokedAt: timeOf(k.RevokedAt), RevokedBy: k.RevokedBy,
	}
}

// stateOfKey says what a signature by a key counts now.
func stateOfKey(k *rows.TrustedKey) string {
	switch {
	case k == nil:
		return "unknown"
	case k.Revoked():
		return "revoked"
	}
	return "trusted"
}

func signatureRuleOf(r *rows.SignatureRule) wire.SignatureRule {
	return wire.SignatureRule{TypePrefix: r.Prefix, Count: r.Count, Keys: list(r.Keys), SetAt: r.SetAt.Std(), SetBy: r.SetBy}
}

func versionSignatures(all []engine.SignedBy) []wire.VersionSignature {
	shown := make([]wire.VersionSignature, len(all))
	for i, s := range all {
		shown[i] = wire.VersionSignature{PublicKey: s.Signature.Key.String(), State: stateOfKey(s.Key), Signature: s.Signature.String(), At: s.At.Std(), By: s.By}
		if s.Key != nil {
			shown[i].Key = s.Key.Name
		}
	}
	return shown
}

// signatures reads signatures that a call brings.
func signatures(field string, texts []string) (all []signature.Signature, err error) {
	if len(texts) > fsm.MaxSignatures {
		return nil, invalid(field, "has %d items, the limit is %d", len(texts), fsm.MaxSignatures)
	}
	for i, text := range texts {
		s, err := signature.Parse(text)
		if err != nil {
			return nil, invalid(field, "item %d %v", i+1, err)
		}
		all = append(all, s)
	}
	return all, nil
}

// signatureHeader is HeaderSignature of an archive.
func signatureHeader(all []engine.SignedBy) string {
	texts := make([]string, len(all))
	for i, s := range all {
		texts[i] = s.Signature.String()
	}
	return strings.Join(texts, ", ")
}
