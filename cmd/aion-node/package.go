package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"aion.dev/aion/catalog"
	"aion.dev/aion/catalog/project"
	"aion.dev/aion/cmd/aion-node/signing"
	"github.com/spf13/cobra"
)

// packed is the answer of package: one object for each archive that it wrote.
type packed struct {
	Packages []packedOne `json:"packages"`
}

type packedOne struct {
	Path          string          `json:"path"`
	Version       catalog.Version `json:"version"`
	WorkflowTypes []string        `json:"workflow_types"`
	Modules       int             `json:"modules"`
	Bytes         int             `json:"bytes"`
	Signatures    int             `json:"signatures,omitempty"` // in the file beside it
}

func packageCmd(a *app) *cobra.Command {
	var path string
	var unchecked bool
	var s signer
	cmd := &cobra.Command{
		Use:   "package [DIR]",
		Short: "Pack a project into an archive",
		Long:  "Pack the project in folder DIR (it has a workflow.toml; default: the current folder) into an archive, if its code compiles. The same project gives the same bytes, and so the same version, everywhere. Signatures of another version in FILE.sig, from before, are removed from there. --out - is standard output.",
		Args:  arguments("[DIR]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			build := buildChecked
			if unchecked {
				build = func(_ context.Context, dir string) (*project.Built, error) { return project.Build(dir) }
			}
			if err := s.read(); err != nil {
				return err
			}
			switch {
			case path == "-" && a.json:
				return usage("--out - and --json would both write to standard output")
			case path == "-" && len(s.keys) > 0:
				return usage("--out - has no place for signatures, which go into FILE.sig")
			}
			built, err := build(cmd.Context(), folderOf(args))
			if err != nil {
				return err
			}
			if path == "-" {
				_, err := a.out.Write(built.Archive)
				return err
			}
			if path == "" {
				path = built.FileName()
			}
			if there, err := os.Stat(path); err == nil && there.IsDir() {
				return &fs.PathError{Op: "write", Path: path, Err: errors.New("is a folder")}
			}
			if err := replaceFile(path, built.Archive); err != nil {
				return err
			}
			beside, err := signing.ReadFile(signing.Beside(path))
			if err != nil {
				return err
			}
			signed, others := signing.Of(built.Version, beside)
			signed = s.add(built.Version, signed)
			if len(s.keys) > 0 || len(others) > 0 {
				if err := writeSignatures(path, signed); err != nil {
					return err
				}
			}
			one := packedOne{Signatures: len(signed), Path: path, Version: built.Version, Modules: len(built.Modules), Bytes: len(built.Archive)}
			for _, w := range built.Manifest.Workflows {
				one.WorkflowTypes = append(one.WorkflowTypes, w.Type)
			}
			return a.answer(packed{[]packedOne{one}}, func(w io.Writer) {
				fmt.Fprintf(w, "packed %s: version %s, %s, %s\n", path, one.Version.Short(), count(one.Modules, "module"), bytesOf(int64(one.Bytes)))
				if one.Signatures > 0 {
					fmt.Fprintf(w, "  %s in %s\n", count(one.Signatures, "signature"), signing.Beside(path))
				}
			})
		},
	}
	cmd.Flags().StringVarP(&path, "out", "o", "", "write the archive to `FILE` (default <primary type>.aion in the current folder)")
	s.flag(cmd, "sign the archive's version, into FILE.sig beside it,")
	cmd.Flags().BoolVar(&unchecked, "no-check", false, "write the archive also if its code does not compile here")
	return cmd
}

// replaceFile writes a file completely or not at all, so that nobody deploys half an archive.
func replaceFile(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails after the rename
	if _, err := f.Write(content); err != nil {
		f.Close()
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
