package load

// Type is a workflow type in several versions, which a workload loads and unloads.
type Type struct {
	Name     string
	Archives [][]byte // of each version
	Versions []string // the digits of each
}

// NewType packs the given number of versions of a type; source returns the code of each.
func NewType(name string, versions int, source func(version int) string) (Type, error) {
	return PackType(name, versions, func(v int) (Package, error) { return Package{Source: source(v)}, nil })
}

// PackType is NewType for code of any language: pack returns each package, without its type.
func PackType(name string, versions int, pack func(version int) (Package, error)) (Type, error) {
	t := Type{Name: name}
	for v := range versions {
		p, err := pack(v)
		if err != nil {
			return t, err
		}
		p.Type = name
		archive, digits, err := p.Pack()
		if err != nil {
			return t, err
		}
		t.Archives, t.Versions = append(t.Archives, archive), append(t.Versions, digits)
	}
	return t, nil
}
