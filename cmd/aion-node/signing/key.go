// Package signing keeps the files with which people sign packages: private keys, and the signatures
// beside an archive. What is signed, and which signatures count, catalog/signature decides.
//
// A private key is a PKCS #8 file in PEM, and a public key one of SubjectPublicKeyInfo, as openssl
// writes and reads them. docs/SIGNATURES.md spells both out.
//
// Begin with ReadPrivate and ReadFile.
package signing

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"aion.dev/aion/catalog/signature"
)

// Create makes a private key in a file that does not exist yet and that only its owner may read.
func Create(path string) (k signature.Key, err error) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return k, err
	}
	copy(k[:], public)
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return k, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return k, err
	}
	err = pem.Encode(f, &pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		os.Remove(path)
	}
	return k, err
}

// maxKeyFile is far more than a key needs.
const maxKeyFile = 64 << 10

// ReadPrivate reads a private key. A file that others may read is refused: what they have, they can
// sign with.
func ReadPrivate(path string) (ed25519.PrivateKey, error) {
	block, err := readBlock(path)
	if err != nil {
		return nil, err
	}
	if block.Type != "PRIVATE KEY" {
		return nil, fmt.Errorf("%s: holds a %s; want a private key, as `aion-node key create` writes it", path, strings.ToLower(block.Type))
	}
	if info, err := os.Stat(path); err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s: others may read this private key (its mode is %04o): make it yours alone with `chmod 600 %s`", path, info.Mode().Perm(), path)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	private, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s: is a key of another kind (%T); packages are signed with ed25519", path, key)
	}
	return private, nil
}

// ReadPublic reads the public key of a file that holds it, or its private key.
func ReadPublic(path string) (k signature.Key, err error) {
	block, err := readBlock(path)
	if err != nil {
		return k, err
	}
	if block.Type == "PRIVATE KEY" {
		private, err := ReadPrivate(path)
		if err == nil {
			copy(k[:], private.Public().(ed25519.PublicKey))
		}
		return k, err
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return k, fmt.Errorf("%s: %w", path, err)
	}
	public, ok := key.(ed25519.PublicKey)
	if !ok {
		return k, fmt.Errorf("%s: is a key of another kind (%T); packages are signed with ed25519", path, key)
	}
	copy(k[:], public)
	return k, nil
}

// Public reads a public key as signature.Key writes it, or from a file.
func Public(text string) (signature.Key, error) {
	if strings.HasPrefix(text, "ed25519:") {
		k, err := signature.ParseKey(text)
		if err != nil {
			err = fmt.Errorf("%q %w", text, err)
		}
		return k, err
	}
	return ReadPublic(text)
}

// PEM writes a public key as openssl reads it.
func PEM(k signature.Key) []byte {
	der, err := x509.MarshalPKIXPublicKey(ed25519.PublicKey(k[:]))
	if err != nil {
		panic(err) // a key of the right length always encodes
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func readBlock(path string) (*pem.Block, error) {
	b, err := readSmall(path, maxKeyFile)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return nil, fmt.Errorf("%s: is not a key in PEM", path)
	}
	return block, nil
}
