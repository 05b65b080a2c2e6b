package blobs

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/internal/want"
)

func TestTransfersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var under, most int
		var mu sync.Mutex
		release := make(chan struct{})
		all := newMemoryNet()
		nodes := blobNodes(t, 2, func(i int) Carrier {
			return &memoryEnd{memoryCarrier{all, func(context.Context, string, string) error {
				mu.Lock()
				under++
				most = max(most, under)
				mu.Unlock()
				<-release
				mu.Lock()
				under--
				mu.Unlock()
				return nil
			}}, fmt.Sprintf("n-%d", i)}
		}, func(c *Config) { c.MaxTransfers = 3 })
		var puts sync.WaitGroup
		for i := range 10 {
			puts.Go(func() {
				if _, err := nodes[0].Put(t.Context(), []byte{byte(i)}); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		close(release)
		puts.Wait()
		if most != 3 {
			t.Errorf("%d transfers at a time", most)
		}
		closeBlobNodes(nodes)
	})
}

// TestArchivesInMemoryAreBounded: an archive that another node reads slowly is in memory until it
// has been sent, and counts as a transfer that long.
func TestArchivesInMemoryAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := newMemoryNet()
		n := blobNodes(t, 1, func(int) Carrier { return &memoryEnd{memoryCarrier{all: all}, "n-0"} }, func(c *Config) { c.MaxTransfers = 3 })[0]
		d, err := n.Put(t.Context(), []byte("archive"))
		if err != nil {
			t.Fatal(err)
		}
		var held, most int
		var mu sync.Mutex
		release := make(chan struct{})
		var readers sync.WaitGroup
		for range 10 {
			readers.Go(func() {
				err := n.Blobs.Blob(t.Context(), d, func(archive []byte) error {
					mu.Lock()
					held++
					most = max(most, held)
					mu.Unlock()
					<-release
					mu.Lock()
					held--
					mu.Unlock()
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		if held != 3 {
			t.Errorf("%d archives are in memory for others", held)
		}
		close(release)
		readers.Wait()
		if most != 3 {
			t.Errorf("%d archives were in memory at a time", most)
		}
		closeBlobNodes([]*blobNode{n})
	})
}

func TestClosedBlobsRefuse(t *testing.T) {
	nodes := memoryNodes(t, 2, nil)
	nodes[0].Close()
	if _, err := nodes[0].Put(t.Context(), []byte("x")); !errors.As(err, new(*engine.Unavailable)) {
		t.Errorf("put: %v", err)
	}
	if _, err := nodes[0].Get(t.Context(), digestOf([]byte("y"))); !errors.As(err, new(*engine.Unavailable)) {
		t.Errorf("get: %v", err)
	}
}

func TestAStalledTransferEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, alive := stallGuard(t.Context(), time.Minute)
		defer alive.stop()
		for range 10 { // slow, but moving
			time.Sleep(59 * time.Second) // the bubble's clock
			alive.progressed()
		}
		synctest.Wait()
		if ctx.Err() != nil {
			t.Fatal("a slow transfer was ended")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		want.Error(t, alive.explain(ctx.Err()), "nothing moved for 1m0s")
	})
}
