package cluster

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// NodeTLS names the files with which nodes prove themselves to each other. The zero value is plaintext, which is for loopback.
//
// Both sides present a certificate signed by CA. That makes everyone who holds such a certificate a node, so the CA should sign nothing but nodes;
// where it also signs others, ServerName tells them apart.
type NodeTLS struct {
	CertFile string // PEM, with the chain; valid for server and client authentication
	KeyFile  string // PEM
	CAFile   string // PEM; one or more
	// ServerName, when set, is the DNS name that every node's certificate must carry, whoever dials. When empty, the dialling side wants the host it
	// dialled, and the listening side is content with the CA.
	ServerName string
}

// nodeTLS is a NodeTLS read from disk.
type nodeTLS struct{ server, client *tls.Config }

// load reads the files. Nil without an error means plaintext.
func (n NodeTLS) load() (*nodeTLS, error) {
	if n == (NodeTLS{}) {
		return nil, nil
	}
	for _, f := range []struct{ key, value string }{{"tls.cert_file", n.CertFile}, {"tls.key_file", n.KeyFile}, {"tls.ca_file", n.CAFile}} {
		if f.value == "" {
			return nil, fmt.Errorf("%s is missing: nodes need a certificate, its key and the CA that signs nodes", f.key)
		}
	}
	cert, err := tls.LoadX509KeyPair(n.CertFile, n.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("tls.cert_file %s, tls.key_file %s: %w", n.CertFile, n.KeyFile, err)
	}
	pem, err := os.ReadFile(n.CAFile)
	if err != nil {
		return nil, fmt.Errorf("tls.ca_file: %w", err)
	}
	ca := x509.NewCertPool()
	if !ca.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("tls.ca_file %s holds no certificate in PEM", n.CAFile)
	}
	server := &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{cert},
		ClientCAs:    ca,
		ClientAuth:   tls.RequireAndVerifyClientCert,
	}
	if n.ServerName != "" {
		server.VerifyConnection = func(cs tls.ConnectionState) error {
			if len(cs.PeerCertificates) == 0 {
				return errors.New("the peer shows no certificate")
			}
			return cs.PeerCertificates[0].VerifyHostname(n.ServerName)
		}
	}
	client := &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{cert},
		RootCAs:      ca,
		ServerName:   n.ServerName,
	}
	return &nodeTLS{server, client}, nil
}

// clientFor returns the configuration for dialling host.
func (n *nodeTLS) clientFor(host string) *tls.Config {
	if n.client.ServerName != "" {
		return n.client
	}
	c := n.client.Clone()
	c.ServerName = host
	return c
}
