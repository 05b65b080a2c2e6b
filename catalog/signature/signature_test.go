package signature

import (
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"math/big"
	"os"
	"slices"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"pgregory.net/rapid"
)

// seeded is the private key of the test vector in docs/SIGNATURES.md: its seed is 0, 1, 2...
func seeded() ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	for i := range seed {
		seed[i] = byte(i)
	}
	return ed25519.NewKeyFromSeed(seed)
}

func version(t *testing.T, digits string) catalog.Version {
	v, err := catalog.ParseVersion(digits)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func of(t *testing.T, key, sum string) (s Signature) {
	k, err := hex.DecodeString(key)
	if err != nil || copy(s.Key[:], k) != len(s.Key) {
		t.Fatal(key, err)
	}
	b, err := hex.DecodeString(sum)
	if err != nil || copy(s.Sum[:], b) != len(s.Sum) {
		t.Fatal(sum, err)
	}
	return s
}

// TestVerdicts pins what counts, for all time: nodes built by two toolchains apply the same log.
// The mixed vectors tell a check with cofactor from one without.
func TestVerdicts(t *testing.T) {
	const (
		key     = "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
		mixed   = "b502ff3d92e31d8190b4aa4ea0414005167fad089c4de9dac8a2fc850fed4f58"
		small   = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"
		ones    = "1111111111111111111111111111111111111111111111111111111111111111"
		one     = "0000000000000000000000000000000000000000000000000000000000000001"
		honestR = "491933e58be13cb01ad31b116da64db40d83ac0eacbc9fc4e4921220d952151f"
		honestS = "21734003cdc7f891d45f1f308ac803fcb326f543a1c77622dd6d3c0b9c49c60a"
	)
	for _, c := range []struct {
		name, version, key, sum string
		want                    bool
	}{
		{"an honest signature", ones, key, honestR + honestS, true},
		{"of another version", one, key, honestR + honestS, false},
		{"by another key", ones, mixed, honestR + honestS, false},
		{"its S, and once more the order", ones, key, honestR + plusOrder(t, honestS), false},
		{"a key of mixed order, with cofactor only", one, mixed, "ec1ee777fd2c287039a92d7d6dbd702f4ad9dbaf4e92b71ac5b65bd16a46604ac4b9d692c5d49c4d2e9a3035bcab9bc555a88d58e9969ae1e670af249a01ea0b", false},
		{"a nonce of mixed order, with cofactor only", one, key, "4a16cac76e021cb04056b5827d1cb5ac239e64a66d099985c81d8c5acd55ea0d1b91e686e09a31455a4716e946c1a09ed6772f580abb16a64353f70e8811310c", false},
		{"a key of mixed order, with and without cofactor", "0500000000000000000000000000000000000000000000000000000000000001", mixed, "3c1a9d3508e44bab0a92df7aa0b28b57b979dfef1611ea8c6b07401bc6e3f5bd2568783dfb6d30075786fecda5dc894fdbcae55104858cbdd17bc7e22e15b406", true},
		{"a key of small order, which the library accepts", "0000000000000000000000000000000000000000000000000000000000000002", small, "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f0000000000000000000000000000000000000000000000000000000000000000", false},
		{"a nonce that is not reduced", ones, key, "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f" + honestS, false},
		{"nothing", ones, key, strings.Repeat("00", 64), false},
	} {
		if got := of(t, c.key, c.sum).Verify(version(t, c.version)); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if s := of(t, small, "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f0000000000000000000000000000000000000000000000000000000000000000"); !ed25519.Verify(s.Key[:], Message(version(t, "0000000000000000000000000000000000000000000000000000000000000002")), s.Sum[:]) {
		t.Error("the library refuses a key of small order now; the vector shows nothing any more")
	}
}

// plusOrder adds the order of the base point to a number in little-endian hex digits.
func plusOrder(t *testing.T, digits string) string {
	b, err := hex.DecodeString(digits)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(b)
	l := order
	slices.Reverse(l[:])
	sum := new(big.Int).Add(new(big.Int).SetBytes(b), new(big.Int).SetBytes(l[:])).FillBytes(make([]byte, 32))
	slices.Reverse(sum)
	return hex.EncodeToString(sum)
}

// TestFlaws: keys with which anybody can sign, or that are written in a second way, are none.
func TestFlaws(t *testing.T) {
	for _, y := range smallOrder {
		for _, sign := range []byte{0, 0x80} {
			k := Key(y)
			k[31] |= sign
			if k.Flaw() == "" {
				t.Errorf("%x counts as a key", k)
			}
		}
	}
	for add := range byte(19) { // prime and what follows it below 2^255
		k := Key(prime)
		k[0] += add
		if k.Flaw() == "" {
			t.Errorf("%x counts as a key", k)
		}
	}
	if flaw := Key(of(t, "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8", strings.Repeat("00", 64)).Key).Flaw(); flaw != "" {
		t.Error(flaw)
	}
}

// TestTheStrictRulesRefuseNoHonestSignature, and what is signed is verified as the library does.
func TestTheStrictRulesRefuseNoHonestSignature(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		private := ed25519.NewKeyFromSeed(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "seed"))
		v := catalog.Version(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "version"))
		s := Sign(private, v)
		if !s.Verify(v) {
			t.Fatalf("%s does not verify", s)
		}
		read, err := Parse(s.String())
		if err != nil || read != s {
			t.Fatalf("%s reads as %v, %v", s, read, err)
		}
		key, err := ParseKey(s.Key.String())
		if err != nil || key != s.Key {
			t.Fatalf("%s reads as %v, %v", s.Key, key, err)
		}
		at := rapid.IntRange(0, 95).Draw(t, "bit of byte")
		bit := byte(1) << rapid.IntRange(0, 7).Draw(t, "bit")
		if at < 32 {
			s.Key[at] ^= bit
		} else {
			s.Sum[at-32] ^= bit
		}
		if s.Verify(v) {
			t.Fatalf("it verifies with a bit of byte %d turned", at)
		}
	})
}

func TestParse(t *testing.T) {
	good := Sign(seeded(), catalog.Version{1}).String()
	for _, bad := range []string{"", "ed25519:", good + "=", good[:len(good)-1], good[8:], strings.Replace(good, "ed25519", "ED25519", 1), good + "\n", good[:51] + good[52:], good[:len(good)-1] + "_"} {
		if s, err := Parse(bad); err == nil {
			t.Errorf("%q reads as %v", bad, s)
		}
	}
	for _, bad := range []string{"", good, good[:50], "ed25519:" + strings.Repeat("A", 43), good[:51] + "="} {
		if k, err := ParseKey(bad); err == nil {
			t.Errorf("%q reads as the key %v", bad, k)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	v := catalog.Version{1}
	s := Sign(seeded(), v)
	for range b.N {
		if !s.Verify(v) {
			b.Fatal("it does not verify")
		}
	}
}

// TestVectorOfTheManual: the page that others write verifiers from says what is so.
func TestVectorOfTheManual(t *testing.T) {
	page, err := os.ReadFile("../../docs/SIGNATURES.md")
	if err != nil {
		t.Fatal(err)
	}
	v := version(t, strings.Repeat("1", 64))
	if s := Sign(seeded(), v); !strings.Contains(string(page), "<!-- vector: a test computes it -->\n```\n"+s.String()+"\n```") {
		t.Errorf("docs/SIGNATURES.md does not have %s", s)
	}
	if n := len(Message(v)); !strings.Contains(string(page), fmt.Sprintf("a line feed: %d bytes", n)) {
		t.Errorf("docs/SIGNATURES.md does not say that the message has %d bytes", n)
	}
}
