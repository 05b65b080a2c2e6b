package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/catalog/signature"
	"aion.dev/aion/cmd/aion-node/signing"
	"github.com/spf13/cobra"
)

// everyArchive are the limits for archives that a node has served: it decides how large they may
// be.
var everyArchive = catalog.Limits{MaxArchiveBytes: math.MaxInt64, MaxInflatedBytes: math.MaxInt64, MaxEntries: math.MaxInt}

// fetched is the answer of versions fetch.
type fetched struct {
	Path    string          `json:"path"`
	Version catalog.Version `json:"version"`
	Archive catalog.Digest  `json:"archive"` // SHA-256 of the bytes
	Bytes   int             `json:"bytes"`

	Signatures int `json:"signatures,omitempty"` // in the file beside it
}

func versionsFetchCmd(a *app) *cobra.Command {
	var path string
	var force bool
	cmd := &cobra.Command{
		Use:   "fetch TYPE VERSION",
		Short: "Write the archive of a loaded version to a file",
		Long:  "Write the archive of a loaded version to a file, byte for byte as it was deployed, and its signatures to FILE.sig. A file that exists is left alone, unless --force is given; - is standard output.",
		Args:  arguments("TYPE", "VERSION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if path == "-" && a.json {
				return usage("--out - and --json would both write to standard output")
			}
			if path != "" && path != "-" {
				if err := free(path, force); err != nil {
					return err // before the archive is fetched
				}
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			archive, signatures, err := c.FetchSigned(cmd.Context(), args[0], args[1], a.readOptions()...)
			if err != nil {
				return err
			}
			if path == "-" {
				_, err := a.out.Write(archive)
				return err
			}
			opened, err := catalog.Open(archive, everyArchive)
			if err != nil {
				return fmt.Errorf("the archive that was fetched: %w", err)
			}
			if path == "" {
				path = strings.ReplaceAll(args[0], "/", "_") + "-" + opened.Version.Short() + ".aion"
				if err := free(path, force); err != nil {
					return err
				}
			}
			var signed []signature.Signature
			for _, text := range signatures {
				s, err := signature.Parse(text)
				if err != nil || !s.Verify(opened.Version) {
					return fmt.Errorf("the node sent a signature that is none of version %s: %s", opened.Version, oneLine(text))
				}
				signed = append(signed, s)
			}
			if len(signed) > 0 || force { // nobody has asked to remove what lies there otherwise
				if err := free(signing.Beside(path), force); err != nil {
					return err
				}
				if err := writeSignatures(path, signed); err != nil {
					return err
				}
			}
			if err := replaceFile(path, archive); err != nil {
				return err
			}
			one := fetched{path, opened.Version, sha256.Sum256(archive), len(archive), len(signed)}
			return a.answer(one, func(w io.Writer) {
				fmt.Fprintf(w, "wrote %s: version %s, %s\n", path, one.Version.Short(), bytesOf(int64(one.Bytes)))
				if one.Signatures > 0 {
					fmt.Fprintf(w, "  %s in %s\n", count(one.Signatures, "signature"), signing.Beside(path))
				}
			})
		},
	}
	cmd.Flags().StringVarP(&path, "out", "o", "", "write the archive to `FILE` (default TYPE-VERSION.aion in the current folder)")
	cmd.Flags().BoolVar(&force, "force", false, "replace the file if it exists")
	return cmd
}

// free reports an error if a file must not be written: something else is there.
func free(path string, force bool) error {
	there, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case there.IsDir():
		return &fs.PathError{Op: "write", Path: path, Err: errors.New("is a folder")}
	case !force:
		return &fs.PathError{Op: "write", Path: path, Err: errors.New("exists; --force replaces it")}
	}
	return nil
}
