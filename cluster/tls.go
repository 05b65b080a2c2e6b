package cluster

import (
	"cmp"
	"crypto/tls"
	"errors"

	"aion.dev/aion/internal/certs"
)

// NodeTLS is how nodes prove themselves to each other. The zero value is plaintext, which is for
// loopback.
//
// Both sides present a certificate signed by the CA. That makes everyone who holds such a
// certificate a node, so the CA should sign nothing but nodes; where it also signs others,
// ServerName tells them apart.
type NodeTLS struct {
	// Certificates are this node's, valid for server and client authentication, with a CA. What
	// changes in them counts for connections made from then on.
	Certificates *certs.Set
	// ServerName, when set, is the DNS name that every node's certificate must carry, whoever dials. When empty, the dialling side wants the host it
	// dialled, and the listening side is content with the CA.
	ServerName string
}

// nodeTLS makes the configurations of connections.
type nodeTLS struct {
	certs          *certs.Set
	server, client *tls.Config // without what may change: certificate and CA
}

// load checks n. Nil without an error means plaintext.
func (n NodeTLS) load() (*nodeTLS, error) {
	if n.Certificates == nil {
		return nil, nil
	}
	if n.Certificates.Roots() == nil {
		return nil, errors.New("tls.ca_file is missing: nodes need the CA that signs nodes")
	}
	server := n.Certificates.Server(&tls.Config{
		MinVersion: tls.VersionTLS13,
		ClientAuth: tls.RequireAndVerifyClientCert,
	})
	if n.ServerName != "" {
		server.VerifyConnection = func(cs tls.ConnectionState) error {
			if len(cs.PeerCertificates) == 0 {
				return errors.New("the peer shows no certificate")
			}
			return cs.PeerCertificates[0].VerifyHostname(n.ServerName)
		}
	}
	client := &tls.Config{
		MinVersion: tls.VersionTLS13,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return n.Certificates.Certificate(), nil
		},
		ServerName: n.ServerName,
	}
	return &nodeTLS{n.Certificates, server, client}, nil
}

// forServer returns the configuration for one connection that is accepted.
func (n *nodeTLS) forServer() *tls.Config {
	c := n.server.Clone()
	c.ClientCAs = n.certs.Roots()
	return c
}

// clientFor returns the configuration for dialling host.
func (n *nodeTLS) clientFor(host string) *tls.Config {
	c := n.client.Clone()
	c.RootCAs = n.certs.Roots()
	c.ServerName = cmp.Or(c.ServerName, host)
	return c
}
