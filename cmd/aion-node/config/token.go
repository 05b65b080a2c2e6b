package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Token is an item of auth.tokens.
type Token struct {
	Name   string
	Role   string // RoleWrite, RoleRead or RoleEphemeral
	Secret string

	// Of RoleEphemeral: what the token may have at a time.
	Versions uint64
	Bytes    uint64
}

// The roles of tokens.
const (
	RoleWrite     = "write"
	RoleRead      = "read"
	RoleEphemeral = "ephemeral"
)

// What a token for ephemeral versions may have unless its role says otherwise.
const (
	ephemeralVersions = 10
	ephemeralBytes    = 64 << 20
)

// ParseToken reads an item of auth.tokens. Its errors show nothing of what may be the secret.
func ParseToken(item string) (t Token, err error) {
	parts := strings.SplitN(item, ":", 3)
	if len(parts) != 3 || parts[0] == "" || parts[2] == "" {
		return t, errors.New("is not NAME:ROLE:SECRET")
	}
	t = Token{Name: parts[0], Secret: parts[2]}
	role := strings.Split(parts[1], "/")
	switch t.Role = role[0]; {
	case (t.Role == RoleWrite || t.Role == RoleRead) && len(role) == 1:
		return t, nil
	case t.Role != RoleEphemeral || len(role) > 3: // not shown: if the order is wrong, this may be the secret
		return t, fmt.Errorf("(%s): its role is none of write, read, ephemeral, ephemeral/VERSIONS and ephemeral/VERSIONS/BYTES", t.Name)
	}
	t.Versions, t.Bytes = ephemeralVersions, ephemeralBytes
	if len(role) > 1 {
		if t.Versions, err = strconv.ParseUint(role[1], 10, 32); err != nil || t.Versions == 0 {
			return t, fmt.Errorf("(%s): %q is no number of ephemeral versions", t.Name, role[1])
		}
	}
	if len(role) > 2 {
		if t.Bytes, err = ParseBytes(role[2]); err != nil || t.Bytes == 0 {
			return t, fmt.Errorf("(%s): %q is no number of bytes such as 1048576, 512KiB or 64MiB", t.Name, role[2])
		}
	}
	return t, nil
}

// ParseBytes reads a number of bytes, perhaps with a unit.
func ParseBytes(text string) (uint64, error) {
	for i, unit := range []string{"KiB", "MiB", "GiB"} {
		if number, ok := strings.CutSuffix(text, unit); ok {
			n, err := strconv.ParseUint(number, 10, 32)
			return n << (10 * (i + 1)), err
		}
	}
	return strconv.ParseUint(text, 10, 64)
}
