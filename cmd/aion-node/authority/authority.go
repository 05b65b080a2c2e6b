package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// File names.
const (
	caFile     = "ca.pem"
	caKeyFile  = "ca.key"
	gossipFile = "gossip.key"
	tokenFile  = "token"
	certFile   = "node.pem"
	keyFile    = "node.key"
	tomlFile   = "aion.toml"
)

// caLife is the lifetime of an authority. Certificates of nodes live shorter, because they can be
// renewed unnoticed; an authority can only be replaced while its successor is already trusted.
const caLife = 10 * 365 * 24 * time.Hour

// past allows for clocks that are behind the clock of the signing machine.
const past = time.Hour

// issuer signs certificates of nodes.
type issuer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

// open reads the authority in a folder, or creates one there.
func open(dir, cluster string, now time.Time) (*issuer, error) {
	certPEM, err := os.ReadFile(filepath.Join(dir, caFile))
	if errors.Is(err, fs.ErrNotExist) {
		return create(dir, cluster, now)
	}
	if err != nil {
		return nil, err
	}
	keyPEM, err := os.ReadFile(filepath.Join(dir, caKeyFile))
	if err != nil {
		return nil, fmt.Errorf("the authority's key, without which it signs nothing: %w", err)
	}
	certBlock, _ := pem.Decode(certPEM)
	keyBlock, _ := pem.Decode(keyPEM)
	if certBlock == nil || keyBlock == nil {
		return nil, fmt.Errorf("%s or %s in %s is not a PEM file", caFile, caKeyFile, dir)
	}
	cert, err := x509.ParseCertificate(certBlock.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, caFile), err)
	}
	key, err := x509.ParseECPrivateKey(keyBlock.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, caKeyFile), err)
	}
	if !key.PublicKey.Equal(cert.PublicKey) {
		return nil, fmt.Errorf("%s and %s in %s do not belong together", caFile, caKeyFile, dir)
	}
	if want := caName(cluster); cert.Subject.CommonName != want {
		return nil, fmt.Errorf("the authority in %s is %q, not %q: it is another cluster's", dir, cert.Subject.CommonName, want)
	}
	return &issuer{cert: cert, key: key, pem: certPEM}, nil
}

func caName(cluster string) string { return "Aion cluster " + cluster }

// create creates an authority.
func create(dir, cluster string, now time.Time) (*issuer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := serialNumber()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: caName(cluster)},
		NotBefore: now.Add(-past), NotAfter: now.Add(caLife),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	i := &issuer{cert: cert, key: key, pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
	keyPEM, err := encodeKey(key)
	if err != nil {
		return nil, err
	}
	if err := write(filepath.Join(dir, caKeyFile), keyPEM, secret); err != nil {
		return nil, err
	}
	return i, write(filepath.Join(dir, caFile), i.pem, public)
}

// issue signs a certificate that proves its holder to be the node, at its host and on loopback, as
// server and as client.
func (i *issuer) issue(cluster string, n Node, now time.Time, life time.Duration) (cert, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := serialNumber()
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: n.ID},
		NotBefore: now.Add(-past), NotAfter: earlier(now.Add(life), i.cert.NotAfter),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
		URIs:                  []*url.URL{{Scheme: "aion", Host: cluster, Path: "/node/" + n.ID}},
		DNSNames:              []string{"localhost"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	if ip := net.ParseIP(n.Host); ip != nil {
		template.IPAddresses = append(template.IPAddresses, ip)
	} else {
		template.DNSNames = append(template.DNSNames, n.Host)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, i.cert, &private.PublicKey, i.key)
	if err != nil {
		return nil, nil, err
	}
	key, err = encodeKey(private)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), key, err
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func serialNumber() (*big.Int, error) {
	return rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
}

func encodeKey(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalECPrivateKey(key)
	return pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), err
}

// File modes.
const (
	secret = fs.FileMode(0o600)
	public = fs.FileMode(0o644)
)

// write creates a file that must not exist yet.
func write(path string, content []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}

// replace replaces a file in one step, because a node may be reading it.
func replace(path string, content []byte, mode fs.FileMode) error {
	next := path + ".next"
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := write(next, content, mode); err != nil {
		return err
	}
	return os.Rename(next, path)
}
