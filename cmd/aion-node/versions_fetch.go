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
}

func versionsFetchCmd(a *app) *cobra.Command {
	var path string
	var force bool
	cmd := &cobra.Command{
		Use:   "fetch TYPE VERSION",
		Short: "Write the archive of a loaded version to a file",
		Long:  "Write the archive of a loaded version to a file, byte for byte as it was deployed. A file that exists is left alone, unless --force is given; - is standard output.",
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
			archive, err := c.FetchArchive(cmd.Context(), args[0], args[1], a.readOptions()...)
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
			if err := replaceFile(path, archive); err != nil {
				return err
			}
			one := fetched{path, opened.Version, sha256.Sum256(archive), len(archive)}
			return a.answer(one, func(w io.Writer) {
				fmt.Fprintf(w, "wrote %s: version %s, %s\n", path, one.Version.Short(), bytesOf(int64(one.Bytes)))
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
