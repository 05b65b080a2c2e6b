package catalog

import "slices"

// Archive is one package, read and checked. Every Archive that Open returns is fit to load, as far
// as that can be checked without compiling it.
type Archive struct {
	Manifest       Manifest
	Version        Version  // recomputed, and equal to Manifest.Version
	Digest         Digest   // SHA-256 of the archive's bytes: the address of its blob
	ManifestDigest Digest   // SHA-256 of manifest.json as shipped
	Modules        []Module // sorted by name
	// the first number in a shipped schema that the canonical manifest does not preserve; empty =
	// none. Deploys refuse it
	Rounded string
}

// Members lists the workflow types that the package carries, the primary first.
func (a *Archive) Members() []Member { return a.Manifest.Members() }

// Package returns what the replicated state keeps of a. The loader sets LoadedAt and LoadedIndex.
func (a *Archive) Package() Package {
	return Package{
		Version:        a.Version,
		Blob:           a.Digest,
		ManifestDigest: a.ManifestDigest,
		Description:    a.Manifest.Description,
		Labels:         a.Manifest.Labels,
		Members:        a.Members(),
	}
}

// Module returns the module with that name: a file name under modules/ ("lib/x.star"), as load()
// uses it, or the name without extension ("lib/x"), as entry_module uses it.
func (a *Archive) Module(name string) (Module, bool) {
	i := slices.IndexFunc(a.Modules, func(m Module) bool { return m.Name == name })
	if i < 0 {
		i = slices.IndexFunc(a.Modules, func(m Module) bool { return m.Stem() == name })
	}
	if i < 0 {
		return Module{}, false
	}
	return a.Modules[i], true
}

// Guests reports whether a module of the package is WebAssembly.
func (a *Archive) Guests() bool {
	return slices.ContainsFunc(a.Modules, Module.Guest)
}

// Workflow returns the manifest's entry for a workflow type.
func (a *Archive) Workflow(typ string) (*Workflow, bool) {
	i := slices.IndexFunc(a.Manifest.Workflows, func(w Workflow) bool { return w.Type == typ })
	if i < 0 {
		return nil, false
	}
	return &a.Manifest.Workflows[i], true
}
