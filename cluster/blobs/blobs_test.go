package blobs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster/port"
	"aion.dev/aion/engine"
	"go.uber.org/goleak"
)

// blobNode is one node's archives, on a port of its own or in memory.
type blobNode struct {
	*Blobs
	store *Store
	port  *port.Port // nil in memory
	named atomic.Pointer[[]catalog.Digest]
}

func (n *blobNode) name(d ...catalog.Digest) { n.named.Store(&d) }

// blobNodes creates n voters n-0, n-1, ... that know each other. carrier gives each its connection
// to the others; nil = real ports.
func blobNodes(t *testing.T, n int, carrier func(i int) Carrier, change func(*Config)) []*blobNode {
	t.Helper()
	var (
		nodes   []*blobNode
		members []Peer
	)
	for i := range n {
		node := &blobNode{store: openTestBlobs(t, filepath.Join(t.TempDir(), "blobs"))}
		peer := Peer{ID: fmt.Sprintf("n-%d", i), Address: fmt.Sprintf("n-%d", i), Voter: true}
		var c Carrier
		if carrier != nil {
			c = carrier(i)
		} else {
			node.port = openTestPort(t, peer.ID)
			peer.Address, c = node.port.Advertised(), NewWire(node.port)
		}
		members = append(members, peer)
		cfg := Config{
			Self: peer.ID, Store: node.store, Carrier: c, Members: func() []Peer { return members },
			Named: func() []catalog.Digest {
				if d := node.named.Load(); d != nil {
					return *d
				}
				return nil
			},
		}
		if change != nil {
			change(&cfg)
		}
		node.Blobs = New(cfg)
		t.Cleanup(func() { node.Blobs.Close() })
		if node.port != nil {
			node.port.Serve()
		}
		nodes = append(nodes, node)
	}
	return nodes
}

func TestPutReachesAllAndGetFetches(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	nodes := blobNodes(t, 3, nil, nil)
	archive := bytes.Repeat([]byte("archive "), 100_000)
	d, err := nodes[0].Put(t.Context(), archive)
	if err != nil || d != digestOf(archive) {
		t.Fatalf("%s, %v", d, err)
	}
	have := 0
	for _, n := range nodes {
		if n.store.Has(d) {
			have++
		}
	}
	if have < 2 || !nodes[0].store.Has(d) {
		t.Fatalf("acknowledged on %d of 3 nodes", have)
	}
	// the other transfers run in the background
	waitFor(t, func() bool { return nodes[1].store.Has(d) && nodes[2].store.Has(d) })

	other := []byte("only on node 2")
	lone := mustKeep(t, nodes[2].store, other)
	if b, err := nodes[0].Get(t.Context(), lone); err != nil || !bytes.Equal(b, other) {
		t.Fatalf("got %q, %v", b, err)
	}
	if !nodes[0].store.Has(lone) {
		t.Fatal("what was fetched is not kept")
	}
	flipBit(t, nodes[0].store, lone)
	if b, err := nodes[0].Get(t.Context(), lone); err != nil || !bytes.Equal(b, other) {
		t.Fatalf("after corruption: got %q, %v", b, err)
	}
	closeBlobNodes(nodes)
}

func closeBlobNodes(nodes []*blobNode) {
	for _, n := range nodes {
		n.Blobs.Close()
		if n.port != nil {
			n.port.Close()
		}
	}
}

func TestPutWithoutAMajorityNamesWhoAnsweredWhat(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	nodes := blobNodes(t, 3, nil, nil)
	nodes[1].port.Close()
	archive := []byte("survives one")
	if _, err := nodes[0].Put(t.Context(), archive); err != nil {
		t.Fatalf("one of three is down: %v", err)
	}
	nodes[2].port.Close()
	_, err := nodes[0].Put(t.Context(), archive)
	var lost *engine.NoQuorum
	if !errors.As(err, &lost) {
		t.Fatalf("two of three are down: %T %v", err, err)
	}
	wantError(t, err, "on 1 of 3 voters", "n-1: ", "n-2: ")
	_, err = nodes[0].Get(t.Context(), digestOf([]byte("nowhere")))
	if !isUnavailable(err) {
		t.Fatalf("got %T", err)
	}
	wantError(t, err, "n-1 (", "n-2 (", digestOf([]byte("nowhere")).String())
	closeBlobNodes(nodes)
}

func TestPutOnAFullPeerSaysSo(t *testing.T) {
	nodes := blobNodes(t, 3, nil, nil)
	nodes[1].store.cfg.MaxTotal, nodes[2].store.cfg.MaxTotal = 1, 1
	_, err := nodes[0].Put(t.Context(), []byte("too much"))
	wantError(t, err, "n-1: keep archive: all archives together would take 8 bytes, more than 1")
	var large *catalog.PackageTooLarge
	if _, err := nodes[0].Put(t.Context(), make([]byte, 1<<20+1)); !errors.As(err, &large) {
		t.Fatalf("got %v", err)
	}
}

// memoryCarrier moves blobs by calling the other side. gate, if set, may hold or break a transfer.
type memoryCarrier struct {
	all  *memoryNet
	gate func(ctx context.Context, doing, address string) error
}

type memoryNet struct {
	mu    sync.Mutex
	nodes map[string]Keeper
}

func newMemoryNet() *memoryNet { return &memoryNet{nodes: map[string]Keeper{}} }

func (m *memoryNet) at(address string) Keeper {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.nodes[address]
}

type memoryEnd struct {
	memoryCarrier
	address string
}

func (c *memoryEnd) HandleBlobs(k Keeper) {
	c.all.mu.Lock()
	defer c.all.mu.Unlock()
	c.all.nodes[c.address] = k
}

func (c *memoryEnd) SendBlob(ctx context.Context, to port.Server, d catalog.Digest, archive []byte) error {
	if c.gate != nil {
		if err := c.gate(ctx, "send", to.Address); err != nil {
			return err
		}
	}
	return c.all.at(to.Address).KeepBlob(ctx, d, bytes.NewReader(archive))
}

func (c *memoryEnd) FetchBlob(ctx context.Context, from port.Server, d catalog.Digest, _ int64) ([]byte, error) {
	if c.gate != nil {
		if err := c.gate(ctx, "fetch", from.Address); err != nil {
			return nil, err
		}
	}
	return c.all.at(from.Address).Blob(ctx, d)
}

func memoryNodes(t *testing.T, n int, gate func(ctx context.Context, doing, address string) error) []*blobNode {
	all := newMemoryNet()
	return blobNodes(t, n, func(i int) Carrier {
		return &memoryEnd{memoryCarrier{all, gate}, fmt.Sprintf("n-%d", i)}
	}, nil)
}

func hang(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

func TestPutEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes := memoryNodes(t, 3, func(ctx context.Context, _, _ string) error { return hang(ctx) })
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := nodes[0].Put(ctx, []byte("x"))
		wantError(t, err, "n-1 has not answered yet", "n-2 has not answered yet", "deadline")
		var unknown *engine.Unknown
		if errors.As(err, &unknown) {
			t.Fatal("a put that failed is never unknown")
		}
		closeBlobNodes(nodes) // ends the transfers that hang
	})
}

// In whatever order the nodes answer, a Put succeeds once a majority of the voters has the archive,
// and fails once none can. This node counts if it votes.
func TestPutCountsVotersOnlyAndItself(t *testing.T) {
	for _, c := range []struct {
		name    string
		voters  string // of n-0 to n-4; n-0 puts
		answers string // in order: + takes the archive, - does not
		want    string // after which answer the outcome is certain, and which
	}{
		{"non-voters first", "012", "+3 +4 +1", "3 ok"},
		{"voter first", "012", "+1", "1 ok"},
		{"non-voters do not make up for voters", "012", "+3 +4 -1 -2", "4 failed"},
		{"voters fail before the others have written", "012", "-1 -2", "2 failed"},
		{"non-voters that fail do not count either", "012", "-3 -4 -1 +2", "4 ok"},
		{"a failed voter, and one that follows", "012", "-2 +3 +1", "3 ok"},
		{"it does not vote: two of three others", "123", "+4 +1 +2", "3 ok"},
		{"it does not vote: its own copy is none", "123", "+1 -2 -3", "3 failed"},
		{"it does not vote, two voters", "12", "+3 +1 +2", "3 ok"},
		{"it does not vote, two voters, one fails", "12", "+1 -2", "2 failed"},
		{"five voters", "01234", "+1 -2 -3 +4", "4 ok"},
		{"five voters, three fail", "01234", "+1 -2 -3 -4", "4 failed"},
		{"four voters", "0123", "+4 +1 -2 +3", "4 ok"},
		{"four voters, half is no majority", "0123", "+1 -2 -3", "3 failed"},
		{"it is the only voter", "0", "", "0 ok"},
	} {
		synctest.Test(t, func(t *testing.T) {
			turns := map[string]chan error{}
			for i := range 5 {
				turns[fmt.Sprint("n-", i)] = make(chan error)
			}
			nodes := memoryNodes(t, 5, func(_ context.Context, _, address string) error { return <-turns[address] })
			members := nodes[0].cfg.Members()
			for i := range members {
				members[i].Voter = strings.Contains(c.voters, fmt.Sprint(i))
			}
			outcome := make(chan error, 1)
			go func() {
				_, err := nodes[0].Put(t.Context(), []byte("x"))
				outcome <- err
			}()
			certain := func(n int) string {
				synctest.Wait()
				select {
				case err := <-outcome:
					if err != nil {
						return fmt.Sprint(n, " failed")
					}
					return fmt.Sprint(n, " ok")
				default:
					return ""
				}
			}
			got := certain(0)
			for i, a := range strings.Fields(c.answers) {
				if got != "" {
					t.Fatalf("%s: certain (%s) before the answer %s", c.name, got, a)
				}
				var err error
				if a[0] == '-' {
					err = errors.New("down")
				}
				turns["n-"+a[1:]] <- err
				got = certain(i + 1)
			}
			if got != c.want {
				t.Errorf("%s: got %q, want %q", c.name, got, c.want)
			}
			for _, turn := range turns {
				close(turn)
			}
			closeBlobNodes(nodes)
		})
	}
}

// Members change between a Put and the command that names the archive: the voters at the time of
// the proposal count.
func TestArchiveIsNamedOnlyWhereAMajorityOfTodaysVotersHasIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late := make(chan struct{})
		nodes := memoryNodes(t, 5, func(_ context.Context, _, address string) error {
			switch address {
			case "n-2":
				return errors.New("down")
			case "n-4":
				<-late
			}
			return nil
		})
		members := nodes[0].cfg.Members()
		vote := func(who string) {
			for i := range members {
				members[i].Voter = strings.Contains(who, fmt.Sprint(i))
			}
		}
		vote("012")
		d, err := nodes[0].Put(t.Context(), []byte("x"))
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		for _, c := range []struct {
			voters string
			ok     bool
		}{{"012", true}, {"02", false}, {"013", true}, {"024", false}, {"0134", true}, {"0124", false}, {"24", false}, {"0", true}} {
			vote(c.voters)
			if err := nodes[0].CheckNamed(d); (err == nil) != c.ok || err != nil && !isUnavailable(err) {
				t.Errorf("with the voters %s: %v", c.voters, err)
			}
		}
		vote("024")
		close(late)
		synctest.Wait()
		if err := nodes[0].CheckNamed(d); err != nil {
			t.Errorf("n-4 has it now: %v", err)
		}
		closeBlobNodes(nodes)
	})
}

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
			if _, err := nodes[0].Get(impatient, d); !isUnavailable(err) {
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
	wantError(t, err, "liar", digestOf([]byte("lies")).String())
	if len(nodes[0].store.List()) != 0 {
		t.Fatal("lies are kept")
	}
}

type liar struct{}

func (liar) KeepBlob(context.Context, catalog.Digest, io.Reader) error { return nil }
func (liar) Blob(context.Context, catalog.Digest) ([]byte, error)      { return []byte("lies"), nil }

func TestOldPutsAreNotProposed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memoryNodes(t, 1, nil)[0]
		d, err := n.Put(t.Context(), []byte("x"))
		if err != nil || n.CheckNamed(d) != nil {
			t.Fatalf("a fresh put: %v, %v", err, n.CheckNamed(d))
		}
		time.Sleep(putFresh + time.Second) // the bubble's clock
		if err := n.CheckNamed(d); !isUnavailable(err) || !strings.Contains(err.Error(), "10m1s ago") {
			t.Fatalf("a put of 10 minutes ago: %v", err)
		}
		if err := n.CheckNamed(digestOf([]byte("never"))); !isUnavailable(err) {
			t.Fatalf("never put: %v", err)
		}
		if _, err := n.Put(t.Context(), []byte("x")); err != nil || n.CheckNamed(d) != nil {
			t.Fatal("putting again does not make it fresh")
		}
		n.Close()
	})
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

func TestClosedBlobsRefuse(t *testing.T) {
	nodes := memoryNodes(t, 2, nil)
	nodes[0].Close()
	if _, err := nodes[0].Put(t.Context(), []byte("x")); !isUnavailable(err) {
		t.Errorf("put: %v", err)
	}
	if _, err := nodes[0].Get(t.Context(), digestOf([]byte("y"))); !isUnavailable(err) {
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
		wantError(t, alive.explain(ctx.Err()), "nothing moved for 1m0s")
	})
}

func openTestPort(t *testing.T, id string) *port.Port {
	t.Helper()
	p, err := port.Open(port.Config{Address: "127.0.0.1:0", Self: func() port.Introduction { return port.Introduction{Cluster: "c", From: id, Instance: id} }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func isUnavailable(err error) bool {
	var u *engine.Unavailable
	return errors.As(err, &u)
}

// waitFor polls what nothing signals.
func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range 30_000 {
		if ok() {
			return
		}
		<-tick.C
	}
	t.Fatal("waited in vain")
}

// wantError fails unless err says all of parts.
func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one that says %q", parts)
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("error %q does not say %q", err, p)
		}
	}
}
