package main

import (
	"crypto/ed25519"
	"fmt"
	"os"

	"aion.dev/aion/catalog"
	"aion.dev/aion/catalog/signature"
	"aion.dev/aion/cmd/aion-node/signing"
	"github.com/spf13/cobra"
)

// signer finds the signatures of archives: those in the file beside each, and those by the keys of
// --sign.
type signer struct {
	files []string
	keys  []ed25519.PrivateKey
}

func (s *signer) flag(cmd *cobra.Command, what string) {
	cmd.Flags().StringArrayVar(&s.files, "sign", nil, what+" with the private key in `FILE` (aion-node key create); may be repeated")
}

// read reads the keys, before anything is sent or written.
func (s *signer) read() error {
	for _, file := range s.files {
		key, err := signing.ReadPrivate(file)
		if err != nil {
			return fmt.Errorf("--sign: %w", err)
		}
		s.keys = append(s.keys, key)
	}
	return nil
}

// add signs a version with the keys.
func (s *signer) add(v catalog.Version, all []signature.Signature) []signature.Signature {
	for _, key := range s.keys {
		all = signing.Add(all, signature.Sign(key, v))
	}
	return all
}

// of returns the signatures of an archive that is in a file, or was packed from a folder. Those
// beside it have to be of its version: of another one they are of no use, and somebody believes
// that they are.
func (s *signer) of(path string, archive []byte) ([]string, error) {
	var beside []signature.Signature
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
		if beside, err = signing.ReadFile(signing.Beside(path)); err != nil {
			return nil, err
		}
	}
	if len(beside) == 0 && len(s.keys) == 0 {
		return nil, nil
	}
	opened, err := catalog.Open(archive, everyArchive)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	good, others := signing.Of(opened.Version, beside)
	if len(others) > 0 {
		return nil, fmt.Errorf("%s: %s not of version %s, which %s has: sign it again (aion-node key sign), or remove the file",
			signing.Beside(path), areSignatures(len(others)), opened.Version.Short(), path)
	}
	return signing.Texts(s.add(opened.Version, good)), nil
}

func areSignatures(n int) string {
	if n == 1 {
		return "1 signature is"
	}
	return fmt.Sprintf("%d signatures are", n)
}

// writeSignatures writes the file of signatures beside an archive; without any, there is no such
// file.
func writeSignatures(path string, all []signature.Signature) error {
	beside := signing.Beside(path)
	if len(all) == 0 {
		if err := os.Remove(beside); err != nil && !os.IsNotExist(err) {
			return err
		}
		return nil
	}
	var text []byte
	for _, s := range all {
		text = append(append(text, s.String()...), '\n')
	}
	return replaceFile(beside, text)
}
