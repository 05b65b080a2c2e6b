package client

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// parseAddress parses host:port or a URL. A bare host:port is plain HTTP, unless it is beyond
// loopback and there is a secret to protect or a certificate to expect: a token leaves this machine
// in the clear only if somebody wrote http://.
func parseAddress(a string, private bool) (*url.URL, error) {
	text := strings.TrimSpace(a)
	bare := !strings.Contains(text, "://")
	if bare {
		text = "http://" + text
	}
	_, authority, _ := strings.Cut(text, "://")
	authority, _, _ = strings.Cut(authority, "/")
	if strings.Count(authority, ":") > 1 && !strings.ContainsAny(authority, "[@") {
		return nil, fmt.Errorf("address %q: an IPv6 address stands in brackets: [::1]:7600", clipAddress(a))
	}
	u, err := url.Parse(text)
	if err != nil { // its text repeats the address, which may contain a password
		return nil, fmt.Errorf("address %q cannot be read: want host:port or a URL such as https://host:port", clipAddress(a))
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("address %q: the scheme must be http or https", clipAddress(a))
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return nil, fmt.Errorf("address %q: a port is a number from 1 to 65535", clipAddress(a))
		}
	}
	if u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || bare && u.Port() == "" {
		return nil, fmt.Errorf("address %q: want host:port or a URL such as https://host:port", clipAddress(a))
	}
	u.Host = strings.ToLower(u.Host)
	if bare && private && !loopback(u.Hostname()) {
		u.Scheme = "https"
	}
	u.Path = strings.TrimRight(u.Path, "/")
	return u, nil
}

// loopback reports whether host can only be this machine. Names below localhost may resolve to
// anything, so only localhost itself counts.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// clipAddress removes what precedes an @: a name and a password, or a token.
func clipAddress(a string) string {
	if i := strings.LastIndex(a, "@"); i >= 0 {
		return "...@" + a[i+1:]
	}
	return a
}
