package signature

import "slices"

// Implementations of ed25519 agree on what honest signers make, and differ in what they think
// of numbers that are written in two ways and of points of small order. None of those is
// accepted here, whatever the library says of them. So the verdict is left to the library only
// where all agree, and where the group equation is checked with or without cofactor: the
// vectors of the tests hold that.

// Flaw says why no signature by a key can count; "" = it may.
func (k Key) Flaw() string {
	switch y := magnitude(k); {
	case !below(y[:], prime[:]):
		return "is not a public key: its number is not reduced"
	case small(y):
		return "is not a public key: its order is small, so anybody can sign with it"
	}
	return ""
}

// strict reports whether a signature is written in the one way that counts.
func (s Signature) strict() bool {
	y := magnitude([32]byte(s.Sum[:32]))
	return s.Key.Flaw() == "" && below(y[:], prime[:]) && !small(y) && below(s.Sum[32:], order[:])
}

// magnitude is the y of a point as it is written, without the sign of its x.
func magnitude(point [32]byte) [32]byte {
	point[31] &= 0x7f
	return point
}

// below compares little-endian numbers.
func below(a, b []byte) bool {
	for i := len(a) - 1; i >= 0; i-- {
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	return false
}

func small(y [32]byte) bool { return slices.Contains(smallOrder[:], y) }

var (
	// prime is 2^255 - 19, of the field.
	prime = little("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed")
	// order is 2^252 + 27742317777372353535851937790883648493, of the base point.
	order = little("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed")
	// smallOrder are the y of all points of order 1, 2, 4 and 8.
	smallOrder = [...][32]byte{
		little("0000000000000000000000000000000000000000000000000000000000000001"),
		little("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec"),
		little("0000000000000000000000000000000000000000000000000000000000000000"),
		little("7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd83d3d706a17c7"),
		little("05fc536d880238b13933c6d3acdfd5f098eff289f4c345b027b2c28f95e82626"),
	}
)

// little reads a number that is written as people write it, in 64 hex digits.
func little(digits string) (b [32]byte) {
	value := func(c byte) byte {
		if c >= 'a' {
			return c - 'a' + 10
		}
		return c - '0'
	}
	for i := range b {
		at := len(digits) - 2*i - 2
		b[i] = value(digits[at])<<4 | value(digits[at+1])
	}
	return b
}
