package transport

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"aion.dev/aion/transport/wire"
)

// AnyHost among the names that GuardHosts takes turns its check off.
const AnyHost = "*"

// GuardHosts refuses calls whose Host header names another machine than this one. Where nobody is
// asked for a token, it keeps web pages out: a page whose own name resolves to this node's address
// (DNS rebinding) is of the same origin as the node, so the browser lets it call, and only the
// name gives it away.
//
// Taken are the names and addresses of loopback, the address that the connection came in on, and
// names (without a port; AnyHost = all). Ports do not matter: a port map may have changed them. A
// call without any Host is taken too: checks of load balancers make some, and no browser does.
func GuardHosts(next http.Handler, names ...string) http.Handler {
	return hostGuard{next: next, names: hostNames(names), deny: func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, misdirected(r))
	}}
}

type hostGuard struct {
	next  http.Handler
	names map[string]bool
	deny  http.HandlerFunc
}

// ServeHTTP implements http.Handler.
func (g hostGuard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if g.names[AnyHost] || g.takes(r) {
		g.next.ServeHTTP(w, r)
		return
	}
	g.deny(w, r)
}

func (g hostGuard) takes(r *http.Request) bool {
	if r.Host == "" {
		return true
	}
	host, ok := hostOf(r.Host)
	if !ok {
		return false
	}
	if g.names[host] || host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	local, _ := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return ip.IsLoopback() || local != nil && ip == unmapped(local.AddrPort().Addr())
}

// hostNames are names in the one form that hostOf gives them.
func hostNames(names []string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		host, ok := hostOf(name)
		if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() {
			continue // what a node listens on, and nobody calls
		}
		set[host] = ok
	}
	return set
}

// hostOf is the host of a Host header in one spelling: lower case, without port, brackets, zone or
// the dot that ends a full name; an IPv4 address that is written as an IPv6 one as IPv4.
func hostOf(header string) (host string, ok bool) {
	host = header
	if h, port, err := net.SplitHostPort(header); err == nil {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return "", false
		}
		host = h
	} else if strings.HasPrefix(header, "[") && strings.HasSuffix(header, "]") {
		host = header[1 : len(header)-1]
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if ip, err := netip.ParseAddr(host); err == nil {
		host = unmapped(ip).String()
	}
	return host, host != ""
}

func unmapped(ip netip.Addr) netip.Addr { return ip.Unmap().WithZone("") }

func misdirected(r *http.Request) *wire.Problem {
	return wire.New("misdirected", fmt.Sprintf("the call asks for the host %q, which is none of this node's names", clip(r.Host))).
		With("host", clip(r.Host))
}
