package catalog

import (
	"encoding/hex"
	"fmt"
)

// Version is the content hash of a package. Only what decides the behaviour of the code goes into
// it; see Hash for the bytes.
type Version [32]byte

// Digest is the SHA-256 of some bytes: an archive (the address of its blob), a manifest, a schema.
// The zero Digest means "none".
type Digest [32]byte

// ParseVersion reads 64 lower-case hex digits. Prefixes are resolved by Catalog.Find, which knows
// what is loaded.
func ParseVersion(s string) (v Version, err error) {
	err = parseHex(v[:], s)
	return v, err
}

// ParseDigest reads 64 lower-case hex digits.
func ParseDigest(s string) (d Digest, err error) {
	err = parseHex(d[:], s)
	return d, err
}

// String returns the 64 lower-case hex digits.
func (v Version) String() string { return hex.EncodeToString(v[:]) }

// Short returns the first 12 digits, for people. Answers to scripts have all 64.
func (v Version) Short() string { return v.String()[:12] }

// IsZero reports whether v is the zero Version, which names none.
func (v Version) IsZero() bool { return v == Version{} }

// MarshalText writes the 64 digits, or nothing for the zero Version.
func (v Version) MarshalText() ([]byte, error) { return hexText(v[:], v.IsZero()), nil }

// UnmarshalText is the reverse of MarshalText.
func (v *Version) UnmarshalText(b []byte) error { return hexUnmarshal(v[:], b) }

// String returns the 64 lower-case hex digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// IsZero reports whether d is "none".
func (d Digest) IsZero() bool { return d == Digest{} }

// MarshalText writes the 64 digits, or nothing for the zero Digest.
func (d Digest) MarshalText() ([]byte, error) { return hexText(d[:], d.IsZero()), nil }

// UnmarshalText is the reverse of MarshalText.
func (d *Digest) UnmarshalText(b []byte) error { return hexUnmarshal(d[:], b) }

func hexText(b []byte, zero bool) []byte {
	if zero {
		return []byte{}
	}
	return hex.AppendEncode(nil, b)
}

func hexUnmarshal(dst, src []byte) error {
	if len(src) == 0 {
		clear(dst)
		return nil
	}
	return parseHex(dst, string(src))
}

func parseHex(dst []byte, s string) error {
	if len(s) != 2*len(dst) {
		return fmt.Errorf("%q has %d characters, want %d hex digits", s, len(s), 2*len(dst))
	}
	for i := range len(s) {
		if !isLowerHex(s[i]) {
			return fmt.Errorf("%q has a character that is no lower-case hex digit at position %d", s, i+1)
		}
	}
	_, err := hex.Decode(dst, []byte(s))
	return err
}

func isLowerHex(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' }
