package load

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash/crc32"
	"maps"
	"slices"
)

// Package is a package with one workflow type, as a workload builds it.
type Package struct {
	Type       string
	Source     string
	Code       Code // in place of Source; nil = it is Starlark
	Activities []string
}

// Digest is the name under which an archive is stored.
func Digest(archive []byte) string {
	sum := sha256.Sum256(archive)
	return hex.EncodeToString(sum[:])
}

// Pack builds the archive from docs/PACKAGE.md alone. It uses nothing of the product's packer, so
// that a shared mistake cannot hide.
func (p Package) Pack() (archive []byte, version string, err error) {
	activities := append([]string{}, p.Activities...)
	slices.Sort(activities)
	abi, entry, modules := 1, p.Type, Code{p.Type + ".star": []byte(p.Source)}
	if p.Code != nil {
		abi, entry, modules = 2, "main", p.Code
	}
	names := slices.Sorted(maps.Keys(modules))
	manifest := map[string]any{
		"format": 1, "abi": abi, "activities": activities,
		"workflows": []any{map[string]any{"type": p.Type, "entry_module": entry, "entry_function": "run"}},
	}
	if p.Code["main.js"] != nil {
		manifest["driver"] = 2
	}
	identity, err := json.Marshal(manifest) // keys sorted, integers and plain ASCII only: the same as RFC 8785
	if err != nil {
		return nil, "", err
	}
	h := sha256.New()
	frame := func(b []byte) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	frame([]byte("aion/package/1"))
	frame(identity)
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(names)))
	h.Write(n[:])
	for _, name := range names {
		frame([]byte(name))
		frame(modules[name])
	}
	version = hex.EncodeToString(h.Sum(nil))
	manifest["version"] = version
	text, err := json.Marshal(manifest)
	if err != nil {
		return nil, "", err
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	put := func(name string, data []byte) error {
		size := uint64(len(data))
		w, err := z.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Store, CRC32: crc32.ChecksumIEEE(data), CompressedSize64: size, UncompressedSize64: size})
		if err == nil {
			_, err = w.Write(data)
		}
		return err
	}
	err = put("manifest.json", text)
	for _, name := range names {
		err = errors.Join(err, put("modules/"+name, modules[name]))
	}
	err = errors.Join(err, z.Close())
	return b.Bytes(), version, err
}
