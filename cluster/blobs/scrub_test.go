package blobs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"os"
	"testing"
	"time"

	"aion.dev/aion/internal/await"
)

// TestScrubFindsWhatNobodyReads: an archive that the disk has changed is set aside and fetched
// again, although nobody asks for it.
func TestScrubFindsWhatNobodyReads(t *testing.T) {
	nodes := blobNodes(t, 3, nil, func(c *Config) { c.ScrubEvery, c.LookEvery = 10*time.Millisecond, 10*time.Millisecond })
	archive := []byte("an archive that is compiled once in months")
	d, err := nodes[0].Put(t.Context(), archive)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes {
		n.name(d)
	}
	n := nodes[1]
	over := make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	go func() { over <- n.Run(ctx) }()
	await.Poll(t, "a first pass", func() bool { return n.store.Has(d) && n.Scrubbed().Checked() > 0 && !n.Scrubbed().Passed().IsZero() })
	if n.store.Damaged() != 0 {
		t.Errorf("%d archives are damaged before anything was", n.store.Damaged())
	}
	bad := bytes.Clone(archive)
	bad[3] ^= 4
	if err := os.WriteFile(n.store.path(d), bad, 0o600); err != nil {
		t.Fatal(err)
	}
	await.Poll(t, "the archive to be whole again", func() bool {
		b, err := os.ReadFile(n.store.path(d))
		return err == nil && sha256.Sum256(b) == d
	})
	if n.store.Damaged() != 1 {
		t.Errorf("%d damaged archives were counted", n.store.Damaged())
	}
	stop()
	if err := <-over; err != nil {
		t.Error(err)
	}
}
