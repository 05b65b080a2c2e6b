package callers

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"time"
)

// The suite is an issuer of JWTs, too, which writes them from RFC 7519 alone. Its key is known to
// everybody: it opens clusters of tests.
var issuerKey = ed25519.NewKeyFromSeed([]byte("the issuer of the suite's tokens"))

// strangersKey is that of nobody whom nodes know.
var strangersKey = ed25519.NewKeyFromSeed([]byte("somebody else, who issues tokens"))

const (
	issuerName = "https://jepsen.example"
	audience   = "aion-jepsen"
)

var text = base64.RawURLEncoding.EncodeToString

// Settings writes the issuer's keys into a folder, and returns the settings by which nodes accept
// its tokens, as variables.
func (w *Workload) Settings(dir string) ([]string, error) {
	path, err := filepath.Abs(filepath.Join(dir, "jwks.json"))
	if err != nil {
		return nil, err
	}
	w.issues = true
	set := `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"suite","use":"sig","x":"` + text(issuerKey.Public().(ed25519.PublicKey)) + `"}]}`
	if err := os.WriteFile(path, []byte(set), 0o644); err != nil {
		return nil, err
	}
	return []string{
		"AION_AUTH_JWKS=" + path, "AION_AUTH_ISSUER=" + issuerName, "AION_AUTH_AUDIENCE=" + audience, "AION_AUTH_GRANTS_CLAIM=grants",
	}, nil
}

// vouch writes a token for what the tokens of the workload may do, that expires at a time.
func vouch(key ed25519.PrivateKey, subject string, expires time.Time) string {
	claims, _ := json.Marshal(map[string]any{"iss": issuerName, "aud": audience, "sub": subject, "exp": expires.Unix(), "grants": []string{"operate:queue=" + queuePrefix, "read:type=" + typ}})
	head := text([]byte(`{"alg":"EdDSA","kid":"suite"}`)) + "." + text(claims)
	return head + "." + text(ed25519.Sign(key, []byte(head)))
}

// Lives of JWTs: no clock of a node is as wrong as that.
const (
	longLife = 1000 * time.Hour
	overFor  = 1000 * time.Hour
)
