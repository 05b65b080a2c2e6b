package load

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"hash/crc32"
	"slices"
)

// Package is a package with one workflow type and one module, as a workload builds it.
type Package struct {
	Type       string
	Source     string
	Guest      []byte // WebAssembly in place of Source; nil = it is Starlark
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
	abi, file, module := 1, p.Type+".star", []byte(p.Source)
	if p.Guest != nil {
		abi, file, module = 2, p.Type+".wasm", p.Guest
	}
	manifest := map[string]any{
		"format": 1, "abi": abi, "activities": activities,
		"workflows": []any{map[string]any{"type": p.Type, "entry_module": p.Type, "entry_function": "run"}},
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
	binary.BigEndian.PutUint64(n[:], 1)
	h.Write(n[:])
	frame([]byte(file))
	frame(module)
	version = hex.EncodeToString(h.Sum(nil))
	manifest["version"] = version
	text, err := json.Marshal(manifest)
	if err != nil {
		return nil, "", err
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range []struct {
		name string
		data []byte
	}{{"manifest.json", text}, {"modules/" + file, module}} {
		size := uint64(len(f.data))
		w, err := z.CreateRaw(&zip.FileHeader{Name: f.name, Method: zip.Store, CRC32: crc32.ChecksumIEEE(f.data), CompressedSize64: size, UncompressedSize64: size})
		if err != nil {
			return nil, "", err
		}
		if _, err := w.Write(f.data); err != nil {
			return nil, "", err
		}
	}
	err = z.Close()
	return b.Bytes(), version, err
}
