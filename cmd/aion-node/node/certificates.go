package node

import (
	"crypto/tls"
	"crypto/x509"
	"os"

	"aion.dev/aion/cmd/aion-node/config"
)

// certificates are what the HTTP server shows, and how this node checks another node's.
type certificates struct{ server, client *tls.Config }

func loadCertificates(t config.TLS) (c certificates, err error) {
	if t.CertFile == "" {
		return c, nil
	}
	pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
	if err != nil {
		return c, &config.Error{Key: "tls.cert_file", Reason: err.Error()}
	}
	c.server = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	c.client = &tls.Config{MinVersion: tls.VersionTLS12}
	if t.CAFile == "" {
		return c, nil
	}
	pem, err := os.ReadFile(t.CAFile)
	if err != nil {
		return c, &config.Error{Key: "tls.ca_file", Reason: err.Error()}
	}
	c.client.RootCAs = x509.NewCertPool()
	if !c.client.RootCAs.AppendCertsFromPEM(pem) {
		return c, &config.Error{Key: "tls.ca_file", Reason: t.CAFile + " has no PEM certificate"}
	}
	return c, nil
}
