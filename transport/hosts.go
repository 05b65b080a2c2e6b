package transport

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"

	"aion.dev/aion/transport/wire"
)

// AnyHost, among the names given to GuardHosts, turns the check off.
const AnyHost = "*"

// GuardHosts rejects calls whose Host header names another machine. Without tokens, it keeps web
// pages out: if a page's own host name resolves to this node's address (DNS rebinding), the page
// has the same origin as the node, so the browser lets it call, and only the name gives it away.
//
// It accepts the names and addresses of loopback, the address on which the connection arrived, and
// names (without a port; AnyHost = all). Ports do not matter, because a port mapping may have
// changed them. It also accepts calls without any Host: load balancers' checks make such calls, and
// browsers do not.
func GuardHosts(next http.Handler, names ...string) http.Handler {
	return newHostGuard(next, names, func(w http.ResponseWriter, r *http.Request) { writeProblem(w, misdirected(r)) })
}

type hostGuard struct {
	next     http.Handler
	names    map[string]bool
	deny     http.HandlerFunc
	accepted *atomic.Pointer[string] // a Host that is accepted wherever its call arrives: most calls have the same
}

func newHostGuard(next http.Handler, names []string, deny http.HandlerFunc) hostGuard {
	return hostGuard{next: next, names: hostNames(names), deny: deny, accepted: new(atomic.Pointer[string])}
}

// ServeHTTP implements http.Handler.
func (g hostGuard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if g.accepts(r) {
		g.next.ServeHTTP(w, r)
		return
	}
	g.deny(w, r)
}

func (g hostGuard) accepts(r *http.Request) bool {
	if r.Host == "" || g.names[AnyHost] {
		return true
	}
	if last := g.accepted.Load(); last != nil && *last == r.Host {
		return true
	}
	host, ok := hostOf(r.Host)
	if !ok {
		return false
	}
	ip, err := netip.ParseAddr(host)
	if g.names[host] || host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && ip.IsLoopback() {
		text := strings.Clone(r.Host)
		g.accepted.Store(&text)
		return true
	}
	local, _ := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return err == nil && local != nil && ip == unmapped(local.AddrPort().Addr())
}

// hostNames are names in the canonical form of hostOf.
func hostNames(names []string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		host, ok := hostOf(name)
		if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() {
			continue // addresses to listen on, which nobody calls
		}
		set[host] = ok
	}
	return set
}

// hostOf returns the host of a Host header in canonical form: lower case, without port, brackets,
// zone or final dot; an IPv4 address in IPv6 notation becomes IPv4.
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
	return wire.New("misdirected", fmt.Sprintf("the call asks for the host %q, which is not one of this node's names", clip(r.Host))).
		With("host", clip(r.Host))
}
