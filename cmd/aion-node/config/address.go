package config

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// addresses checks the addresses to listen on and to advertise, and fills in defaults for the
// latter.
func (v *errorList) addresses(c *Config) {
	for _, a := range []struct {
		section   string
		address   string
		advertise *string
	}{
		{"http", c.HTTP.Address, &c.HTTP.Advertise},
		{"raft", c.Raft.Address, &c.Raft.Advertise},
		{"gossip", c.Gossip.Address, &c.Gossip.Advertise},
	} {
		if _, _, err := splitAddress(a.address); err != nil {
			v.add(a.section+".address", "%s", err)
			continue
		}
		given := *a.advertise != ""
		*a.advertise = cmp.Or(*a.advertise, a.address)
		if err := checkReachable(*a.advertise); err != nil && given {
			v.add(a.section+".advertise", "%s", err)
		} else if err != nil {
			v.add(a.section+".advertise", "is needed: %s.address %q is not an address that others can reach", a.section, a.address)
		}
	}
	if c.Debug.PprofAddress != "" && !loopback(c.Debug.PprofAddress) {
		v.add("debug.pprof_address", "%q is not on loopback; profiles show memory, and nobody is asked for a token there", c.Debug.PprofAddress)
	}
}

// hosts rejects names that no Host header could contain.
func (v *errorList) hosts(names []string) {
	for _, name := range names {
		if _, err := netip.ParseAddr(name); err != nil && (name == "" || strings.ContainsAny(name, ":/@[] ") || strings.Contains(name, "*") && name != "*") {
			v.add("http.hosts", "%q is neither a name or address without a port nor *", name)
		}
	}
}

// exposure rejects settings that expose to others what only this machine should see. Gossip only
// suggests addresses, and nodes authenticate each other by tls.ca_file. But without a key, anybody
// who reaches the port can fill the list of nodes with false ones, and keep real ones from being
// found.
func (v *errorList) exposure(c *Config) {
	if c.Node.Insecure {
		return
	}
	const or = ", or say --insecure"
	if a := c.HTTP.Address; !loopback(a) && c.TLS.CertFile == "" {
		v.add("http.address", "%q is reached from other machines: set tls.cert_file and tls.key_file%s", a, or)
	}
	if a := c.Raft.Address; !loopback(a) && c.TLS.CAFile == "" {
		v.add("raft.address", "%q is reached from other machines: set tls.cert_file, tls.key_file and tls.ca_file%s", a, or)
	}
	if a := c.Gossip.Address; !loopback(a) && c.Gossip.Key == "" {
		v.add("gossip.address", "%q is reached from other machines: set gossip.key, the same on every node%s", a, or)
	}
}

// TokensRequired reports whether every call needs a token, even while there is none: other machines
// reach the node.
func (c *Config) TokensRequired() bool { return !c.Node.Insecure && !loopback(c.HTTP.Address) }

func splitAddress(address string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, fmt.Errorf("%q is not host:port", address)
	}
	port, err = strconv.Atoi(text)
	if err != nil || port < 0 || port > 65535 {
		return "", 0, fmt.Errorf("%q has no port within 0 to 65535", address)
	}
	return host, port, nil
}

// checkReachable rejects addresses without a host or a port.
func checkReachable(address string) error {
	host, port, err := splitAddress(address)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		return fmt.Errorf("%q names no host", address)
	}
	if port == 0 {
		return fmt.Errorf("%q names no port", address)
	}
	return nil
}

// loopback reports whether only this machine reaches address. Each listener resolves names by
// itself, so only localhost counts.
func loopback(address string) bool {
	host, _, err := splitAddress(address)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}
