package load

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"sync"

	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// Package is a package of one workflow type and one module, as a workload writes it.
type Package struct {
	Type       string
	Source     string
	Activities []string
}

// Pack makes the archive, from docs/PACKAGE.md alone: nothing of the product's packer is used, so that a shared mistake cannot hide.
func (p Package) Pack() (archive []byte, version string, err error) {
	activities := append([]string{}, p.Activities...)
	slices.Sort(activities)
	manifest := map[string]any{
		"format": 1, "abi": 1, "activities": activities,
		"workflows": []any{map[string]any{"type": p.Type, "entry_module": p.Type, "entry_function": "run"}},
	}
	identity, err := json.Marshal(manifest) // keys sorted, integers and plain ASCII only: the same as RFC 8785
	if err != nil {
		return nil, "", err
	}
	file := p.Type + ".star"
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
	frame([]byte(p.Source))
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
	}{{"manifest.json", text}, {"modules/" + file, []byte(p.Source)}} {
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

// deploy loads packages on a healthy cluster and routes to them.
func deploy(ctx context.Context, e *Env, packages ...Package) error {
	for _, p := range packages {
		archive, version, err := p.Pack()
		if err != nil {
			return err
		}
		value, _ := json.Marshal(version)
		o, err := e.Insist(ctx, op.Op{Process: e.Record.Process(), Workload: "setup", F: "load", Key: p.Type, Value: value, Request: "setup-" + version, Node: e.Cluster.Names()[0]},
			func(ctx context.Context, c *client.Client, o *op.Op) error {
				a, err := c.Load(ctx, archive, wire.LoadOptions{}, client.RequestID(o.Request))
				if err == nil {
					o.Answered(a.Answered)
				}
				return err
			})
		if err != nil {
			return err
		}
		if o.Outcome != op.OK {
			return fmt.Errorf("load %s: %s", p.Type, strings.TrimSpace(o.Error))
		}
	}
	return nil
}

// each calls f for every item, several at a time, and returns the first error.
func each[T any](items []T, at int, f func(i int, item T) error) error {
	var mu sync.Mutex
	var first error
	next := 0
	var all sync.WaitGroup
	for range min(at, len(items)) {
		all.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				stop := first != nil || i >= len(items)
				mu.Unlock()
				if stop {
					return
				}
				if err := f(i, items[i]); err != nil {
					mu.Lock()
					if first == nil {
						first = err
					}
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	return first
}
