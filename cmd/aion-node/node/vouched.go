package node

import (
	"context"

	"aion.dev/aion/cmd/aion-node/config"
	"aion.dev/aion/transport"
	"aion.dev/aion/transport/jwt"
)

// openJWT makes what verifies tokens that others issue; nil without an error = none count.
func openJWT(a config.Auth) (*jwt.Verifier, error) {
	if a.JWKS == "" {
		return nil, nil
	}
	return jwt.New(a.JWT())
}

// keepJWT reads the keys of the issuer again and again until ctx ends.
func (n *Node) keepJWT(ctx context.Context) error {
	if n.jwt == nil {
		<-ctx.Done()
		return nil
	}
	n.jwt.Run(ctx, func(err error) {
		n.log.Warn("the keys of JWTs cannot be read; those that were read last count on", "jwks", n.cfg.Auth.JWKS, "error", err)
	})
	return nil
}

// certificateRules are what callers with certificates may do.
func certificateRules(a config.Auth) (rules []transport.CertificateRule) {
	for _, text := range a.Certificates {
		if r, err := transport.ParseCertificateRule(text); err == nil { // the configuration was validated
			rules = append(rules, r)
		}
	}
	return rules
}
