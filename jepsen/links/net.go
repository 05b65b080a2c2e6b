package links

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// Net is all links of one cluster. All methods may be called by any goroutine.
type Net struct {
	// Dial reaches nodes; net.DialTimeout unless set otherwise before Expose.
	Dial func(network, address string, timeout time.Duration) (net.Conn, error)

	parts   sync.WaitGroup // every goroutine of every proxy
	holders holders

	mu      sync.Mutex // guards the fields below
	random  *rand.Rand
	pids    map[int]string // the node of each process
	gossip  map[string]string
	rules   map[link]Rule
	changed chan struct{} // closed and replaced when a rule changes
	streams map[*stream]struct{}
	closers []func() error
	closed  bool
}

type link struct {
	from, to string
	traffic  Traffic
}

// New creates a Net. The seed decides which datagrams are lost and how large a jitter is, as far as
// timing allows.
func New(seed uint64) *Net {
	return &Net{
		Dial: net.DialTimeout, random: rand.New(rand.NewPCG(seed, 1)), pids: map[int]string{}, gossip: map[string]string{}, rules: map[link]Rule{}, changed: make(chan struct{}),
		streams: map[*stream]struct{}{},
	}
}

// Owns records which node a process is.
func (n *Net) Owns(pid int, node string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.pids[pid] = node
}

// Set gives a directed link a rule for the kinds of traffic; none = all.
func (n *Net) Set(from, to string, r Rule, kinds ...Traffic) {
	if len(kinds) == 0 {
		kinds = All
	}
	n.mu.Lock()
	for _, k := range kinds {
		if l := (link{from, to, k}); r == (Rule{}) {
			delete(n.rules, l)
		} else {
			n.rules[l] = r
		}
	}
	n.announce()
	var end []*stream
	if r.Refuse {
		for s := range n.streams {
			for _, k := range kinds {
				if s.between(from, to) && s.traffic == k {
					end = append(end, s)
				}
			}
		}
	}
	n.mu.Unlock()
	for _, s := range end {
		s.reset()
	}
}

// Open reports whether every link is undisturbed.
func (n *Net) Open() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.rules) == 0
}

// Heal removes all rules.
func (n *Net) Heal() {
	n.mu.Lock()
	defer n.mu.Unlock()
	clear(n.rules)
	n.announce()
}

// Reset ends every connection between two nodes, in both directions, like a middlebox that
// restarts.
func (n *Net) Reset(a, b string) {
	n.mu.Lock()
	var end []*stream
	for s := range n.streams {
		if s.between(a, b) || s.between(b, a) {
			end = append(end, s)
		}
	}
	n.mu.Unlock()
	for _, s := range end {
		s.reset()
	}
}

// Close ends all proxies and waits for them.
func (n *Net) Close() error {
	n.mu.Lock()
	n.closed = true
	n.announce()
	closers := n.closers
	var end []*stream
	for s := range n.streams {
		end = append(end, s)
	}
	n.mu.Unlock()
	var errs []error
	for _, c := range closers {
		errs = append(errs, c())
	}
	for _, s := range end {
		s.reset()
	}
	n.parts.Wait()
	return errors.Join(errs...)
}

// announce signals a change of the rules. The caller holds mu.
func (n *Net) announce() {
	close(n.changed)
	n.changed = make(chan struct{})
}

// rule returns the current rule of a link, and a channel that is closed when any rule changes. over
// reports that the Net is closed.
func (n *Net) rule(l link) (r Rule, changed <-chan struct{}, over bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.rules[l], n.changed, n.closed
}

// draw returns how long a piece is in transit, and whether it is lost.
func (n *Net) draw(r Rule) (delay time.Duration, lost bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delay = r.Delay
	if r.Jitter > 0 {
		delay += time.Duration(n.random.Int64N(int64(r.Jitter)))
	}
	return delay, r.Loss > 0 && n.random.Float64() < r.Loss
}

// Addresses are the addresses that a node advertises.
type Addresses struct{ Raft, Gossip, HTTP string }

// Expose creates the proxies of a node that listens on own, and returns what the node must
// advertise.
func (n *Net) Expose(node string, own Addresses) (Addresses, error) {
	var out Addresses
	var err error
	if out.Raft, err = n.listen(node, own.Raft, Raft); err == nil {
		if out.HTTP, err = n.listen(node, own.HTTP, HTTP); err == nil {
			out.Gossip, err = n.exposeGossip(node, own.Gossip)
		}
	}
	if err != nil {
		return out, fmt.Errorf("proxies of node %s: %w", node, err)
	}
	return out, nil
}

// exposeGossip finds a port that is free for TCP and for UDP.
func (n *Net) exposeGossip(node, own string) (string, error) {
	n.mu.Lock()
	n.gossip[own] = node
	n.mu.Unlock()
	for try := 0; ; try++ {
		packets, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			return "", err
		}
		address := packets.LocalAddr().String()
		listener, err := net.Listen("tcp", address)
		if err != nil {
			packets.Close()
			if try < 20 {
				continue
			}
			return "", err
		}
		n.serve(listener, node, own, Gossip)
		return address, n.relay(packets.(*net.UDPConn), node, own)
	}
}

func (n *Net) listen(node, own string, t Traffic) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	n.serve(l, node, own, t)
	return l.Addr().String(), nil
}
