package wire

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"time"
)

// TokenSpec is the body of POST /v1/auth/tokens.
type TokenSpec struct {
	Name   string   `json:"name" doc:"Printable characters without space and /; it is the actor of what is done with the token"`
	Grants []string `json:"grants" doc:"KIND or KIND:KEY=PREFIX each, such as read, start:type=order or work:queue=gpu-"`
	TokenLife
	TokenRates
}

// TokenRates are how much a token may be used, on each node that is called; absent = as much as it
// will.
type TokenRates struct {
	Rate     uint64 `json:"rate,omitempty" least:"1 or more is allowed; leave it out for no bound" doc:"Calls a second on each node; absent: as many as it will"`
	ByteRate uint64 `json:"byte_rate,omitempty" least:"1 or more is allowed; leave it out for no bound" doc:"Bytes a second on each node, of calls and answers; absent: as many as it will"`
	Waits    uint64 `json:"waits,omitempty" least:"1 or more is allowed; leave it out for no bound" doc:"Calls that wait at a time on each node, and streams; absent: as many as it will"`
}

// BootstrapSpec is the body of POST /v1/auth/bootstrap.
type BootstrapSpec struct {
	Name string `json:"name,omitempty" doc:"Default: bootstrap"`
	TokenLife
}

// TokenLife is what both have.
type TokenLife struct {
	Expires string `json:"expires,omitempty" doc:"A Go duration from now, or an RFC 3339 time; default: never"`
	// A caller that makes the secret itself can repeat the call when its answer was lost.
	SecretSHA256 string `json:"secret_sha256,omitempty" doc:"SHA-256 of the secret, 64 hex digits, if the caller has made it; default: the node makes one, and the first answer shows it"`
}

// Token is a token without its secret, which no node has.
type Token struct {
	Name      string     `json:"name"`
	Grants    []string   `json:"grants" doc:"What it may do: KIND or KIND:KEY=PREFIX each, sorted"`
	CreatedAt *time.Time `json:"created_at,omitempty" doc:"Absent: the token is one of the node's file, or there are no tokens"`
	CreatedBy string     `json:"created_by,omitempty" doc:"The actor who made it"`
	ExpiresAt *time.Time `json:"expires_at,omitempty" doc:"Absent: never"`
	Expired   bool       `json:"expired,omitempty" doc:"Its time is over; it goes a week later"`
	TokenRates
}

// Tokens is a page of tokens, by name.
type Tokens struct {
	Tokens     []Token `json:"tokens"`
	NextCursor string  `json:"next_cursor,omitempty"`
	Indexed
}

// TokenAnswer is a token that was made or revoked.
type TokenAnswer struct {
	Token  Token  `json:"token"`
	Secret string `json:"secret,omitempty" doc:"Of a token that was just made, if the node made it. It is shown once"`
	Answered
}

// Self says who calls.
type Self struct {
	Token Token  `json:"token"`
	Kind  string `json:"kind" enum:"none,file,token,jwt,certificate" doc:"none: there are no tokens; file: of the node's file; token: of the cluster's state; jwt, certificate: somebody whom the node's settings name has issued it"`
	Indexed
}

// secretMark begins the secrets of tokens, so that people and scanners know them.
const secretMark = "aion_"

// NewSecret makes the secret of a token: 32 random bytes.
func NewSecret() string {
	var b [32]byte
	rand.Read(b[:])
	return secretMark + base64.RawURLEncoding.EncodeToString(b[:])
}

// IsSecret reports whether a text looks like one.
func IsSecret(text string) bool { return strings.HasPrefix(text, secretMark) }

// HashOfSecret is what a cluster keeps of it.
func HashOfSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
