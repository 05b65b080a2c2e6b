package signing

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/catalog/signature"
)

// TestKeys: a key is read as it was made, its public half too, and neither is made twice.
func TestKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k.pem")
	made, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Create(path); err == nil {
		t.Error("a key was replaced")
	}
	private, err := ReadPrivate(path)
	if err != nil {
		t.Fatal(err)
	}
	if s := signature.Sign(private, catalog.Version{1}); s.Key != made || !s.Verify(catalog.Version{1}) {
		t.Errorf("%v, want one by %v", s, made)
	}
	public := filepath.Join(t.TempDir(), "k.pub")
	if err := os.WriteFile(public, PEM(made), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{path, public, made.String()} {
		if k, err := Public(from); err != nil || k != made {
			t.Errorf("%s: %v, %v", from, k, err)
		}
	}
	if _, err := ReadPrivate(public); err == nil || !strings.Contains(err.Error(), "holds a public key") {
		t.Error(err)
	}
	if runtime.GOOS != "windows" {
		if err := os.Chmod(path, 0o640); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadPrivate(path); err == nil || !strings.Contains(err.Error(), "0640") {
			t.Errorf("a private key that others may read: %v", err)
		}
	}
}

// TestKeysOfOthers: what is no ed25519 key says so.
func TestKeysOfOthers(t *testing.T) {
	// made by: openssl ecparam -name prime256v1 -genkey | openssl pkey -pubout
	const ec = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEMKBCTNIcKUSDii11ySs3526iDZ8A\niTo7Tu6KPAqv7D7gS2XpJFbZiItSs3m9+9Ue6GnvHw/GW2ZZaVtszggXIw==\n-----END PUBLIC KEY-----\n"
	path := filepath.Join(t.TempDir(), "k")
	for content, want := range map[string]string{ec: "another kind", "no key": "is not a key in PEM", strings.Repeat("x", maxKeyFile+1): "more than"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Public(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q", content, err, want)
		}
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	if all, err := ReadFile(filepath.Join(dir, "none")); err != nil || all != nil {
		t.Errorf("%v, %v", all, err)
	}
	key := filepath.Join(dir, "k")
	if _, err := Create(key); err != nil {
		t.Fatal(err)
	}
	private, err := ReadPrivate(key)
	if err != nil {
		t.Fatal(err)
	}
	one, two := signature.Sign(private, catalog.Version{1}), signature.Sign(private, catalog.Version{2})
	path := Beside(filepath.Join(dir, "order.aion"))
	if err := os.WriteFile(path, []byte("# release 12\n\n  "+one.String()+"  \r\n"+two.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	all, err := ReadFile(path)
	if err != nil || len(all) != 2 {
		t.Fatal(all, err)
	}
	if of, others := Of(catalog.Version{1}, all); len(of) != 1 || of[0] != one || len(others) != 1 || others[0] != two {
		t.Errorf("%v, %v", of, others)
	}
	if got := Add(all, one); len(got) != 2 {
		t.Errorf("%d signatures", len(got))
	}
	if err := os.WriteFile(path, []byte("\nnothing\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile(path); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Error(err)
	}
}
