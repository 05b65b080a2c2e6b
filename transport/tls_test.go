package transport_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"aion.dev/aion/transport"
	"aion.dev/aion/transport/client"
)

// TestTLS: nodes that serve HTTPS forward calls over HTTPS, and only to a leader whose certificate
// they trust.
func TestTLS(t *testing.T) {
	borrowed := httptest.NewTLSServer(nil) // for its certificate
	defer borrowed.Close()
	roots := x509.NewCertPool()
	roots.AddCert(borrowed.Certificate())
	trusting := &tls.Config{RootCAs: roots}

	th := &throne{}
	serve := func(id string, leaderTLS *tls.Config) string {
		server, err := transport.New(transport.Config{Parts: parts(&recordingAPI{}), Cluster: &seat{throne: th, self: id}, Node: id,
			TLS: &tls.Config{Certificates: borrowed.TLS.Certificates}, LeaderTLS: func() *tls.Config { return leaderTLS }, Limits: transport.Limits{LeaderWait: 50 * time.Millisecond}})
		if err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		served := make(chan error)
		go func() { served <- server.Serve(ctx, l) }()
		t.Cleanup(func() {
			stop()
			if err := <-served; err != nil {
				t.Errorf("Serve: %v", err)
			}
		})
		return l.Addr().String()
	}
	leader := serve("n1", trusting)
	th.give("n1", leader)
	for _, c := range []struct {
		address, code string
	}{
		{leader, ""},
		{serve("n2", trusting), ""},
		{serve("n3", &tls.Config{}), "unavailable"}, // the system's roots do not know that certificate
	} {
		web := &http.Client{Transport: &http.Transport{TLSClientConfig: trusting}}
		caller, err := client.New(client.Config{Addresses: []string{"https://" + c.address}, HTTP: web, Patience: -1})
		if err != nil {
			t.Fatal(err)
		}
		_, err = caller.Versions(t.Context(), "")
		if code(err) != c.code {
			t.Errorf("%s: %v, want %q", c.address, err, c.code)
		}
		caller.Close()
	}
}
