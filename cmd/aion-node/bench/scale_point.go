package bench

import (
	"context"
	"fmt"
	"slices"
)

// point fills the cluster and measures it.
func (m *scaling) point(ctx context.Context, step ScaleStep) (*ScalePoint, error) {
	p := &ScalePoint{Step: step}
	cost, err := m.fill(ctx, step)
	if err != nil {
		return nil, fmt.Errorf("fill it: %w", err)
	}
	if cost != nil {
		m.filled[step.String()] = cost
		if err := m.save(); err != nil {
			return nil, err
		}
	}
	p.Filled = m.filled[step.String()]
	if p.Open, p.Closed, err = m.counted(ctx); err != nil {
		return nil, err
	}
	m.rest(ctx, p)
	before := m.meter.read(ctx)
	for _, g := range scaleGroups {
		if !g.calls && before.nodes != nil {
			u := usage{}
			u.add(before, m.meter.read(ctx))
			p.Others, before.nodes = rounded(u.others, 3), nil
		}
		tallies, err := g.measure(ctx, m, p)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", g.lines[0].Row, err)
		}
		for i, t := range tallies {
			w := t.waited(g.lines[i].Row)
			p.Lines = append(p.Lines, w)
			m.Progress(fmt.Sprintf("%s: %s: %s", step, w.Line, milliseconds(w.P50)))
		}
	}
	return p, m.restRestarted(ctx, p)
}

// rest notes what memory the nodes take that were just filled.
func (m *scaling) rest(ctx context.Context, p *ScalePoint) {
	now := m.meter.read(ctx)
	for _, n := range m.own.nodes {
		g := now.nodes[n.name]
		p.Nodes = append(p.Nodes, Rest{Node: n.name, Leader: g[gaugeLeader] == 1, Memory: g[gaugeMemory], Peak: n.peak()})
	}
}

// restRestarted notes what memory and disk the nodes take that were just restarted: the state is
// all on disk then.
func (m *scaling) restRestarted(ctx context.Context, p *ScalePoint) error {
	if err := m.settle(ctx); err != nil {
		return err
	}
	now := m.meter.read(ctx)
	for i, n := range m.own.nodes {
		p.Nodes[i].Restarted = now.nodes[n.name][gaugeMemory]
		var err error
		if p.Nodes[i].Disk, err = diskOf(n.data()); err != nil {
			return err
		}
	}
	return nil
}

// waited makes a line of what was timed.
func (t *tally) waited(line string) Waited {
	slices.Sort(t.latencies)
	w := Waited{Line: line, Count: len(t.latencies), Errors: t.failed, P50: quantile(t.latencies, 0.5), P99: quantile(t.latencies, 0.99), Max: quantile(t.latencies, 1)}
	if t.first != nil {
		w.FirstError = t.first.Error()
	}
	return w
}
