package config

import (
	"net"
	"regexp"
	"strconv"
	"strings"
)

// Kubernetes gives every container variables about every Service of its namespace, named after the
// Service. Those of a Service `aion`, or `aion-http`, look like our settings. They are ignored, but
// only if they have a value that Kubernetes would set: AION_HTTP_PORT=7600 is somebody's mistake.
var serviceVariable = regexp.MustCompile(
	`^AION(?:_[A-Z0-9_]+?)??_(SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT(?:_[0-9]+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$`)

// fromKubernetes reports whether a variable describes a Service.
func fromKubernetes(name, value string) bool {
	m := serviceVariable.FindStringSubmatch(name)
	if m == nil {
		return false
	}
	number := func() bool {
		n, err := strconv.Atoi(value)
		return err == nil && n > 0 && n < 1<<16
	}
	switch kind := m[1]; {
	case kind == "SERVICE_HOST", strings.HasSuffix(kind, "_ADDR"):
		return net.ParseIP(value) != nil
	case strings.HasPrefix(kind, "SERVICE_PORT"), strings.HasSuffix(kind, "_PORT"):
		return number()
	case strings.HasSuffix(kind, "_PROTO"):
		return value == "tcp" || value == "udp" || value == "sctp"
	}
	protocol, _, ok := strings.Cut(value, "://") // PORT, PORT_7600_TCP
	return ok && (protocol == "tcp" || protocol == "udp" || protocol == "sctp")
}
