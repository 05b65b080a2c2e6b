package main

import (
	"crypto/x509"
	"fmt"
	"os"
	"strings"
	"time"

	"aion.dev/aion/transport/client"
)

// connect makes the client that a command calls. Nothing is dialled yet.
func (a *app) connect() (*client.Client, error) { return a.connectWith(a.patience) }

// connectWith is connect for calls that are repeated for as long as patience.
func (a *app) connectWith(patience time.Duration) (*client.Client, error) {
	cfg := client.Config{Addresses: a.addresses, Token: a.token, Actor: actor(a.environ), Patience: patience, Connect: a.contact}
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
	if len(cfg.Addresses) == 0 {
		cfg.Addresses = splitList(a.environ("AION_ADDR"))
	}
	if cfg.Token == "" {
		cfg.Token = a.environ("AION_TOKEN")
	}
	file := a.caFile
	if file == "" {
		file = a.environ("AION_CA_FILE")
	}
	if file != "" {
		pem, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return nil, usage("--ca-file %s has no PEM certificate", file)
		}
		cfg.RootCAs = roots
	}
	c, err := client.New(cfg)
	if err != nil {
		if strings.HasPrefix(err.Error(), "address ") {
			return nil, usage("--addr: %v", err)
		}
		return nil, usage("--token: %v", err)
	}
	return c, nil
}

// change is the options of every mutation.
func (a *app) change() []client.Option {
	if a.requestID == "" {
		return nil
	}
	return []client.Option{client.RequestID(a.requestID)}
}

// read is the options of every read.
func (a *app) read() []client.Option {
	if !a.stale {
		return nil
	}
	return []client.Option{client.Stale()}
}

// actor is whom deploy records name while the cluster asks for no tokens.
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
