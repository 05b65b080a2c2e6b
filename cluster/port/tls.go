package port

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"

	"aion.dev/aion/internal/certs"
)

// TLS configures how nodes authenticate each other. The zero value is plaintext, which is meant for
// loopback.
//
// Both sides present a certificate signed by the CA, and both check that it proves the node that
// the other side claims to be; see certname.go.
type TLS struct {
	// Certificates are this node's, valid for server and client authentication, with a CA. A change
	// in them applies to new connections.
	Certificates *certs.Set
	// Names are the certificates that prove nodes without a URI: tls.node_names.
	Names []string
}

// nodeTLS builds the TLS configuration of each connection.
type nodeTLS struct {
	certs          *certs.Set
	server, client *tls.Config // without the parts that may change: certificate and CA
	cluster        string      // cluster.name
	list           []string    // tls.node_names
}

// load validates n. A nil result without an error means plaintext.
func (n TLS) load(cluster string) (*nodeTLS, error) {
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
	client := &tls.Config{
		MinVersion: tls.VersionTLS13,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return n.Certificates.Certificate(), nil
		},
	}
	return &nodeTLS{n.Certificates, server, client, cluster, n.Names}, nil
}

// names returns the rules for this node's current certificate.
func (n *nodeTLS) names() nodeNames {
	return newNodeNames(n.cluster, n.list, n.certs.Certificate().Leaf)
}

// checkOwn refuses a certificate that other nodes would not accept as this node's.
func (n *nodeTLS) checkOwn(id string) error {
	names := n.names()
	if names.hosts {
		return nil // the dialling side checks the host
	}
	if err := names.check(n.certs.Certificate().Leaf, id, ""); err != nil {
		return fmt.Errorf("tls.cert_file: this is node %s, and %w", id, err)
	}
	return nil
}

// forServer returns the configuration for one accepted connection.
func (n *nodeTLS) forServer() *tls.Config {
	c := n.server.Clone()
	c.ClientCAs = n.certs.Roots()
	return c
}

// clientFor returns the configuration for dialling a node.
func (n *nodeTLS) clientFor(to Server) (*tls.Config, error) {
	host, _, err := net.SplitHostPort(to.Address)
	if err != nil {
		return nil, err
	}
	c, names, roots := n.client.Clone(), n.names(), n.certs.Roots()
	c.RootCAs, c.ServerName = roots, host
	if names.hosts {
		return c, nil // crypto/tls needs the host
	}
	// skips only the host check: the chain is verified below, and the node instead of the host
	c.InsecureSkipVerify = true
	c.VerifyConnection = func(cs tls.ConnectionState) error {
		opts := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
		for _, c := range cs.PeerCertificates[1:] {
			opts.Intermediates.AddCert(c)
		}
		if _, err := cs.PeerCertificates[0].Verify(opts); err != nil {
			return err
		}
		return names.check(cs.PeerCertificates[0], to.ID, to.Address)
	}
	return c, nil
}
