package gossip

import (
	"bytes"
	"math/rand/v2"
	"net"
	"testing"
	"time"
)

// TestGossipSurvivesWhatStrangersSend sends what any machine on the network can send to the gossip
// port, with and without a key, and then expects the node to work as before. A panic in one of
// memberlist's goroutines would end the test binary, as it would end a node.
func TestGossipSurvivesWhatStrangersSend(t *testing.T) {
	for name, key := range map[string][]byte{"in the clear": nil, "with a key": []byte("0123456789abcdef")} {
		t.Run(name, func(t *testing.T) {
			open := func(id string, join ...string) *Gossip {
				g, err := Open(Config{Self: Peer{ID: id, RaftAddress: id + ":7601"}, Listen: "127.0.0.1:0", Key: key, Join: join})
				if err != nil {
					t.Fatal(err)
				}
				return g
			}
			a := open("a")
			defer a.Close()
			for _, b := range garbage() {
				sendPacket(t, a.Address(), b)
			}
			for _, b := range garbage() {
				sendStream(t, a.Address(), b)
			}
			b := open("b", a.Address())
			defer b.Close()
			until(t, a, "a still hears", func(p []Peer) bool { return len(p) == 1 && p[0].ID == "b" && p[0].Status == "alive" })
			until(t, b, "a still speaks", func(p []Peer) bool { return len(p) == 1 && p[0].ID == "a" && p[0].Status == "alive" })
		})
	}
}

// garbage is nothing, each single byte, noise of every size around the powers of two, and each kind
// of message with its body cut short or made of noise.
func garbage() [][]byte {
	random := rand.New(rand.NewPCG(1, 2))
	noise := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		return b
	}
	all := [][]byte{{}, {}, {}}
	for b := range 256 {
		all = append(all, []byte{byte(b)})
	}
	for n := 2; n < 65_000; n *= 2 {
		all = append(all, noise(n-1), noise(n), noise(n+1), make([]byte, n), bytes.Repeat([]byte{255}, n))
	}
	for kind := range 16 {
		for range 16 {
			all = append(all, append([]byte{byte(kind)}, noise(1+random.IntN(64))...))
		}
	}
	return all
}

func sendPacket(t *testing.T, to string, b []byte) {
	t.Helper()
	c, err := net.Dial("udp", to)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write(b); err != nil {
		t.Fatal(err)
	}
}

func sendStream(t *testing.T, to string, b []byte) {
	t.Helper()
	c, err := net.DialTimeout("tcp", to, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	c.Write(b) // the other end may have closed the stream already
}
