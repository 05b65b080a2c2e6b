package increments

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster/backup"
)

// Manifest is one backup of the store.
type Manifest struct {
	Format   int           `json:"format"`
	Every    time.Duration `json:"every_ns,omitempty"` // how often its writer writes one; 0 = once
	Begun    time.Time     `json:"begun"`              // by the clock of the writer: what was acknowledged before is in it
	Written  time.Time     `json:"written"`            // by the same
	Sent     int64         `json:"sent_bytes"`         // of blocks that the store did not have
	Header   backup.Header `json:"header"`
	Archives [][]Block     `json:"archives"` // the blocks of each of the header's
	State    []Block       `json:"state"`
}

// Block is a part of the content.
type Block struct {
	Digest catalog.Digest `json:"digest"`
	Bytes  int64          `json:"bytes"`
	Run    string         `json:"run"` // of a writer that sent it
}

const manifestFormat = 1

// name is that of the block's object. Each run of a writer has names of its own, so an object that
// is about to be deleted is never written again.
func (b Block) name() string {
	hex := b.Digest.String()
	return blocksAt + hex[:2] + "/" + hex + "." + b.Run
}

// blockOf is the block of an object.
func blockOf(o Object) (b Block, ok bool) {
	hex, run, ok := strings.Cut(o.Name[min(len(o.Name), len(blocksAt)+3):], ".")
	if !ok {
		return b, false
	}
	d, err := catalog.ParseDigest(hex)
	b = Block{d, o.Bytes, run}
	return b, err == nil && b.name() == o.Name
}

// ID is how the manifest is called: the log time and the index of its state, and the beginning of
// the backup's id. Names sort by log time.
func (m *Manifest) ID() string {
	return fmt.Sprintf("%s-%d-%.8s", m.Header.LogTime.UTC().Format(stamp), m.Header.Index, m.Header.ID)
}

const stamp = "20060102T150405.000Z"

// blocks lists all blocks.
func (m *Manifest) blocks() (all []Block) {
	for _, a := range m.Archives {
		all = append(all, a...)
	}
	return append(all, m.State...)
}

// sealed is the bytes of a manifest's object: the manifest, and the SHA-256 of its bytes.
type sealed struct {
	Manifest json.RawMessage `json:"manifest"`
	SHA256   catalog.Digest  `json:"sha256"`
}

func (m *Manifest) encode() ([]byte, error) {
	b, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	return json.Marshal(sealed{b, digestOf(b)})
}

func decodeManifest(name string, content []byte) (*Manifest, error) {
	var s sealed
	m := new(Manifest)
	if err := json.Unmarshal(content, &s); err != nil {
		return nil, &Damaged{name, "it is no manifest: " + err.Error()}
	}
	if digestOf(bytes.TrimSpace(s.Manifest)) != s.SHA256 {
		return nil, &Damaged{name, "its checksum is wrong"}
	}
	if err := json.Unmarshal(s.Manifest, m); err != nil {
		return nil, &Damaged{name, err.Error()}
	}
	if m.Format != manifestFormat {
		return nil, &Damaged{name, fmt.Sprintf("its format is %d, and this build knows %d", m.Format, manifestFormat)}
	}
	if len(m.Archives) != len(m.Header.Archives) {
		return nil, &Damaged{name, fmt.Sprintf("it has blocks of %d archives, and its header names %d", len(m.Archives), len(m.Header.Archives))}
	}
	return m, nil
}

// Damaged is an object that is not what was written.
type Damaged struct {
	Name   string
	Reason string
}

// Error implements error.
func (d *Damaged) Error() string { return d.Name + ": " + d.Reason }

// Names lists the backups of a store, the oldest first.
func Names(ctx context.Context, s Store) (ids []string, err error) {
	return names(ctx, s, manifestsAt)
}

func names(ctx context.Context, s Store, prefix string) (ids []string, err error) {
	for o, err := range s.List(ctx, prefix) {
		if err != nil {
			return nil, err
		}
		if id, ok := strings.CutSuffix(strings.TrimPrefix(o.Name, prefix), ".json"); ok {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// Read reads a manifest.
func Read(ctx context.Context, s Store, id string) (*Manifest, error) {
	return readManifest(ctx, s, manifestsAt+id+".json")
}

func readManifest(ctx context.Context, s Store, name string) (*Manifest, error) {
	content, err := s.Get(ctx, name)
	if err != nil {
		return nil, err
	}
	return decodeManifest(name, content)
}

// Pick says which backup of a store is meant. The zero value is the newest.
type Pick struct {
	Index uint64    // the newest that is not above
	Time  time.Time // the newest whose log time is not after
	ID    string    // this one
}

// Find reads the manifest that is meant. Manifests that are damaged are passed over where others
// can stand in for them: skipped names them.
func Find(ctx context.Context, s Store, p Pick) (m *Manifest, skipped []error, err error) {
	if p.ID != "" {
		m, err = Read(ctx, s, p.ID)
		return m, nil, err
	}
	ids, err := Names(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	for _, id := range slices.Backward(ids) {
		m, err := Read(ctx, s, id)
		switch {
		case errors.As(err, new(*Damaged)):
			skipped = append(skipped, err)
		case errors.As(err, new(*None)): // retired meanwhile
		case err != nil:
			return nil, skipped, err
		case p.Index > 0 && m.Header.Index > p.Index, !p.Time.IsZero() && m.Header.LogTime.After(p.Time):
		default:
			return m, skipped, nil
		}
	}
	return nil, skipped, &Nothing{len(ids)}
}

// Nothing says that no backup of a store is the one that is meant.
type Nothing struct{ All int }

// Error implements error.
func (n *Nothing) Error() string {
	if n.All == 0 {
		return "there is no backup in it"
	}
	return fmt.Sprintf("none of the %d backups in it is that old, or sound", n.All)
}
