package blobs

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/internal/want"
)

func TestGetsAtTheSameTimeShareOneFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fetches, release := 0, make(chan struct{})
		nodes := memoryNodes(t, 2, func(ctx context.Context, doing, _ string) error {
			fetches++
			<-release
			return nil
		})
		d := mustKeep(t, nodes[1].store, []byte("shared"))
		impatient, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := nodes[0].Get(impatient, d); !errors.As(err, new(*engine.Unavailable)) {
				t.Errorf("a caller that gave up got %v", err)
			}
		})
		for range 5 {
			all.Go(func() {
				if b, err := nodes[0].Get(t.Context(), d); err != nil || string(b) != "shared" {
					t.Errorf("got %q, %v", b, err)
				}
			})
		}
		synctest.Wait()
		cancel()
		synctest.Wait()
		close(release)
		all.Wait()
		if fetches != 1 {
			t.Errorf("%d fetches", fetches)
		}
		closeBlobNodes(nodes)
	})
}

func TestGetRefusesALyingPeer(t *testing.T) {
	all := newMemoryNet()
	nodes := blobNodes(t, 1, func(int) Carrier { return &memoryEnd{memoryCarrier{all, nil}, "n-0"} }, func(c *Config) {
		c.Members = func() []Peer {
			return []Peer{{ID: "n-0", Voter: true}, {ID: "liar", Address: "liar", Voter: true}}
		}
	})
	all.nodes["liar"] = liar{}
	_, err := nodes[0].Get(t.Context(), digestOf([]byte("truth")))
	want.Error(t, err, "liar", digestOf([]byte("lies")).String())
	if len(nodes[0].store.List()) != 0 {
		t.Fatal("lies are kept")
	}
}

type liar struct{}

func (liar) KeepBlob(context.Context, catalog.Digest, io.Reader) error { return nil }

func (liar) Blob(_ context.Context, _ catalog.Digest, send func([]byte) error) error {
	return send([]byte("lies"))
}

func TestRunFetchesWhatTheStateNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var broken atomic.Bool
		var tries atomic.Int32
		nodes := memoryNodes(t, 2, func(context.Context, string, string) error {
			tries.Add(1)
			if broken.Load() {
				return errors.New("down")
			}
			return nil
		})
		a, b := mustKeep(t, nodes[1].store, []byte("a")), mustKeep(t, nodes[1].store, []byte("b"))
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan error)
		go func() { over <- nodes[0].Run(ctx) }()

		nodes[0].name(a)
		if nodes[0].Missing() != 1 {
			t.Fatalf("missing %d", nodes[0].Missing())
		}
		time.Sleep(2 * time.Second) // the bubble's clock
		if nodes[0].Missing() != 0 || nodes[0].store.Has(b) {
			t.Fatal("fetched the wrong blobs")
		}
		broken.Store(true)
		before := tries.Load()
		nodes[0].name(a, b)
		time.Sleep(10 * time.Minute)
		if n := tries.Load() - before; n < 5 || n > 25 {
			t.Fatalf("%d tries in 10 minutes", n)
		}
		broken.Store(false)
		time.Sleep(longestPause + 2*time.Second)
		if nodes[0].Missing() != 0 {
			t.Fatal("not fetched after the peer came back")
		}
		nodes[0].name(a)
		time.Sleep(keepUnnamed + 11*time.Minute)
		if l := nodes[0].store.List(); len(l) != 1 || l[0] != a {
			t.Fatalf("an hour after b was named no more: %v", l)
		}
		cancel()
		if err := <-over; err != nil {
			t.Fatal(err)
		}
		closeBlobNodes(nodes)
	})
}
