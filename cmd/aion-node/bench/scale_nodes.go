package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"aion.dev/aion/internal/freeport"

	"aion.dev/aion/transport/client"
)

// restartOne stops a node and starts it again, again and again.
func restartOne(ctx context.Context, m *scaling, _ *ScalePoint) ([]*tally, error) {
	stops, starts := &tally{}, &tally{}
	for range m.Settings.Repeats {
		leader, err := m.own.leader(ctx)
		if err != nil {
			return nil, err
		}
		p := m.own.nodes[0]
		if p == leader {
			p = m.own.nodes[len(m.own.nodes)-1]
		}
		began := time.Now()
		if err := p.stop(); err != nil {
			return nil, err
		}
		stops.add(time.Since(began))
		took, err := m.startTimed(ctx, p)
		if err != nil {
			return nil, err
		}
		starts.add(took)
	}
	return []*tally{stops, starts}, nil
}

// crashLeader kills the leader and starts a run at the same moment, again and again. The caller
// knows all nodes and repeats its call.
func crashLeader(ctx context.Context, m *scaling, _ *ScalePoint) ([]*tally, error) {
	failovers, starts := &tally{}, &tally{}
	for range m.Settings.Repeats {
		leader, err := m.own.leader(ctx)
		if err != nil {
			return nil, err
		}
		if _, err := m.client.Start(ctx, m.closedRun(0)); err != nil {
			return nil, fmt.Errorf("a start before the kill: %w", err)
		}
		began := time.Now()
		leader.kill()
		only := len(m.own.nodes) == 1
		if only {
			if err := m.own.start(leader); err != nil {
				return nil, err
			}
		}
		var ready time.Duration
		var all sync.WaitGroup
		var readyErr error
		if only {
			all.Go(func() {
				readyErr = m.own.readyOne(ctx, leader)
				ready = time.Since(began)
			})
		}
		_, err = m.client.Start(ctx, m.closedRun(0))
		failovers.add(time.Since(began))
		all.Wait()
		if err == nil && !only {
			ready, readyErr = m.startTimed(ctx, leader)
		}
		if err := errors.Join(err, readyErr); err != nil {
			return nil, err
		}
		starts.add(ready)
		if err := m.own.ready(ctx); err != nil {
			return nil, err
		}
	}
	return []*tally{failovers, starts}, nil
}

// restartAll stops all nodes and starts them again.
func restartAll(ctx context.Context, m *scaling, _ *ScalePoint) ([]*tally, error) {
	t := &tally{}
	for range m.Settings.Repeats {
		var all sync.WaitGroup
		stopped := make(chan error, len(m.own.nodes))
		for _, p := range m.own.nodes {
			all.Go(func() { stopped <- p.stop() })
		}
		all.Wait()
		close(stopped)
		for err := range stopped {
			if err != nil {
				return nil, err
			}
		}
		began := time.Now()
		if err := m.own.startAll(ctx); err != nil {
			return nil, err
		}
		t.add(time.Since(began))
	}
	return []*tally{t}, nil
}

// startTimed starts a node and returns how long it takes until it is ready.
func (m *scaling) startTimed(ctx context.Context, p *process) (time.Duration, error) {
	began := time.Now()
	if err := m.own.start(p); err != nil {
		return 0, err
	}
	err := m.own.readyOne(ctx, p)
	return time.Since(began), err
}

// joinEmpty starts a node without data, waits until it has what the leader had committed then, and
// removes it again. Nodes get no vote while this measures: see Scale.Run.
func joinEmpty(ctx context.Context, m *scaling, p *ScalePoint) (_ []*tally, err error) {
	leader, err := m.own.leader(ctx)
	if err != nil {
		return nil, err
	}
	g, err := scrape(ctx, m.own.http, "http://"+leader.http)
	if err != nil {
		return nil, err
	}
	ports, err := freeport.Take(portsOfNode)
	if err != nil {
		return nil, err
	}
	joiner := m.own.node(joinerPrefix+client.NewRequestID()[:8], ports, 0) // a removed id never returns
	defer func() {
		joiner.kill()
		err = errors.Join(err, m.forgetJoiners(ctx))
	}()
	took, err := m.startTimed(ctx, joiner)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	err = m.own.retry(ctx, func() error {
		has, err := scrape(ctx, m.own.http, "http://"+joiner.http)
		if err == nil && has[gaugeApplied] < g[gaugeApplied] {
			err = fmt.Errorf("it has %v of %v entries", has[gaugeApplied], g[gaugeApplied])
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	t := &tally{}
	t.add(took + time.Since(began))
	d, err := diskOf(joiner.data())
	p.JoinedBySnapshot = d.Snapshots > 0
	return []*tally{t}, err
}

const joinerPrefix = "joiner-"

// forgetJoiners removes nodes that joined from the cluster, and their data, also of one whose
// measurement was cut off. It works although ctx has ended.
func (m *scaling) forgetJoiners(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyWithin)
	defer cancel()
	status, err := m.client.Cluster(ctx)
	if err != nil {
		return err
	}
	for _, member := range status.Members {
		if strings.HasPrefix(member.ID, joinerPrefix) {
			_, gone := m.client.Remove(ctx, member.ID)
			err = errors.Join(err, gone)
		}
	}
	left, globbed := filepath.Glob(filepath.Join(m.Folder, joinerPrefix+"*"))
	err = errors.Join(err, globbed)
	for _, path := range left {
		err = errors.Join(err, os.RemoveAll(path))
	}
	return err
}

// add notes how long something took.
func (t *tally) add(took time.Duration) { t.latencies = append(t.latencies, took) }
