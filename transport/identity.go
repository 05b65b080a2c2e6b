package transport

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/transport/grant"
	"aion.dev/aion/transport/wire"
)

// A node that passes a call on says who makes it, and keeps the caller's secret to itself. It signs
// what it says with a key that the nodes of the cluster have in their states, bound to the call and
// to the present: what somebody overhears is of use for nothing else, and soon for nothing.
//
// What a token of the state may do, the leader looks up itself, by name and serial: a follower may
// not know yet that it was revoked. Of other callers it believes what the signature says.

// identity is who makes a call that a node passes on.
type identity struct {
	Node    string         `json:"n"`           // that passes it on
	At      int64          `json:"t"`           // when, in milliseconds since 1970
	Name    string         `json:"a"`           // the actor
	Owner   string         `json:"o,omitempty"` // of request keys
	Serial  uint64         `json:"s,omitempty"` // of a token of the state
	Grants  []string       `json:"g,omitempty"` // of any other caller
	Allowed *fsm.Allowance `json:"e,omitempty"`
	Expires history.Time   `json:"x,omitempty"`
	Open    bool           `json:"f,omitempty"` // the node that was called had no tokens
	First   bool           `json:"b,omitempty"` // it may make the first token
	Peer    bool           `json:"p,omitempty"` // the node itself asks
	Outside string         `json:"k,omitempty"` // jwt or certificate
}

// signedFor is how long before or after the leader's own time an identity may have been signed:
// clocks of nodes differ, and a call may wait for a leader.
const signedFor = 2 * time.Minute

// identityScheme begins the Authorization of a call that carries one.
const identityScheme = "Aion-Node"

var identityText = base64.RawURLEncoding

// identityOf is what this node says of a caller.
func (s *Server) identityOf(c *caller, now time.Time) identity {
	i := identity{Node: s.cfg.Node, At: now.UnixMilli(), Name: c.name, Owner: c.owner, Serial: c.serial, Allowed: c.allowed, Expires: c.expires, Open: c.open, First: c.first, Outside: c.outside}
	if c.serial == 0 && !c.open && !c.first {
		i.Grants = c.grants.Strings()
	}
	return i
}

// sign writes an identity, bound to a call.
func (i identity) sign(key catalog.Digest, call string) (string, error) {
	b, err := json.Marshal(i)
	if err != nil {
		return "", err
	}
	text := identityText.EncodeToString(b)
	return identityScheme + " " + text + "." + identityText.EncodeToString(seal(key, text, call)), nil
}

// seal authenticates what is signed.
func seal(key catalog.Digest, text, call string) []byte {
	mac := hmac.New(sha256.New, key[:])
	fmt.Fprintf(mac, "aion/identity/1\n%d %s\n%s", len(call), call, text)
	return mac.Sum(nil)
}

// signedCall is what of a call is signed. Its body is not: it is passed on while it arrives. A wait
// gets shorter while the call looks for a leader, so that is left out too.
func signedCall(r *http.Request) string {
	call := fmt.Sprintf("%s %q %q %q", r.Method, canonicalPath(r.URL), canonicalQuery(r.URL.Query()), r.Header[wire.HeaderRequestID])
	if spaces := r.Header[wire.HeaderNamespace]; len(spaces) > 0 {
		call += fmt.Sprintf(" in %q", spaces)
	}
	return call
}

// What nodes themselves ask of the leader, in place of a call.
const (
	peerOpens    = "open a stream of the hot face"
	peerConfirms = "confirm an index"
)

// readIdentity reads a signed identity, and checks the signature.
func (s *Server) readIdentity(text, call string, now time.Time) (i identity, err error) {
	refused := func(why string) (identity, error) {
		return identity{}, wire.New("unauthenticated", "the call says that a node passes it on, and "+why)
	}
	body, mac, ok := strings.Cut(text, ".")
	sum, flaw := identityText.DecodeString(mac)
	if !ok || flaw != nil {
		return refused("has no signature")
	}
	state := s.cfg.Authority.Callers()
	signed := false
	for _, key := range []catalog.Digest{state.Key, state.Older} {
		signed = signed || key != (catalog.Digest{}) && hmac.Equal(sum, seal(key, body, call))
	}
	if !signed {
		return refused("its signature is not that of a node of this cluster")
	}
	b, flaw := identityText.DecodeString(body)
	if flaw != nil || json.Unmarshal(b, &i) != nil {
		return refused("its identity cannot be read")
	}
	if off := now.Sub(time.UnixMilli(i.At)); off > signedFor || off < -signedFor {
		return identity{}, wire.New("unavailable", fmt.Sprintf("node %s passes the call on, and its clock differs from that of node %s by %s: more than %s is not accepted", clip(i.Node), s.cfg.Node, off.Abs().Round(time.Second), signedFor))
	}
	return i, nil
}

// passedOn returns who makes a call that a node passes on.
func (s *Server) passedOn(text string, r *http.Request) (caller, error) {
	i, err := s.readIdentity(text, signedCall(r), time.Now())
	if err != nil {
		return caller{}, err
	}
	c := caller{name: i.Name, owner: i.Owner, serial: i.Serial, allowed: i.Allowed, expires: i.Expires, passedOn: true}
	switch {
	case i.Peer:
		return c, wire.New("unauthenticated", "nodes do not ask for that")
	case i.First:
		c.first, c.grants = true, grant.All()
	case i.Open:
		c.open, c.grants = true, grant.All()
		return c, s.still(&c)
	case i.Serial > 0:
		k, ok := s.cfg.Authority.TokenNamed(i.Name)
		if !ok || k.Serial != i.Serial {
			return c, wire.New("unauthenticated", "this token was revoked, or its time is over")
		}
		c = s.callerOf(&k)
		c.passedOn = true
	default:
		c.outside, c.grants = i.Outside, grant.Known(i.Grants)
		return c, s.still(&c)
	}
	return c, nil
}

// introduce makes a call that is passed on, as out, say who makes it, in place of the caller's
// secret. While there is no key, because the cluster is being upgraded, it leaves the call as it
// is.
func (s *Server) introduce(out http.Header, x *exchange) {
	if x.caller.open {
		out[wire.HeaderActor] = []string{x.caller.name}
	}
	key := s.cfg.Authority.Callers().Key
	if key == (catalog.Digest{}) {
		return
	}
	delete(out, "Authorization")
	if x.caller.open {
		return
	}
	text, err := s.identityOf(&x.caller, time.Now()).sign(key, signedCall(x.r))
	if err != nil {
		s.log.Error("a caller cannot be introduced to the leader", "caller", x.caller.name, "error", err)
		return
	}
	out["Authorization"] = []string{text}
}

// introduceSelf returns the Authorization by which this node asks the leader for something itself;
// false while there is no key.
func (s *Server) introduceSelf(what string) (string, bool) {
	key := s.cfg.Authority.Callers().Key
	if key == (catalog.Digest{}) {
		return "", false
	}
	text, err := identity{Node: s.cfg.Node, At: time.Now().UnixMilli(), Peer: true}.sign(key, what)
	return text, err == nil
}

// peer reports whether a node of this cluster asks for something itself.
func (s *Server) peer(r *http.Request, what string) error {
	text, _ := identityIn(r)
	i, err := s.readIdentity(text, what, time.Now())
	if err == nil && !i.Peer {
		err = wire.New("unauthenticated", "only nodes ask for that")
	}
	return err
}

// identityIn returns the signed identity of a call that carries one.
func identityIn(r *http.Request) (text string, ok bool) {
	return strings.CutPrefix(r.Header.Get("Authorization"), identityScheme+" ")
}
