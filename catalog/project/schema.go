package project

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"aion.dev/aion/catalog"
)

// readSchema reads the JSON Schema at a path that stays inside the project. os.Root ensures that,
// even through symbolic links.
func readSchema(root *os.Root, key, name string) (json.RawMessage, error) {
	if name == "" {
		return nil, nil
	}
	refuse := func(reason string, args ...any) error {
		return &Invalid{File: ConfigName, Key: key, Reason: fmt.Sprintf("%q ", name) + fmt.Sprintf(reason, args...)}
	}
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return nil, refuse("is not a path inside the project")
	}
	if info, err := root.Stat(filepath.FromSlash(name)); err == nil && !info.Mode().IsRegular() {
		return nil, refuse("is no regular file") // opening a pipe would wait for a writer
	}
	f, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, refuse("cannot be read: %v", reason(err))
	}
	defer f.Close()
	schema, err := io.ReadAll(io.LimitReader(f, catalog.MaxManifestBytes+1))
	if err != nil {
		return nil, refuse("cannot be read: %v", reason(err))
	}
	if n := int64(len(schema)); n > catalog.MaxManifestBytes {
		return nil, &catalog.PackageTooLarge{What: "manifest_bytes", Limit: catalog.MaxManifestBytes, Size: n}
	}
	if _, err := catalog.SchemaDigest(schema); err != nil {
		return nil, refuse("%v", err)
	}
	return schema, nil
}

// reason strips the path from an error of the file system, because the message already has it.
func reason(err error) error {
	if p, ok := err.(*os.PathError); ok {
		return p.Err
	}
	return err
}
