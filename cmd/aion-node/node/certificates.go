package node

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"

	"aion.dev/aion/cmd/aion-node/config"
	"aion.dev/aion/internal/certs"
	"github.com/hashicorp/go-hclog"
)

// openCertificates reads the files; nil without an error means plaintext.
func openCertificates(t config.TLS, log hclog.Logger) (*certs.Set, error) {
	if t.CertFile == "" {
		return nil, nil
	}
	set, err := certs.Open(certs.Files{Cert: t.CertFile, Key: t.KeyFile, CA: t.CAFile, Callers: t.ClientCAFile}, log)
	if bad, ok := errors.AsType[*certs.Invalid](err); ok {
		return nil, &config.Error{Key: bad.Key, Reason: bad.File + ": " + bad.Reason}
	}
	return set, err
}

// serverTLS returns the certificate configuration of the HTTP server.
func serverTLS(set *certs.Set) *tls.Config {
	if set == nil {
		return nil
	}
	return set.Server(&tls.Config{MinVersion: tls.VersionTLS12})
}

// vouches tells whether certificates of callers that descend from a CA still count; nil = callers
// show none.
func vouches(set *certs.Set) func(*x509.Certificate) bool {
	if set == nil {
		return nil
	}
	return set.Vouches
}

// leaderTLS returns how this node checks the leader's certificate when it forwards a call.
func leaderTLS(set *certs.Set) func() *tls.Config {
	if set == nil {
		return nil
	}
	return func() *tls.Config { return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: set.Roots()} }
}

// keepCertificates applies changes of the files until ctx ends.
func (n *Node) keepCertificates(ctx context.Context) error {
	if n.certs == nil {
		<-ctx.Done()
		return nil
	}
	n.certs.Run(ctx)
	return nil
}

// Reload rereads what may change while the node runs, which is the certificates and which file has
// the name of the audit log, and logs the outcome. SIGHUP triggers it.
func (n *Node) Reload() {
	n.reloadAudit()
	if n.certs == nil {
		n.log.Info("reload: this node has no certificates, and no settings are read again")
		return
	}
	switch changed, err := n.certs.Reload(); {
	case err != nil:
		n.log.Error("reload: what is in the files cannot be used, the old certificates stay", "error", err)
	case changed:
		n.log.Info("reload: new certificates are shown from now on")
	default:
		n.log.Info("reload: the certificates are the same")
	}
}
