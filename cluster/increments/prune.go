package increments

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Pruned is what Prune did.
type Pruned struct {
	Kept    int   `json:"kept"`
	Retired int   `json:"retired"` // backups that are given up
	Blocks  int   `json:"blocks"`  // deleted
	Bytes   int64 `json:"bytes"`
}

// Prune gives up all backups of a cluster but the newest, and deletes blocks that no backup has
// named for Grace. Nobody has to wait for anybody else:
//
//   - A manifest is moved to retired/ first, and is deleted Grace later, after its blocks. So a
//     block that a manifest named when a writer began stays until that writer has ended, which may
//     take half as long; then the writer's own manifest names it, and Prune reads manifests before
//     it lists blocks.
//   - A block that no manifest names, which a writer has just sent or a broken one has left, is
//     deleted when it is older than Grace by the store's clock. A writer relies on such a block
//     only if it is younger than half of that when it begins. Otherwise it sends the content
//     again, under a name that nobody has seen: a slow deletion takes nothing from it.
//
// As a second look, a writer lists the blocks before it writes its manifest.
//
// A manifest that cannot be read names blocks that nobody knows: then nothing is deleted.
func Prune(ctx context.Context, s Store, cluster string, keep int) (p Pruned, err error) {
	now, err := storesNow(ctx, s)
	if err != nil {
		return p, err
	}
	named := map[string]bool{} // blocks
	note := func(m *Manifest) {
		for _, b := range m.blocks() {
			named[b.name()] = true
		}
	}
	ids, err := Names(ctx, s)
	if err != nil {
		return p, err
	}
	for _, id := range slices.Backward(ids) {
		m, err := Read(ctx, s, id)
		if errors.As(err, new(*None)) {
			continue // somebody else has retired it: it is read there
		}
		if err != nil {
			return p, fmt.Errorf("nothing is deleted while a manifest cannot be read: %w", err)
		}
		note(m)
		if m.Header.ClusterID != cluster || p.Kept < keep {
			if m.Header.ClusterID == cluster {
				p.Kept++
			}
			continue
		}
		if err := retire(ctx, s, m); err != nil {
			return p, err
		}
		p.Retired++
	}
	over, err := retired(ctx, s, now, note)
	if err != nil {
		return p, err
	}
	if err := p.deleteBlocks(ctx, s, now, named); err != nil {
		return p, err
	}
	for _, name := range over {
		if err := s.Remove(ctx, name); err != nil {
			return p, err
		}
	}
	return p, nil
}

// retire takes a manifest out of the list. While it is in both places it counts for both.
func retire(ctx context.Context, s Store, m *Manifest) error {
	content, err := m.encode()
	if err != nil {
		return err
	}
	if err := s.Put(ctx, retiredAt+m.ID()+".json", content); err != nil {
		return err
	}
	return s.Remove(ctx, manifestsAt+m.ID()+".json")
}

// retired notes the blocks of retired manifests whose time is not over, and names those others.
func retired(ctx context.Context, s Store, now time.Time, note func(*Manifest)) (over []string, err error) {
	for o, err := range s.List(ctx, retiredAt) {
		switch {
		case err != nil:
			return nil, err
		case !strings.HasSuffix(o.Name, ".json"):
		case now.Sub(o.At) > Grace:
			over = append(over, o.Name)
		default:
			m, err := readManifest(ctx, s, o.Name)
			if errors.As(err, new(*None)) {
				continue // somebody else has deleted it: its time is over by now
			}
			if err != nil {
				return nil, fmt.Errorf("nothing is deleted while a manifest cannot be read: %w", err)
			}
			note(m)
		}
	}
	return over, nil
}

// deleteBlocks deletes what nobody names and nobody has sent lately.
func (p *Pruned) deleteBlocks(ctx context.Context, s Store, now time.Time, named map[string]bool) error {
	has, err := blocksOf(ctx, s)
	if err != nil {
		return err
	}
	for name, o := range has {
		if named[name] || now.Sub(o.At) <= Grace {
			continue
		}
		if err := s.Remove(ctx, name); err != nil {
			return err
		}
		p.Blocks++
		p.Bytes += o.Bytes
	}
	return nil
}
