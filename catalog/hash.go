package catalog

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
)

// Hash computes the version of a package:
//
//	SHA-256( frame("aion/package/1") frame(identity)
//	         u64be(number of modules) { frame(name) frame(source) } )
//
// with the modules in bytewise order of their file names, and frame(x) = u64be(len(x)) x. The
// frames make the input unambiguous: no byte can move from one name or source to the next without
// changing the version. Hash accepts any modules in any order; Open and Write check which may be
// shipped.
func Hash(m Manifest, modules []Module) (Version, error) {
	identity, err := m.Identity()
	if err != nil {
		return Version{}, err
	}
	h := sha256.New()
	frame(h, []byte("aion/package/1"))
	frame(h, identity)
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(modules))))
	for _, module := range sorted(modules) {
		frame(h, []byte(module.Name))
		frame(h, module.Source)
	}
	return Version(h.Sum(nil)), nil
}

func frame(h hash.Hash, b []byte) {
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(b))))
	h.Write(b)
}
