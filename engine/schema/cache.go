package schema

import (
	"context"
	"crypto/sha256"
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/internal/lru"
	"aion.dev/aion/internal/namespace"
)

// Cache keeps compiled schemas of loaded versions. It may be used by many goroutines.
type Cache struct {
	archive func(context.Context, *catalog.Package) (*catalog.Archive, error)
	inputs  *lru.Cache[catalog.Digest, *Schema] // by the schema's digest
	outputs *lru.Cache[catalog.Digest, *Schema] // by version and type
}

// NewCache makes a cache for that many schemas of inputs and of outputs. archive fetches the
// archive of a loaded package, which contains the schemas' texts; it is called for each schema that
// is not cached.
func NewCache(inputs, outputs int, archive func(context.Context, *catalog.Package) (*catalog.Archive, error)) *Cache {
	return &Cache{archive: archive, inputs: lru.New[catalog.Digest, *Schema](inputs), outputs: lru.New[catalog.Digest, *Schema](outputs)}
}

// Input returns the input schema of a package's member, which must have one. The error is
// *Unreadable if the archive is unavailable.
func (c *Cache) Input(ctx context.Context, pkg *catalog.Package, member *catalog.Member) (*Schema, error) {
	if got, ok := c.inputs.Get(member.InputSchema); ok {
		return got, nil
	}
	archive, err := c.archive(ctx, pkg)
	if err != nil {
		return nil, &Unreadable{What: "input", Type: member.Type, Cause: err}
	}
	w, ok := archive.Workflow(namespace.Bare(member.Type))
	if !ok {
		return nil, fmt.Errorf("schema: the archive of version %s does not carry %q", pkg.Version, member.Type)
	}
	compiled, err := Compile(w.InputSchema)
	if err != nil {
		return nil, fmt.Errorf("schema: the input schema of %q in version %s: %w", member.Type, pkg.Version, err)
	}
	c.inputs.Put(member.InputSchema, compiled)
	return compiled, nil
}

// Output returns the output schema of a type in a version; nil = it has none, which is also cached.
// If the schema is not cached, find must return the package. Errors are as for Input, or find's.
func (c *Cache) Output(ctx context.Context, version catalog.Version, typ string, find func() (*catalog.Package, error)) (*Schema, error) {
	key := catalog.Digest(sha256.Sum256(append(version[:], typ...)))
	if got, ok := c.outputs.Get(key); ok {
		return got, nil
	}
	pkg, err := find()
	if err != nil {
		return nil, err
	}
	archive, err := c.archive(ctx, pkg)
	if err != nil {
		return nil, &Unreadable{What: "output", Type: typ, Cause: err}
	}
	w, ok := archive.Workflow(namespace.Bare(typ))
	if !ok {
		return nil, fmt.Errorf("schema: the archive of version %s does not carry %q", version, typ)
	}
	var compiled *Schema
	if w.OutputSchema != nil {
		if compiled, err = Compile(w.OutputSchema); err != nil {
			return nil, fmt.Errorf("schema: the output schema of %q in version %s: %w", typ, version, err)
		}
	}
	c.outputs.Put(key, compiled)
	return compiled, nil
}
