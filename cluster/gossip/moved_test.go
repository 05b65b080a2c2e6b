package gossip

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aion.dev/aion/internal/await"
	"aion.dev/aion/internal/lifecycle"
	"github.com/hashicorp/go-hclog"
)

// lines is a log that is read while it is written.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), text)
}

// TestGossipSaysThatItsNameHasMoved: gossip waits until a name resolves, uses that address, and
// does not follow the name any further. What others were told stays, and the log reports once that
// the name now points elsewhere.
func TestGossipSaysThatItsNameHasMoved(t *testing.T) {
	var said lines
	var at atomic.Pointer[string]
	g, err := Open(Config{
		Self: Peer{ID: "n1", RaftAddress: "127.0.0.1:1"}, Listen: "127.0.0.1:0", Address: "n1.aion:7602", Every: 10 * time.Millisecond,
		Logger: hclog.New(&hclog.LoggerOptions{Output: &said, Level: hclog.Warn}),
		lookup: func(_ context.Context, host string) ([]net.IPAddr, error) {
			p := at.Load()
			if p == nil || host != "n1.aion" {
				return nil, errors.New("no such host " + host)
			}
			return []net.IPAddr{{IP: net.ParseIP(*p)}}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	wait := func(what string, is func() bool) {
		t.Helper()
		for deadline := time.Now().Add(await.Patience); !is(); lifecycle.Pause(t.Context(), 10*time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: address %q, log:\n%s", what, g.Address(), said.text.String())
			}
		}
	}
	wait("no name yet", func() bool { return said.count("no such host n1.aion") == 1 })
	first, second := "127.0.0.1", "127.0.0.2"
	at.Store(&first)
	wait("the name resolves", func() bool { return g.Address() == "127.0.0.1:7602" })
	if addresses := g.movedAddresses(t.Context(), net.ParseIP(first)); len(addresses) != 0 {
		t.Errorf("it moved to %v before it moved", addresses)
	}
	at.Store(&second)
	const moved = "gossip.advertise resolves to another address than at the start"
	wait("the name moves", func() bool { return said.count(moved) > 0 })
	at.Store(nil) // a name that does not resolve for a while changes nothing
	if addresses := g.movedAddresses(t.Context(), net.ParseIP(first)); len(addresses) != 0 {
		t.Errorf("a name without an address moved to %v", addresses)
	}
	if g.warnIfMoved(t.Context(), second) != second || said.count(moved) != 1 || g.Address() != "127.0.0.1:7602" {
		t.Errorf("said %d times, address %q", said.count(moved), g.Address())
	}
}
