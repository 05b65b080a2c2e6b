package main

import (
	"fmt"
	"io"

	"aion.dev/aion/catalog"
	"aion.dev/aion/catalog/signature"
	"aion.dev/aion/cmd/aion-node/signing"
	"github.com/spf13/cobra"
)

func keyCmd(a *app) *cobra.Command {
	cmd := a.group(&cobra.Command{Use: "key", Short: "Make keys, and sign and verify archives with them; no node is asked"})
	cmd.AddCommand(keyCreateCmd(a), keyShowCmd(a), keySignCmd(a), keyVerifyCmd(a))
	return cmd
}

// publicKey is the answer of key create and key show.
type publicKey struct {
	Path      string        `json:"path"`
	PublicKey signature.Key `json:"-"`
	Text      string        `json:"public_key"`
}

func keyCreateCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "create FILE",
		Short: "Make a private key in a file that does not exist yet, and show its public key",
		Long: `Make a private ed25519 key in FILE (PKCS #8 in PEM, as openssl reads it), which must not exist and only its owner may read, and show its public key. Whoever has the
file can sign in its name: keep it where packages are released, and off the nodes.`,
		Args: arguments("FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			k, err := signing.Create(args[0])
			if err != nil {
				return err
			}
			return a.answer(publicKey{args[0], k, k.String()}, func(w io.Writer) { fmt.Fprintln(w, k) })
		},
	}
}

func keyShowCmd(a *app) *cobra.Command {
	var asPEM bool
	cmd := &cobra.Command{
		Use:   "show FILE",
		Short: "Show the public key of a file that holds it, or its private key",
		Args:  arguments("FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			k, err := signing.ReadPublic(args[0])
			if err != nil {
				return err
			}
			return a.answer(publicKey{args[0], k, k.String()}, func(w io.Writer) {
				if asPEM {
					w.Write(signing.PEM(k))
					return
				}
				fmt.Fprintln(w, k)
			})
		},
	}
	cmd.Flags().BoolVar(&asPEM, "pem", false, "show it as openssl reads it")
	return cmd
}

// signedFiles is the answer of key sign and key verify.
type signedFiles struct {
	Files []signedFile `json:"files"`
}

type signedFile struct {
	Path       string           `json:"path"`
	Version    catalog.Version  `json:"version"`
	Signatures []checkedSigning `json:"signatures"`
}

type checkedSigning struct {
	PublicKey string `json:"public_key"`
	Signature string `json:"signature"`
	Valid     bool   `json:"valid"`
}

func (f *signedFile) add(valid bool, all ...signature.Signature) {
	for _, s := range all {
		f.Signatures = append(f.Signatures, checkedSigning{s.Key.String(), s.String(), valid})
	}
}

// readSigned reads an archive's version, and the signatures beside it.
func (a *app) readSigned(path string) (v catalog.Version, good, others []signature.Signature, err error) {
	archive, err := a.readFile(path)
	if err != nil {
		return v, nil, nil, err
	}
	opened, err := catalog.Open(archive, everyArchive)
	if err != nil {
		return v, nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	all, err := signing.ReadFile(signing.Beside(path))
	good, others = signing.Of(opened.Version, all)
	return opened.Version, good, others, err
}

func keySignCmd(a *app) *cobra.Command {
	var s signer
	cmd := &cobra.Command{
		Use:   "sign FILE... --key KEY",
		Short: "Add a signature to the file beside each archive",
		Long: `Sign the version of each archive, and add that to FILE.sig beside it. Signatures of other versions, from before FILE was packed anew, are removed from there. The archive stays as
it is, and so does its version.`,
		Args: arguments("FILE..."),
		RunE: func(_ *cobra.Command, files []string) error {
			if len(s.files) == 0 {
				return usage("sign: --key is missing")
			}
			if err := s.read(); err != nil {
				return err
			}
			var done signedFiles
			for _, path := range files {
				v, good, _, err := a.readSigned(path)
				if err != nil {
					return err
				}
				all := s.add(v, good)
				if err := writeSignatures(path, all); err != nil {
					return err
				}
				f := signedFile{Path: path, Version: v}
				f.add(true, all...)
				done.Files = append(done.Files, f)
			}
			return a.answer(done, func(w io.Writer) {
				for _, f := range done.Files {
					fmt.Fprintf(w, "%s: version %s has %s\n", signing.Beside(f.Path), f.Version.Short(), count(len(f.Signatures), "signature"))
				}
			})
		},
	}
	cmd.Flags().StringArrayVar(&s.files, "key", nil, "private key in `FILE`; may be repeated")
	return cmd
}

func keyVerifyCmd(a *app) *cobra.Command {
	var keys []string
	cmd := &cobra.Command{
		Use:   "verify FILE...",
		Short: "Verify the signatures in the file beside each archive",
		Long:  "Verify the signatures in FILE.sig beside each archive. The exit status is 1 if one of them is not of its version, if there is none, or if a key of --key has not signed it.",
		Args:  arguments("FILE..."),
		RunE: func(_ *cobra.Command, files []string) error {
			var wanted []signature.Key
			for _, text := range keys {
				k, err := signing.Public(text)
				if err != nil {
					return fmt.Errorf("--key: %w", err)
				}
				wanted = append(wanted, k)
			}
			var done signedFiles
			var flaws []string
			for _, path := range files {
				v, good, others, err := a.readSigned(path)
				if err != nil {
					return err
				}
				f := signedFile{Path: path, Version: v, Signatures: []checkedSigning{}}
				f.add(true, good...)
				f.add(false, others...)
				done.Files = append(done.Files, f)
				flaws = append(flaws, flawsOf(&f, wanted)...)
			}
			if err := a.answer(done, func(w io.Writer) { printVerified(w, done.Files, flaws) }); err != nil {
				return err
			}
			if len(flaws) > 0 {
				return &reported{1}
			}
			return nil
		},
	}
	cmd.Flags().StringArrayVar(&keys, "key", nil, "public `KEY` that must have signed each, as text or in a file; may be repeated")
	return cmd
}

// flawsOf says what of an archive's signatures is not as it should be.
func flawsOf(f *signedFile, wanted []signature.Key) (flaws []string) {
	by := map[string]bool{}
	for _, s := range f.Signatures {
		if s.Valid {
			by[s.PublicKey] = true
		} else {
			flaws = append(flaws, fmt.Sprintf("%s: the signature by %s is not one of version %s", f.Path, s.PublicKey, f.Version.Short()))
		}
	}
	if len(f.Signatures) == 0 {
		flaws = append(flaws, f.Path+": has no signature")
	}
	for _, k := range wanted {
		if !by[k.String()] {
			flaws = append(flaws, fmt.Sprintf("%s: %s has not signed it", f.Path, k))
		}
	}
	return flaws
}

func printVerified(w io.Writer, files []signedFile, flaws []string) {
	for _, f := range files {
		for _, s := range f.Signatures {
			if s.Valid {
				fmt.Fprintf(w, "%s: version %s is signed by %s\n", f.Path, f.Version.Short(), s.PublicKey)
			}
		}
	}
	for _, flaw := range flaws {
		fmt.Fprintln(w, flaw)
	}
}
