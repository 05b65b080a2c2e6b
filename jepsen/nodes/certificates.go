package nodes

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// authorities are the two that sign the certificates of nodes in a run with TLS. Nodes go from one
// to the other, and back; callers trust both.
type authorities struct {
	dir string
	all [2]authority

	mu  sync.Mutex // guards now
	now int        // of the two: whose certificates nodes have
}

type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

// tlsCluster is the name of the cluster in certificates.
const tlsCluster = "jepsen"

func newAuthorities(dir string) (*authorities, error) {
	a := &authorities{dir: dir}
	for i := range a.all {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		template := &x509.Certificate{
			SerialNumber: big.NewInt(int64(i + 1)), Subject: pkix.Name{CommonName: fmt.Sprintf("authority %d", i+1)}, IsCA: true, BasicConstraintsValid: true,
			KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		}
		der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
		if err != nil {
			return nil, err
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		a.all[i] = authority{cert, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
	}
	return a, nil
}

// issue makes a certificate that proves one node, on loopback.
func (a authority) issue(id string) (cert, key []byte, err error) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: id}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		URIs: []*url.URL{{Scheme: "aion", Host: tlsCluster, Path: "/node/" + id}}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &k.PublicKey, a.key)
	if err != nil {
		return nil, nil, err
	}
	keyDER, err := x509.MarshalECPrivateKey(k)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER}), err
}

// roots are what callers trust.
func (a *authorities) roots() *x509.CertPool {
	if a == nil {
		return nil
	}
	pool := x509.NewCertPool()
	for _, one := range a.all {
		pool.AddCert(one.cert)
	}
	return pool
}

func (a *authorities) file(n *Node, name string) string {
	return filepath.Join(a.dir, n.Name+"-"+name)
}

// trust writes the CAs that a node trusts, certify gives it a certificate of one of them.
func (a *authorities) trust(n *Node, which ...int) error {
	var bundle bytes.Buffer
	for _, i := range which {
		bundle.Write(a.all[i].pem)
	}
	return replace(a.file(n, "ca.pem"), bundle.Bytes())
}

func (a *authorities) certify(n *Node, which int) error {
	cert, key, err := a.all[which].issue(n.ID())
	if err != nil {
		return err
	}
	return errors.Join(replace(a.file(n, "node.key"), key), replace(a.file(n, "node.pem"), cert))
}

// replace writes a file as a whole: the node may read it at any time.
func replace(path string, b []byte) error {
	if err := os.WriteFile(path+".new", b, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// flags are those of a node with certificates.
func (a *authorities) flags(n *Node) []string {
	if a == nil {
		return nil
	}
	return []string{"--cluster-name", tlsCluster, "--tls-cert-file", a.file(n, "node.pem"), "--tls-key-file", a.file(n, "node.key"), "--tls-ca-file", a.file(n, "ca.pem")}
}

// equip gives a new node what it starts with.
func (a *authorities) equip(n *Node) error {
	if a == nil {
		return nil
	}
	return errors.Join(os.MkdirAll(a.dir, 0o700), a.trust(n, 0), a.certify(n, 0))
}

// HasCertificates reports whether nodes have some.
func (c *Cluster) HasCertificates() bool { return c.authorities != nil }

// Roots are what callers trust; nil if nodes have no certificates.
func (c *Cluster) Roots() *x509.CertPool { return c.authorities.roots() }

// Web is a client for calls past the clients.
func (c *Cluster) Web() *http.Client { return c.web }

// URL is the address of a node's HTTP past the links, with a path.
func (n *Node) URL(path string) string {
	if n.cluster.HasCertificates() {
		return "https://" + n.looks + path
	}
	return "http://" + n.looks + path
}

// ClientAddress is where a client reaches the node, through the links.
func (n *Node) ClientAddress() string {
	if n.cluster.HasCertificates() {
		return "https://" + n.Public.HTTP
	}
	return n.Public.HTTP
}

// Rotation goes from the present authority to the other one. Its steps are to be taken by all nodes
// one after the other, before any takes the next: both are trusted; certificates are of the other
// one; only the other one is trusted.
func (c *Cluster) Rotation() (steps []func(*Node) error, finish func()) {
	a := c.authorities
	a.mu.Lock()
	defer a.mu.Unlock()
	from, to := a.now, 1-a.now
	return []func(*Node) error{
		func(n *Node) error { return a.trust(n, from, to) },
		func(n *Node) error { return a.certify(n, to) },
		func(n *Node) error { return a.trust(n, to) },
	}, func() { a.mu.Lock(); a.now = to; a.mu.Unlock() }
}

// Reread tells the node to read its certificates again.
func (n *Node) Reread() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.running() {
		n.cmd.Process.Signal(syscall.SIGHUP)
	}
}

// LetsIn reports whether a node lets somebody in at its node port who has the certificate that the
// authority which is not the present one gives to another node.
func (c *Cluster) LetsIn(ctx context.Context, n, as *Node) (bool, error) {
	c.authorities.mu.Lock()
	former := c.authorities.all[1-c.authorities.now]
	c.authorities.mu.Unlock()
	cert, key, err := former.issue(as.ID())
	if err != nil {
		return false, err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return false, err
	}
	d := tls.Dialer{NetDialer: &net.Dialer{Timeout: 2 * time.Second}, Config: &tls.Config{Certificates: []tls.Certificate{pair}, InsecureSkipVerify: true}}
	conn, err := d.DialContext(ctx, "tcp", n.own.Raft)
	if err != nil {
		return false, nil // turned away, or down
	}
	defer conn.Close()
	// Whoever is turned away is told at once; whoever is let in is expected to say something.
	if err := conn.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
		return false, err
	}
	_, err = conn.Read(make([]byte, 1))
	var late net.Error
	return err == nil || errors.As(err, &late) && late.Timeout(), nil
}
