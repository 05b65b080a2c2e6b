package main

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"strings"
	"time"

	"aion.dev/aion/transport/client"
)

// connect makes the client for a command. It does not dial yet.
func (a *app) connect() (*client.Client, error) { return a.connectWith(a.patience) }

// connectWith is connect with another patience for retries.
func (a *app) connectWith(patience time.Duration) (*client.Client, error) {
	return a.connectOver(client.FaceAuto, patience)
}

// connectOver is connectWith for one face of nodes.
func (a *app) connectOver(face client.Face, patience time.Duration) (*client.Client, error) {
	cfg := client.Config{Addresses: a.addresses, Token: a.token, Actor: actor(a.environ), Patience: patience, Connect: a.contact, Face: face}
	if _, ok := terminal(a.err); ok {
		cfg.Waiting = func(asked []string) { fmt.Fprintf(a.err, "waiting for a node at %s ...\n", strings.Join(asked, ", ")) }
		cfg.Silent = func(asked string) {
			next := "waiting for it"
			if len(cfg.Addresses) > 1 {
				next = "asking the next node"
			}
			fmt.Fprintf(a.err, "%s takes connections and answers nothing; %s ...\n", asked, next)
		}
	}
	var from struct{ addresses, token string } // what to call them in a complaint
	if from.addresses = "--addr"; len(cfg.Addresses) == 0 {
		cfg.Addresses, from.addresses = splitList(a.environ("AION_ADDR")), "AION_ADDR"
	}
	if from.token = "--token"; cfg.Token == "" {
		cfg.Token, from.token = a.environ("AION_TOKEN"), "AION_TOKEN"
	}
	if cfg.Namespace = a.namespace; cfg.Namespace == "" {
		cfg.Namespace = a.environ("AION_NAMESPACE")
	}
	var err error
	if cfg.RootCAs, err = a.authorities(); err != nil {
		return nil, err
	}
	if cfg.Certificate, err = a.certificate(); err != nil {
		return nil, err
	}
	c, err := client.New(cfg)
	if err != nil {
		if strings.HasPrefix(err.Error(), "address ") {
			return nil, usage("%s: %v", from.addresses, err)
		}
		return nil, usage("%s: %v", from.token, err)
	}
	return c, nil
}

// authorities returns the certificates that sign certificates of nodes; nil = the system ones. A
// file that cannot be read, or that has no certificate, is a usage error: nothing was sent.
func (a *app) authorities() (*x509.CertPool, error) {
	file, from := a.caFile, "--ca-file"
	if file == "" {
		file, from = a.environ("AION_CA_FILE"), "AION_CA_FILE"
	}
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, usage("%s: %v", from, err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, usage("%s: %s has no PEM certificate", from, file)
	}
	return roots, nil
}

// certificate returns the one that says who calls; nil = none does.
func (a *app) certificate() (*tls.Certificate, error) {
	cert, key := cmp.Or(a.certFile, a.environ("AION_CLIENT_CERT")), cmp.Or(a.keyFile, a.environ("AION_CLIENT_KEY"))
	switch {
	case cert == "" && key == "":
		return nil, nil
	case cert == "" || key == "":
		return nil, usage("--client-cert and --client-key (AION_CLIENT_CERT, AION_CLIENT_KEY) go together: give both or none")
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, usage("--client-cert: %v", err)
	}
	return &pair, nil
}

// mutationOptions returns the options of every mutation.
func (a *app) mutationOptions() []client.Option {
	if a.requestID == "" {
		return nil
	}
	return []client.Option{client.RequestID(a.requestID)}
}

// readOptions returns the options of every read.
func (a *app) readOptions() []client.Option {
	if !a.stale {
		return nil
	}
	return []client.Option{client.Stale()}
}

// actor returns the name for deploy records of clusters without tokens.
func actor(environ func(string) string) string {
	user := environ("USER")
	if user == "" {
		user = "cli"
	}
	if host, err := os.Hostname(); err == nil {
		user += "@" + host
	}
	return user
}
