package catalog

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gowebpki/jcs"
)

// Identity returns the part of the manifest that decides the version, as RFC 8785 canonical JSON:
// everything except description, labels and version.
func (m *Manifest) Identity() ([]byte, error) {
	id := *m
	id.Description, id.Labels, id.Version = "", nil, Version{}
	return id.canonical()
}

// canonical returns the whole manifest as RFC 8785 canonical JSON: the manifest.json that Write
// writes.
func (m *Manifest) canonical() ([]byte, error) {
	c := *m
	if c.Activities == nil {
		c.Activities = []string{}
	}
	raw, err := json.Marshal(c)
	if err != nil {
		return nil, badField("", "cannot be written as JSON: %v", err)
	}
	return canonicalJSON(raw)
}

// parseManifest reads manifest.json, strictly.
//
// It decodes the canonical form rather than the shipped bytes. RFC 8785 reads numbers as IEEE
// doubles, so 9007199254740993 and ...992 in a schema hash alike. The node must enforce the same
// numbers that it hashes.
func parseManifest(raw []byte) (*Manifest, error) {
	canonical, err := canonicalJSON(raw)
	if err != nil {
		return nil, err
	}
	m := new(Manifest)
	dec := json.NewDecoder(bytes.NewReader(canonical))
	dec.DisallowUnknownFields()
	if err := dec.Decode(m); err != nil {
		if mistyped := new(json.UnmarshalTypeError); errors.As(err, &mistyped) {
			err = fmt.Errorf("%s is a JSON %s", mistyped.Field, mistyped.Value)
		}
		return nil, notManifest(err)
	}
	if err := m.Validate(); err != nil {
		return nil, err
	}

	// encoding/json is lenient: it accepts "Format" for "format" and null for absent. So the
	// identity of the shipped bytes, which anyone can compute with any JSON library, must equal the
	// identity of the decoded manifest.
	id, err := m.Identity()
	if err != nil {
		return nil, err
	}
	if shipped, err := shippedIdentity(canonical); err != nil {
		return nil, err
	} else if !bytes.Equal(id, shipped) {
		return nil, &InvalidPackage{Entry: ManifestName, Reason: "has a key that is null or empty where it should be absent, or spelled in other letter case"}
	}
	return m, nil
}

func shippedIdentity(manifest []byte) ([]byte, error) {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(manifest, &keys); err != nil {
		return nil, notManifest(err)
	}
	delete(keys, "description")
	delete(keys, "labels")
	delete(keys, "version")
	raw, err := json.Marshal(keys)
	if err != nil {
		return nil, notManifest(err)
	}
	return canonicalJSON(raw)
}

func canonicalJSON(raw []byte) ([]byte, error) {
	canonical, err := jcs.Transform(raw)
	if err != nil {
		return nil, notManifest(fmt.Errorf("not canonicalizable JSON: %w", err))
	}
	return canonical, nil
}

func notManifest(err error) *InvalidPackage {
	return &InvalidPackage{Entry: ManifestName, Reason: "is no manifest: " + err.Error()}
}

// SchemaDigest returns the SHA-256 of a JSON Schema in canonical form. It only checks that the
// schema is an object or a boolean. The package that enforces schemas checks the rest.
func SchemaDigest(schema json.RawMessage) (Digest, error) {
	canonical, err := jcs.Transform(append([]byte{}, schema...))
	if err != nil {
		return Digest{}, fmt.Errorf("is no JSON: %w", err)
	}
	if number := inexact(schema); number != "" {
		return Digest{}, fmt.Errorf("holds %s", inexactReason(number))
	}
	switch canonical[0] {
	case '{', 't', 'f':
		return sha256.Sum256(canonical), nil
	}
	return Digest{}, errors.New("is no JSON Schema: that is an object, true or false")
}
