package gossip

import (
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestGossipSuspectsWhoVanishedAndTakesItBackElsewhere(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	open := func(id string, join ...string) *Gossip {
		g, err := Open(Config{
			Self: Peer{ID: id, RaftAddress: id + ":7601"}, Listen: "127.0.0.1:0", Join: join,
			Key: []byte("0123456789abcdef"), Every: 20 * time.Millisecond,
		})
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	a := open("a")
	b := open("b", a.Address())
	until(t, a, "a hears of b", func(p []Peer) bool { return len(p) == 1 && p[0].Status == "alive" })
	b.end() // like a crash: without a good-bye
	b.over.Wait()
	b.list.Load().Shutdown()
	until(t, a, "a misses b", func(p []Peer) bool { return len(p) == 1 && p[0].Status == "suspect" })

	b = open("b", a.Address()) // the same node at another address
	until(t, a, "b is back", func(p []Peer) bool { return len(p) == 1 && p[0].Status == "alive" })
	b.Close()
	b.Close()
	until(t, a, "b left", func(p []Peer) bool { return len(p) == 1 && p[0].Status == "left" })
	a.Close()
}

func TestGossipKeepsTheUninvitedOut(t *testing.T) {
	a, err := Open(Config{Self: Peer{ID: "a"}, Listen: "127.0.0.1:0", Key: []byte("0123456789abcdef")})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b := openTestGossip(t, "b") // it does not encrypt
	defer b.Close()
	if n, err := b.list.Load().Join([]string{a.Address()}); err == nil || n != 0 || len(a.Peers()) != 0 {
		t.Fatalf("joined %d nodes without their key; they know %v", n, a.Peers())
	}
	if _, err := Open(Config{Self: Peer{ID: "a"}, Listen: "127.0.0.1:0", Key: []byte("short")}); err == nil {
		t.Fatal("opened with a key of 5 bytes")
	}
}
