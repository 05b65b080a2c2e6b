package transport

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/transport/grant"
	"aion.dev/aion/transport/wire"
)

// outOfTouch is how long after this node last heard from a leader it accepts tokens of the state.
const outOfTouch = time.Minute

// freshness brings this node's state up to date for callers whose token is not known here. All of
// them share it: strangers cost the leader one question at a time, however many they are.
type freshness struct {
	ask func(context.Context) error

	mu   sync.Mutex
	now  *freshRound // under way: it may have begun before the caller's token was made
	next *freshRound // begins when that one is over
}

type freshRound struct {
	over chan struct{}
	err  error
}

// freshTimeout bounds one question.
const freshTimeout = 2 * time.Second

// confirm returns once this node's state includes everything that was acknowledged before the call.
func (f *freshness) confirm(ctx context.Context) error {
	f.mu.Lock()
	mine := f.next
	if mine == nil {
		mine = &freshRound{over: make(chan struct{})}
		if f.next = mine; f.now == nil {
			f.begin()
		}
	}
	f.mu.Unlock()
	select {
	case <-mine.over:
		return mine.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// begin begins the next round. The caller holds mu.
func (f *freshness) begin() {
	round := f.next
	f.now, f.next = round, nil
	if round == nil {
		return
	}
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), freshTimeout)
		round.err = f.ask(ctx)
		cancel()
		close(round.over)
		f.mu.Lock()
		defer f.mu.Unlock()
		f.begin()
	}()
}

// askLeader is how a Server does it.
func (s *Server) askLeader(ctx context.Context) error {
	if s.cfg.Cluster.IsLeader() {
		_, err := s.cfg.Authority.Confirm(ctx)
		return err
	}
	text, ok := s.introduceSelf(peerConfirms)
	for ; !ok; text, ok = s.introduceSelf(peerConfirms) { // the leader sets the key as soon as it may
		if s.cfg.Authority.Callers().Level < 3 {
			return s.cfg.Cluster.Ready() // nil: there are no tokens to know of; a node that catches up cannot tell
		}
		select {
		case <-time.After(leaderRetry):
		case <-ctx.Done():
			return wire.New("unavailable", "the cluster has no key yet with which nodes sign")
		}
	}
	_, address, known := s.cfg.Cluster.Leader()
	if !known {
		return wire.New("no_leader", "node "+s.cfg.Node+" knows no leader")
	}
	scheme, host, err := s.leaderURL(address)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+host+confirmPath, nil)
	if err != nil {
		return err
	}
	r.Header["Authorization"], r.Header[wire.HeaderForwarded] = []string{text}, s.self
	resp, err := s.leader.RoundTrip(r)
	if err != nil {
		return fmt.Errorf("ask the leader: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return wire.ParseProblem(resp.StatusCode, body)
	}
	var at wire.Indexed
	if err := json.Unmarshal(body, &at); err != nil {
		return err
	}
	return s.cfg.Authority.Reach(ctx, at.Index)
}

// confirmPath is where a node asks the leader how far the state is. Only nodes may.
const confirmPath = "/v1/auth/index"

func (s *Server) confirmIndex(w http.ResponseWriter, r *http.Request) {
	err := s.peer(r, peerConfirms)
	var index uint64
	if err == nil {
		index, err = s.cfg.Authority.Confirm(r.Context())
	} else {
		s.denials.hold(r, "", wire.Of(err))
	}
	if err != nil {
		writeProblem(w, wire.Of(err))
		return
	}
	w.Header()["Content-Type"] = jsonType
	json.NewEncoder(w).Encode(wire.Indexed{Index: index})
}

// readGrants remembers what the grants of tokens mean. A token never changes.
type readGrants struct {
	known sync.Map // by serial -> grant.Set
	n     atomic.Int64
}

// maxReadGrants bounds what is remembered: more tokens than there may be, so that it is seldom
// forgotten.
const maxReadGrants = 20_000

func (g *readGrants) of(k *rows.Token) grant.Set {
	if s, ok := g.known.Load(k.Serial); ok {
		return s.(grant.Set)
	}
	if g.n.Add(1) > maxReadGrants {
		g.known.Clear()
		g.n.Store(1)
	}
	s := grant.Known(k.Grants)
	g.known.Store(k.Serial, s)
	return s
}
