package signature

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"strings"

	"aion.dev/aion/catalog"
)

// Key is a public ed25519 key.
type Key [ed25519.PublicKeySize]byte

// Signature is the signature of a version by a key.
type Signature struct {
	Key Key                         `cbor:"1,keyasint"`
	Sum [ed25519.SignatureSize]byte `cbor:"2,keyasint"`
}

// Message returns what is signed for a version. It begins with what it is, so that a signature for
// something else is never one for a version.
func Message(v catalog.Version) []byte { return []byte("aion/signature/1\n" + v.String() + "\n") }

// Sign signs a version. The same key gives the same signature.
func Sign(private ed25519.PrivateKey, v catalog.Version) (s Signature) {
	copy(s.Key[:], private.Public().(ed25519.PublicKey))
	copy(s.Sum[:], ed25519.Sign(private, Message(v)))
	return s
}

// Verify reports whether s.Key has signed a version.
func (s Signature) Verify(v catalog.Version) bool {
	return s.strict() && ed25519.Verify(s.Key[:], Message(v), s.Sum[:])
}

// algorithm begins keys and signatures as people write them.
const algorithm = "ed25519:"

var text = base64.RawURLEncoding.Strict()

// String writes a key: ed25519: and 43 characters of base64url.
func (k Key) String() string { return algorithm + text.EncodeToString(k[:]) }

// String writes a signature: its key, a colon, and 86 characters of base64url.
func (s Signature) String() string { return s.Key.String() + ":" + text.EncodeToString(s.Sum[:]) }

// ParseKey reads a key as String writes it, and nothing else.
func ParseKey(written string) (k Key, err error) {
	body, ok := strings.CutPrefix(written, algorithm)
	if !ok || !decode(k[:], body) {
		return k, fmt.Errorf("is not a public key: want ed25519: and 43 characters of base64url, as `aion-node key show` prints it")
	}
	if flaw := k.Flaw(); flaw != "" {
		return k, fmt.Errorf("%s", flaw)
	}
	return k, nil
}

// Parse reads a signature as String writes it, and nothing else.
func Parse(written string) (s Signature, err error) {
	body, ok := strings.CutPrefix(written, algorithm)
	key, sum, both := strings.Cut(body, ":")
	if !ok || !both || !decode(s.Key[:], key) || !decode(s.Sum[:], sum) {
		return s, fmt.Errorf("is not a signature: want ed25519:, 43 characters of base64url, a colon and 86 more")
	}
	return s, nil
}

// decode reads exactly as many bytes as into has.
func decode(into []byte, written string) bool {
	b, err := text.DecodeString(written)
	return err == nil && len(b) == copy(into, b) && len(b) == len(into) && text.EncodeToString(b) == written
}

// Compare orders signatures by key, and then by their bytes.
func Compare(a, b Signature) int {
	if c := bytes.Compare(a.Key[:], b.Key[:]); c != 0 {
		return c
	}
	return bytes.Compare(a.Sum[:], b.Sum[:])
}
