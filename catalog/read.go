package catalog

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
)

// Open reads an archive within limits and checks every rule of docs/PACKAGE.md. The error is
// *InvalidPackage or *PackageTooLarge. The limits bound its allocations, whatever the archive
// declares. The result may refer to data, which must not change afterwards.
func Open(data []byte, limits Limits) (*Archive, error) {
	limits = limits.orDefault()
	if n := int64(len(data)); n > limits.MaxArchiveBytes {
		return nil, &PackageTooLarge{What: "archive_bytes", Limit: limits.MaxArchiveBytes, Size: n}
	}
	files, err := readZip(data, limits.MaxEntries)
	if err != nil {
		return nil, err
	}
	if err := checkFiles(files, limits.MaxNameBytes); err != nil {
		return nil, err
	}

	// The manifest comes first: it is small, and shows most errors of a package.
	budget := &budget{limit: limits.MaxInflatedBytes}
	a := &Archive{Digest: sha256.Sum256(data)}
	for _, f := range files {
		if f.name != ManifestName {
			continue
		}
		raw, err := f.inflateManifest(budget)
		if err != nil {
			return nil, err
		}
		m, err := parseManifest(raw)
		if err != nil {
			return nil, err
		}
		a.Manifest, a.ManifestDigest, a.Rounded = *m, sha256.Sum256(raw), rounded(raw)
	}
	for _, f := range files {
		name, isModule := strings.CutPrefix(f.name, ModulesFolder)
		if !isModule {
			continue
		}
		source, err := f.inflate(budget)
		if err != nil {
			return nil, err
		}
		a.Modules = append(a.Modules, Module{Name: name, Source: source})
	}
	a.Modules = sorted(a.Modules)
	if err := checkEntries(&a.Manifest, a.Modules); err != nil {
		return nil, err
	}
	if a.Version, err = Hash(a.Manifest, a.Modules); err != nil {
		return nil, err
	}
	switch {
	case a.Manifest.Version.IsZero():
		return nil, badField("version", "is missing")
	case a.Manifest.Version != a.Version:
		return nil, badField("version", "is %s, but the content hashes to %s", a.Manifest.Version, a.Version)
	}
	return a, nil
}

// checkFiles refuses names that no package may have, before anything is inflated.
func checkFiles(files []zipFile, maxName int) error {
	var modules []string
	seen := make(map[string]string, len(files)) // folded -> name
	for _, f := range files {
		reason := checkPath(f.name)
		other, taken := seen[fold(f.name)]
		switch {
		case len(f.name) > maxName:
			reason = fmt.Sprintf("has a name of %d bytes, at most %d are allowed", len(f.name), maxName)
		case reason != "":
		case !f.regular():
			reason = "is no regular file"
		case taken:
			reason = clash(f.name, other)
		case strings.HasPrefix(f.name, ModulesFolder):
			modules = append(modules, f.name[len(ModulesFolder):])
		case f.name != ManifestName:
			reason = "is neither manifest.json nor under modules/"
		}
		if reason != "" {
			return &InvalidPackage{Entry: f.name, Reason: reason}
		}
		seen[fold(f.name)] = f.name
	}
	if seen[fold(ManifestName)] == "" {
		return &InvalidPackage{Reason: "has no manifest.json"}
	}
	slices.Sort(modules)
	return checkModuleNames(modules)
}
