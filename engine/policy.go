package engine

import (
	"context"

	"aion.dev/aion/catalog"
	"aion.dev/aion/catalog/signature"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// Policy is which keys are trusted and what has to be signed.
type Policy struct {
	Keys  []rows.TrustedKey    // by name, revoked ones too
	Rules []rows.SignatureRule // by prefix
	Index uint64
}

// SignedBy is a signature of a loaded version, with what the policy knows of its key.
type SignedBy struct {
	rows.VersionSignature
	Key *rows.TrustedKey // nil = the key is not known
}

// Policy returns the policy.
func (e *Engine) Policy(ctx context.Context, rd Read) (*Policy, error) {
	p := new(Policy)
	err := e.read(ctx, rd, func(v fsm.View) {
		p.Keys, p.Rules = v.Policy()
		p.Index = v.Index()
	})
	return p, err
}

// TrustKey lets signatures by a key count.
func (e *Engine) TrustKey(ctx context.Context, c Call, cmd fsm.TrustKey) (*fsm.PolicyAnswer, Answered, error) {
	if flaw := history.NameFlaw(cmd.Name); cmd.Name != "" && flaw != "" {
		return nil, Answered{}, invalid("name", "%s", flaw)
	}
	return proposePolicy(ctx, e, c, &cmd)
}

// RevokeKey makes signatures by a key count no more, or forgets one that is revoked.
func (e *Engine) RevokeKey(ctx context.Context, c Call, cmd fsm.RevokeKey) (*fsm.PolicyAnswer, Answered, error) {
	return proposePolicy(ctx, e, c, &cmd)
}

// SetSignatureRule makes or replaces the rule of a prefix.
func (e *Engine) SetSignatureRule(ctx context.Context, c Call, cmd fsm.SetSignatureRule) (*fsm.PolicyAnswer, Answered, error) {
	return proposePolicy(ctx, e, c, &cmd)
}

// DropSignatureRule removes the rule of a prefix.
func (e *Engine) DropSignatureRule(ctx context.Context, c Call, cmd fsm.DropSignatureRule) (*fsm.PolicyAnswer, Answered, error) {
	return proposePolicy(ctx, e, c, &cmd)
}

func proposePolicy(ctx context.Context, e *Engine, c Call, cmd fsm.Command) (*fsm.PolicyAnswer, Answered, error) {
	return proposeAt[*fsm.PolicyAnswer](ctx, e, c, signedLevel, cmd)
}

// signedLevel is the level of the state that knows signatures.
const signedLevel = 4

// knowsSignatures refuses to bring signatures to a state that would lose them.
func (e *Engine) knowsSignatures(brought []signature.Signature) error {
	if len(brought) == 0 {
		return nil
	}
	return e.atLevel(signedLevel)
}

// signedBy lists the signatures of a loaded version.
func signedBy(v fsm.View, version catalog.Version) (all []SignedBy) {
	keys, _ := v.Policy()
	for _, s := range v.Signatures(version) {
		by := SignedBy{VersionSignature: s}
		for i := range keys {
			if keys[i].Key == s.Signature.Key {
				by.Key = &keys[i]
			}
		}
		all = append(all, by)
	}
	return all
}
