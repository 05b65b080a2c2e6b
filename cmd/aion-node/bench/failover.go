package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"aion.dev/aion/transport/client"
)

// Failover measures how long nobody can write when a leader is killed, and whether anything is
// noticed of a machine at full load and of a rolling restart.
type Failover struct {
	Settings FailoverSettings
	Own      *Own // three nodes
	Version  string
	Progress func(line string)
}

// failing is a measurement under way.
type failing struct {
	*Failover
	report  *FailoverReport
	patient *client.Client // an ordinary caller: it repeats what may be repeated
	hasty   *client.Client // makes each call once
	meter   *meter
	version string // of the package with the workflows
}

// failoverPause is how long each caller rests between two writes: they are to notice what happens,
// and not to be the load.
const failoverPause = 5 * time.Millisecond

// Run measures. The report is valid as far as it goes, also with an error.
func (f *Failover) Run(ctx context.Context) (*FailoverReport, error) {
	r := &FailoverReport{Version: f.Version, At: time.Now().UTC().Truncate(time.Second), Settings: f.Settings}
	m := &failing{Failover: f, report: r}
	var err error
	if r.Machine, err = describeMachine(f.Own.dir); err != nil {
		return r, err
	}
	if err := m.prepare(ctx); err != nil {
		return r, err
	}
	defer m.patient.Close()
	defer m.hasty.Close()
	if f.Settings.Kills > 0 {
		if r.Kills, err = m.killLeaders(ctx); err != nil {
			return r, fmt.Errorf("kill leaders: %w", err)
		}
	}
	if f.Settings.Busy > 0 {
		if r.Busy, err = m.burn(ctx); err != nil {
			return r, fmt.Errorf("burn the processors: %w", err)
		}
	}
	if f.Settings.Restarts > 0 {
		if r.Restarts, err = m.restartRolling(ctx); err != nil {
			return r, fmt.Errorf("restart each node: %w", err)
		}
	}
	return r, ctx.Err()
}

// prepare makes the clients, and loads what callers start.
func (m *failing) prepare(ctx context.Context) (err error) {
	nodes := map[string]string{}
	for _, p := range m.Own.nodes {
		nodes[p.name] = "http://" + p.http
	}
	m.meter = newMeter(m.Own.http, nodes)
	m.meter.here = true
	if m.patient, err = client.New(client.Config{Addresses: m.Own.Addresses(), Patience: time.Minute}); err != nil {
		return err
	}
	if m.hasty, err = client.New(client.Config{Addresses: m.Own.Addresses(), Patience: -1}); err != nil {
		return err
	}
	p, err := packageOf(prefix + client.NewRequestID()[:8])
	if err != nil {
		return err
	}
	l := loads{client: m.patient}
	m.version = p.version
	return l.load(ctx, p)
}

// write starts a run that does nothing.
func (m *failing) write(ctx context.Context, c *client.Client, key string) error {
	s := session{version: m.version}
	_, err := c.Start(ctx, s.request("noop"), client.RequestID(key))
	return err
}

// killLeaders kills the leader with SIGKILL, again and again, while callers write, and writes at
// the same moment: as an ordinary caller, which knows all nodes and repeats its call. Each killed
// node is back before the next kill.
func (m *failing) killLeaders(ctx context.Context) (*Killed, error) {
	t := &tally{}
	load := m.startCallers(ctx)
	defer load.stop()
	for i := range m.Settings.Kills {
		leader, err := m.Own.leader(ctx)
		if err != nil {
			return nil, err
		}
		if err := m.write(ctx, m.patient, client.NewRequestID()); err != nil {
			return nil, fmt.Errorf("a write before kill %d: %w", i+1, err)
		}
		key, began := client.NewRequestID(), time.Now()
		leader.kill()
		t.call(ctx, func(ctx context.Context) error { return m.write(ctx, m.patient, key) }, began)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		m.Progress(fmt.Sprintf("kill %d of %d: %s", i+1, m.Settings.Kills, milliseconds(quantile(t.latencies[len(t.latencies)-1:], 1))))
		if err := errors.Join(m.Own.start(leader), m.Own.ready(ctx)); err != nil {
			return nil, err
		}
	}
	k := &Killed{Written: load.stop()}
	k.EachMS = []float64{}
	for _, d := range t.latencies { // in their order
		k.EachMS = append(k.EachMS, quantile([]time.Duration{d}, 1))
	}
	k.Gap = t.waited("kill")
	return k, nil
}

// burn burns every processor of the machine, and looks whether anybody stood for election.
func (m *failing) burn(ctx context.Context) (*Burnt, error) {
	b := &Burnt{}
	var err error
	if b.TermBefore, b.LeaderBefore, err = m.term(ctx); err != nil {
		return nil, err
	}
	load := m.startCallers(ctx)
	defer load.stop()
	cool := burnProcessors(m.report.Machine.Cores)
	before, began := m.meter.read(ctx), time.Now()
	until := time.NewTicker(min(m.Settings.Busy, 10*time.Second))
	defer until.Stop()
	for time.Since(began) < m.Settings.Busy && ctx.Err() == nil {
		select {
		case <-until.C:
			term, leader, err := m.term(ctx)
			if err == nil {
				m.Progress(fmt.Sprintf("all processors burnt for %s: term %d, %s leads", time.Since(began).Round(time.Second), term, leader))
			}
		case <-ctx.Done():
		}
	}
	after := m.meter.read(ctx)
	b.Seconds = rounded(time.Since(began).Seconds(), 1)
	cool()
	b.Written = load.stop()
	if all := after.machine.all - before.machine.all; all > 0 {
		b.Busy = rounded((after.machine.busy-before.machine.busy)/all, 3)
	}
	if b.TermAfter, b.LeaderAfter, err = m.term(ctx); err != nil {
		return nil, err
	}
	b.Elections = int(b.TermAfter - b.TermBefore)
	return b, ctx.Err()
}

// term returns the highest term that a node knows, and who leads.
func (m *failing) term(ctx context.Context) (term uint64, leader string, err error) {
	p, err := m.Own.leader(ctx)
	if err != nil {
		return 0, "", err
	}
	for _, g := range m.meter.read(ctx).nodes {
		term = max(term, uint64(g[gaugeTerm]))
	}
	return term, p.name, nil
}

// restartRolling restarts each node in order, those that follow first, as one does for an upgrade:
// it ends one, starts it, and waits until it is ready.
func (m *failing) restartRolling(ctx context.Context) (*Rolled, error) {
	r := &Rolled{}
	took := &tally{}
	load := m.startCallers(ctx)
	defer load.stop()
	for i := range m.Settings.Restarts {
		leader, err := m.Own.leader(ctx)
		if err != nil {
			return nil, err
		}
		var order []*process
		for _, p := range m.Own.nodes {
			if p != leader {
				order = append(order, p)
			}
		}
		for _, p := range append(order, leader) {
			began := time.Now()
			if err := errors.Join(p.stop(), m.Own.start(p), m.Own.readyOne(ctx, p)); err != nil {
				return nil, err
			}
			took.add(time.Since(began))
			r.Nodes++
		}
		m.Progress(fmt.Sprintf("rolling restart %d of %d: %s", i+1, m.Settings.Restarts, load))
	}
	r.Restart = took.waited("restart")
	r.Written = load.stop()
	return r, nil
}
