package blobs

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster/port"
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

func closeBlobNodes(nodes []*blobNode) {
	for _, n := range nodes {
		n.Blobs.Close()
		if n.port != nil {
			n.port.Close()
		}
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

func (c *memoryEnd) FetchBlob(ctx context.Context, from port.Server, d catalog.Digest, _ int64) (archive []byte, err error) {
	if c.gate != nil {
		if err := c.gate(ctx, "fetch", from.Address); err != nil {
			return nil, err
		}
	}
	err = c.all.at(from.Address).Blob(ctx, d, func(b []byte) error { archive = b; return nil })
	return archive, err
}

func memoryNodes(t *testing.T, n int, gate func(ctx context.Context, doing, address string) error) []*blobNode {
	all := newMemoryNet()
	return blobNodes(t, n, func(i int) Carrier {
		return &memoryEnd{memoryCarrier{all, gate}, fmt.Sprintf("n-%d", i)}
	}, nil)
}

func hang(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

func openTestPort(t *testing.T, id string) *port.Port {
	t.Helper()
	p, err := port.Open(port.Config{Address: "127.0.0.1:0", Self: func() port.Introduction { return port.Introduction{Cluster: "c", From: id, Instance: id} }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}
