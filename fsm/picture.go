package fsm

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/fsm/store"
)

// picture is the state at one index: a snapshot of the database and the hot tables of the same
// entry. Apply publishes one after each entry, so that readers do not wait for Apply, nor Apply for
// them, but for a moment in which one of them writes what the database does not have yet.
type picture struct {
	s        *State
	snap     store.Picture
	meta     rows.Meta
	catalog  *catalog.Catalog
	chain    catalog.Digest // of the deploy history
	queues   queues
	tails    *tails
	recent   *recent
	news     *news
	cohorts  []rows.Cohort // of the census
	prints   rows.FingerprintsDone
	ordered  rows.FingerprintsDone
	batches  []string // that run
	stops    stops
	quotas   runQuotas
	rules    rules
	versions *rows.VersionRetention
	kept     map[string]*rows.VersionRetention
	spaces   spaces
	space    *string // the namespace that it shows; nil = all
	limits   rows.Limits
	nodes    nodes
	tokens   *tokens
	policy   *policy
	oldest   uint64                  // no run has a serial below it
	fronts   map[string]history.Time // of the closed index
	ends     <-chan struct{}         // closed when the database is to be closed or replaced
	users    int                     // guarded by State.mu: views, and one while it is the current one
}

// publish makes the state as it stands visible to readers.
func (s *State) publish() {
	s.tokens.shared, s.policy.shared = true, true
	p := &picture{s: s, snap: s.db.Picture(), meta: s.meta, catalog: s.catalog.Clone(), chain: s.chain, queues: s.queues.published(), tails: s.tails, recent: s.recent, news: s.news, cohorts: s.census.cohorts, prints: s.prints.done, ordered: s.ordered, batches: s.batches, stops: s.stops, quotas: s.quotas, rules: s.rules, versions: s.versions, kept: s.kept, spaces: s.spaces, limits: s.limits, nodes: s.nodes, tokens: s.tokens, policy: s.policy, oldest: s.fronts.oldest, fronts: s.fronts.from, users: 1}
	s.mu.Lock()
	if s.ends == nil {
		s.ends = make(chan struct{})
	}
	p.ends = s.ends
	old := s.current
	s.current, s.last = p, s.meta
	s.pictures++
	s.wake()
	s.idle.Broadcast()
	s.mu.Unlock()
	if old != nil {
		old.drop()
	}
}

// pin returns the current picture for the caller to drop; nil when the state is closed.
func (s *State) pin() *picture {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.current == nil && !s.closed {
		s.idle.Wait() // a Restore is swapping the database
	}
	if s.closed {
		return nil
	}
	s.current.users++
	return s.current
}

// drop ends one use; the last one lets go of the database.
func (p *picture) drop() {
	s := p.s
	s.mu.Lock()
	p.users--
	unused := p.users == 0
	s.mu.Unlock()
	if !unused {
		return
	}
	s.fail(p.snap.Close())
	s.mu.Lock()
	s.pictures--
	s.idle.Broadcast()
	s.mu.Unlock()
}

// retire withdraws the current picture and returns once nobody uses the database.
func (s *State) retire() {
	s.mu.Lock()
	old := s.current
	s.current = nil
	if s.ends != nil {
		close(s.ends)
		s.ends = nil
	}
	s.mu.Unlock()
	if old != nil {
		old.drop()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.pictures > 0 {
		s.idle.Wait()
	}
}

// held calls f while the database stays open; ErrClosed on a closed State.
func (s *State) held(f func() error) error {
	p := s.pin()
	if p == nil {
		return ErrClosed
	}
	defer p.drop()
	return f()
}

// View calls f with a consistent picture of the state at one index. It blocks Apply for as long as
// the backlog of the store takes, some milliseconds at most. The View is not used after f returns;
// what it returned may be kept. On a closed State f is not called.
func (s *State) View(f func(View)) {
	p := s.pin()
	if p == nil {
		return
	}
	defer p.drop()
	f(p)
}

func (p *picture) Get(key []byte) []byte {
	if !keptRows[key[0]] {
		return p.stored(key)
	}
	b, ok := p.recent.get(key, p.meta.Index)
	if !ok {
		b = p.stored(key)
		p.recent.note(key, p.meta.Index, b)
	}
	return b
}

func (p *picture) stored(key []byte) []byte {
	if p.s.db.Never(key, p.meta.Index) {
		return nil
	}
	b, err := p.snap.Get(key)
	p.s.fail(err)
	return b
}

func (p *picture) Scan(first, end []byte, f func(k, v []byte) bool) {
	p.s.fail(p.snap.Scan(first, end, f))
}

func (p *picture) ScanBack(first, end []byte, f func(k, v []byte) bool) {
	p.s.fail(p.snap.ScanBack(first, end, f))
}

// row decodes a stored value; false when there is none.
func (p *picture) row(b []byte, v any) bool {
	if b == nil {
		return false
	}
	err := rows.Decode(b, v)
	p.s.fail(err)
	return err == nil
}

// In implements View.
func (p *picture) In(space string) View {
	if space == "" && len(p.spaces) == 0 {
		return p
	}
	in := *p
	in.space, in.catalog = &space, p.catalog.In(space)
	return &in
}

// foreign reports whether it shows another namespace than default alone.
func (p *picture) foreign() bool { return p.space != nil && *p.space != "" }

// Index implements View.
func (p *picture) Index() uint64 { return p.meta.Index }

// Ends implements View.
func (p *picture) Ends() <-chan struct{} { return p.ends }

// Now implements View.
func (p *picture) Now() history.Time { return p.meta.Now }

// ClusterID implements View.
func (p *picture) ClusterID() string { return p.meta.ClusterID }

// Catalog implements View.
func (p *picture) Catalog() *catalog.Catalog { return p.catalog }
