package catalog

import (
	"archive/zip"
	"bytes"
	"fmt"
	"hash/crc32"
)

// Write returns the archive of a package: the same bytes for the same manifest and modules,
// whatever their order, on any machine, at any time. It sets Version. It refuses, with
// *InvalidPackage or *PackageTooLarge, what Open with default limits would refuse. The exception is
// the archive's size, which each node limits itself.
func Write(m Manifest, modules []Module) ([]byte, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	modules = sorted(modules)
	if err := checkModuleNames(names(modules)); err != nil {
		return nil, err
	}
	if err := checkEntries(&m, modules); err != nil {
		return nil, err
	}
	if n, most := 1+len(modules), DefaultLimits().MaxEntries; n > most {
		return nil, &PackageTooLarge{What: "entries", Limit: int64(most), Size: int64(n)}
	}
	var err error
	if m.Version, err = Hash(m, modules); err != nil {
		return nil, err
	}
	manifest, err := m.canonical()
	if err != nil {
		return nil, err
	}
	if n := len(manifest); n > MaxManifestBytes {
		return nil, &PackageTooLarge{What: "manifest_bytes", Limit: MaxManifestBytes, Size: int64(n)}
	}

	total := int64(len(manifest))
	for _, module := range modules {
		total += int64(len(module.Source))
	}
	if total > maxZipBytes {
		return nil, &PackageTooLarge{What: "archive_bytes", Limit: maxZipBytes, Size: total}
	}

	var out bytes.Buffer
	w := zip.NewWriter(&out)
	if err := store(w, ManifestName, manifest); err != nil {
		return nil, err
	}
	for _, module := range modules {
		name := ModulesFolder + module.Name
		if len(name) > MaxNameBytes {
			reason := fmt.Sprintf("has a name of %d bytes, at most %d are allowed", len(name), MaxNameBytes)
			return nil, &InvalidPackage{Entry: name, Reason: reason}
		}
		if err := store(w, name, module.Source); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// store adds one file. It uses CreateRaw, which writes the header as given; CreateHeader would add
// fields that depend on the Go version.
func store(w *zip.Writer, name string, content []byte) error {
	const (
		madeOnUnix  = 3 << 8
		zip20       = 20
		dayOne      = 1<<5 | 1 // 1980-01-01, the first date that ZIP can express
		utf8Name    = 1 << 11
		fileMode644 = 0o100644 << 16
	)
	f, err := w.CreateRaw(&zip.FileHeader{
		Name:               name,
		CreatorVersion:     madeOnUnix | zip20,
		ReaderVersion:      zip20,
		Flags:              utf8Name,
		Method:             zip.Store,
		ModifiedDate:       dayOne,
		CRC32:              crc32.ChecksumIEEE(content),
		CompressedSize64:   uint64(len(content)),
		UncompressedSize64: uint64(len(content)),
		ExternalAttrs:      fileMode644,
	})
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return err
}
