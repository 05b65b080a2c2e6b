package port

import (
	"crypto/x509"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
)

// This file decides which node a certificate proves its holder to be. A CA signs for more than
// nodes: for callers, other services and other clusters. These rules apply in order:
//
//   - A URI aion://CLUSTER/node/ID in the certificate names the node. CLUSTER is cluster.name.
//   - tls.node_names lists names for certificates without such a URI: "ID=NAME" is one node's name,
//     "NAME" is any node's. NAME is a DNS name or the common name.
//   - Without either, in the peer's and in this node's own certificate, a certificate proves a
//     host. It must be valid for serving on that host, and its holder is accepted as the node whose
//     address has that host. A caller's certificate is not valid for serving, so it proves no node.

// nodeNames applies these rules for one cluster.
type nodeNames struct {
	cluster string
	names   []nodeName
	hosts   bool // neither URI nor names are configured here: the host decides
}

type nodeName struct{ id, name string } // id "" means any node

func newNodeNames(cluster string, list []string, own *x509.Certificate) nodeNames {
	n := nodeNames{cluster: cluster}
	for _, entry := range list {
		id, name, ok := strings.Cut(entry, "=")
		if !ok {
			id, name = "", entry
		}
		n.names = append(n.names, nodeName{id, name})
	}
	uris := nodeURIs(own)
	if n.cluster == "" && len(uris) > 0 {
		n.cluster = uris[0].Host
	}
	n.hosts = len(uris) == 0 && len(n.names) == 0
	return n
}

func nodeURIs(c *x509.Certificate) (uris []*url.URL) {
	for _, u := range c.URIs {
		if u.Scheme == "aion" {
			uris = append(uris, u)
		}
	}
	return uris
}

// check returns nil if a certificate proves that its holder is node id, and otherwise an error with
// the reason; id "" is any node of the cluster. address is the address that the node claims.
func (n nodeNames) check(c *x509.Certificate, id, address string) error {
	if uris := nodeURIs(c); len(uris) > 0 {
		for _, u := range uris {
			if u.Host == n.cluster && (u.Path == "/node/"+id || id == "" && strings.HasPrefix(u.Path, "/node/")) {
				return nil
			}
		}
		return fmt.Errorf("the certificate is that of %s, not of node %q of cluster %q", uris[0], id, n.cluster)
	}
	for _, m := range n.names {
		named := c.Subject.CommonName == m.name || c.VerifyHostname(m.name) == nil
		if named && (m.id == "" || id == "" || m.id == id) {
			return nil
		}
	}
	if !n.hosts {
		return fmt.Errorf("the certificate of %s names no node, or not node %q: it needs the URI aion://%s/node/%s, or an entry in tls.node_names", holderName(c), id, n.cluster, id)
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("node %q is at %q, which is not host:port", id, address)
	}
	if !slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageServerAuth) && !slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny) {
		return fmt.Errorf("the certificate of %s is a caller's, not a node's: it is not valid for servers", holderName(c))
	}
	if err := c.VerifyHostname(host); err != nil {
		return fmt.Errorf("the certificate is not that of node %q at %s: %w", id, address, err)
	}
	return nil
}

// holderName returns a readable name of a certificate's holder.
func holderName(c *x509.Certificate) string {
	names := append([]string{c.Subject.CommonName}, c.DNSNames...)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	return strings.Trim(strings.Join(names, ", "), ", ")
}
