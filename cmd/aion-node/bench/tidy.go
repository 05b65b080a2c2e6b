package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"aion.dev/aion/transport/wire"
)

// awaitRunsEnded waits until all runs have ended, so that the next measurement begins with an idle
// cluster.
func (s *session) awaitRunsEnded(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		p, err := s.client.Pins(ctx, prefix+workflows[0], s.version, wire.Page{Limit: 1})
		if err != nil || p.Total == 0 {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%d runs have not ended: %w", p.Total, errors.Join(ctx.Err(), s.terminateAll(context.WithoutCancel(ctx))))
		}
	}
}

// tidyWithin bounds the tidying of a cluster: after an interrupt somebody waits for it.
const tidyWithin = 15 * time.Second

// tidy removes what was put into the cluster: open runs, routes, versions. It returns what is left.
// It works although ctx has ended.
func (s *session) tidy(ctx context.Context) (left []string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyWithin)
	defer cancel()
	if err := s.unroute(ctx); err != nil {
		left = append(left, fmt.Sprintf("the route of %s (aion-node unroute %s): %v", s.routed, s.routed, err))
	}
	for len(s.loads.list) > 0 {
		last := s.loads.list[len(s.loads.list)-1]
		if err := s.unloadUnpinned(ctx); err != nil {
			left = append(left, fmt.Sprintf("version %s of %s (aion-node unload %s %s): %v", last.version[:12], last.typ, last.typ, last.version[:12], err))
			s.loads.list = s.loads.list[:len(s.loads.list)-1]
		}
	}
	return left
}

// unloadUnpinned unloads the newest that was loaded, and terminates the runs that pin it. Calls
// that an interrupt cut off may start more of them meanwhile, so it tries until none does.
func (s *session) unloadUnpinned(ctx context.Context) error {
	for {
		err := s.loads.unload(ctx)
		var p *wire.Problem
		if !errors.As(err, &p) || p.Code != "version_pinned" {
			return err
		}
		if failed := s.terminateAll(ctx); failed != nil {
			return errors.Join(err, failed)
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return err
		}
	}
}

// terminateAll terminates all runs that pin the version.
func (s *session) terminateAll(ctx context.Context) error {
	for {
		p, err := s.client.Pins(ctx, prefix+workflows[0], s.version, wire.Page{Limit: 100})
		if err != nil || len(p.Holders) == 0 {
			return err
		}
		for _, h := range p.Holders {
			_, err := s.client.Terminate(ctx, wire.RunRef{WorkflowID: h.WorkflowID, RunID: h.RunID}, "aion-node bench was ended")
			if err != nil && !refused(err) { // refused: it has ended meanwhile
				return err
			}
		}
	}
}
