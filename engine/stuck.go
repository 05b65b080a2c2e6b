package engine

import (
	"context"
	"fmt"
	"sync"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/internal/lifecycle"
)

// stuck loads programs that the leader lacks. Runs of such versions stay ready in the state, and
// stuck remembers nothing about them: when the program is loaded, the driver reads the ready index
// again. No run ever fails because a node lacks a program.
type stuck struct {
	e           *Engine
	group       *lifecycle.Group
	rescanReady func() // makes the driver read all ready runs again

	mu      sync.Mutex
	loading map[catalog.Version]bool
}

// patience is how long a leader tries to load a program before it offers leadership to a node that
// has it.
const patience = 10 * time.Second

func newStuck(e *Engine, g *lifecycle.Group, again func()) *stuck {
	return &stuck{e: e, group: g, rescanReady: again, loading: make(map[catalog.Version]bool)}
}

// loadProgram loads the program of pkg in the background.
func (s *stuck) loadProgram(pkg *catalog.Package) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.loading[pkg.Version] {
		return
	}
	s.loading[pkg.Version] = true
	s.group.Go("program", func(ctx context.Context) error { return s.load(ctx, pkg) })
}

func (s *stuck) load(ctx context.Context, pkg *catalog.Package) error {
	defer s.rescanReady() // after loading no longer has the version: a run that is skipped later calls loadProgram itself
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.loading, pkg.Version)
	}()
	wait := backoff{first: 50 * time.Millisecond, most: 2 * time.Second}
	offered := false
	for began := time.Now(); ; {
		try, cancel := context.WithTimeout(ctx, patience)
		_, err := s.e.programs.load(try, pkg)
		cancel()
		if err == nil || ctx.Err() != nil {
			return nil
		}
		s.e.log.Warn("this leader lacks a program, its runs wait", "version", pkg.Content().Short(), "error", err)
		if !s.isLoaded(pkg.Version) {
			return nil
		}
		if !offered && time.Since(began) >= patience {
			offered = true
			s.e.ready.fail(ctx, pkg.Version, err)
			s.handOver(ctx, pkg.Version)
		}
		if err := wait.pause(ctx); err != nil {
			return err
		}
	}
}

func (s *stuck) isLoaded(version catalog.Version) (ok bool) {
	s.e.cfg.Log.View(func(v fsm.View) { _, ok = v.Catalog().Package(version) })
	return ok
}

// handOver offers leadership to the nodes that have the program.
func (s *stuck) handOver(ctx context.Context, version catalog.Version) {
	log, ok := s.e.cfg.Log.(HandOver)
	if !ok {
		return
	}
	var nodes []string
	s.e.cfg.Log.View(func(v fsm.View) {
		for _, r := range v.Readiness() {
			if r.Version == version && r.Ready && r.Node != s.e.cfg.Node {
				nodes = append(nodes, r.Node)
			}
		}
	})
	if len(nodes) == 0 {
		s.e.log.Error("no node has the program of a version", "version", version.Short())
		return
	}
	if err := log.HandOver(ctx, nodes); err != nil {
		s.e.log.Error("leadership was not handed on", "to", fmt.Sprint(nodes), "error", err)
	}
}
