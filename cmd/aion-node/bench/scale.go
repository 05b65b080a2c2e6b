package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"aion.dev/aion/internal/freeport"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// Scale measures what becomes of a cluster as it fills: it starts nodes of its own, and fills and
// measures them step by step.
type Scale struct {
	Settings   ScaleSettings
	Executable string // of the nodes
	Folder     string // for their data, and for what was measured so far
	Version    string // of this binary
	Progress   func(line string)
}

// scalePatience bounds each wait for nodes: they may have much to read, to send and to apply.
const scalePatience = 30 * time.Minute

// scaling is a measurement under way.
type scaling struct {
	*Scale
	report  *ScaleReport
	own     *Own
	client  *client.Client
	meter   *meter
	version string             // of the package with the workflows
	filled  map[string]*Filled // what filling cost, by step, also of steps whose measurement was interrupted
}

// scaleFile is what a measurement leaves in its folder: with the nodes' data it is enough to go on.
const scaleFile = "scale.json"

type scaleSaved struct {
	Ports  []string           `json:"ports"`
	Filled map[string]*Filled `json:"filled"`
	Report *ScaleReport       `json:"report"`
}

// Run measures. It goes on with what an interrupted one has left in the folder; when all is done it
// removes everything of it. The report is valid as far as it goes, also with an error; nil means
// that nothing was begun.
func (s *Scale) Run(ctx context.Context) (*ScaleReport, error) {
	m := &scaling{Scale: s}
	ports, err := m.open()
	if err != nil {
		return nil, err
	}
	flags := []string{"--promote-after", "24h"} // so that the nodes that join never vote
	if s.Settings.LogBytes > 0 {
		flags = append(flags, "--raft-log-bytes", fmt.Sprint(s.Settings.LogBytes))
	}
	m.own = layOut(s.Executable, s.Folder, ports, flags...)
	m.own.patience = scalePatience
	defer m.own.kill()
	s.Progress("starting " + counted(s.Settings.Nodes, "node"))
	if err := m.own.startAll(ctx); err != nil {
		return m.report, err
	}
	if err := m.prepare(ctx); err != nil {
		return m.report, err
	}
	defer m.client.Close()
	if err := m.all(ctx); err != nil {
		return m.report, err
	}
	m.own.kill()
	return m.report, m.remove()
}

// all makes what was not made yet.
func (m *scaling) all(ctx context.Context) error {
	for _, step := range m.Settings.steps() {
		if slices.ContainsFunc(m.report.Points, func(p ScalePoint) bool { return p.Step == step }) {
			continue
		}
		p, err := m.point(ctx, step)
		if err != nil {
			return fmt.Errorf("%s: %w", step, err)
		}
		m.report.Points = append(m.report.Points, *p)
		if err := m.save(); err != nil {
			return err
		}
	}
	if m.Settings.Retention && m.report.Retention == nil {
		purged, err := m.purge(ctx)
		if err != nil {
			return fmt.Errorf("retention: %w", err)
		}
		m.report.Retention = purged
		return m.save()
	}
	return nil
}

// open reads what is in the folder, or begins it, and returns the ports of the nodes.
func (m *scaling) open() ([]string, error) {
	text, err := os.ReadFile(filepath.Join(m.Folder, scaleFile))
	if err == nil {
		var saved scaleSaved
		if err := json.Unmarshal(text, &saved); err != nil || saved.Report == nil || len(saved.Ports) == 0 {
			return nil, fmt.Errorf("%s holds no measurement that could go on: %w", m.Folder, err)
		}
		was := saved.Report.Settings
		if was.Nodes != m.Settings.Nodes || was.LogBytes != m.Settings.LogBytes {
			return nil, mistake("dir", "%s holds a measurement of %s with --log-bytes %d, which can only go on as such", m.Folder, counted(was.Nodes, "node"), was.LogBytes)
		}
		m.report, m.filled = saved.Report, saved.Filled
		m.report.Settings = m.Settings
		if !slices.Contains(strings.Split(m.report.Version, ", "), m.Version) {
			m.report.Version += ", " + m.Version
		}
		m.Progress(fmt.Sprintf("going on with %s, %s measured", m.Folder, counted(len(m.report.Points), "size")))
		return saved.Ports, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if err := os.MkdirAll(m.Folder, 0o755); err != nil {
		return nil, err
	}
	m.report = &ScaleReport{Version: m.Version, At: time.Now().UTC().Truncate(time.Second), Settings: m.Settings, Points: []ScalePoint{}}
	if m.report.Machine, err = describeMachine(m.Folder); err != nil {
		return nil, err
	}
	ports, err := freeport.Take(portsOfNode * m.Settings.Nodes)
	if err != nil {
		return nil, err
	}
	m.filled = map[string]*Filled{}
	return ports, m.write(ports)
}

func (m *scaling) save() error { return m.write(m.own.ports) }

func (m *scaling) write(ports []string) error {
	text, err := json.Marshal(scaleSaved{ports, m.filled, m.report})
	if err != nil {
		return err
	}
	path := filepath.Join(m.Folder, scaleFile)
	if err := os.WriteFile(path+".new", text, 0o666); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// remove removes what the measurement has put into the folder.
func (m *scaling) remove() error {
	errs := []error{os.Remove(filepath.Join(m.Folder, scaleFile))}
	for _, p := range m.own.nodes {
		errs = append(errs, os.RemoveAll(p.data()), os.Remove(p.log()))
	}
	return errors.Join(errs...)
}

// prepare connects to the nodes and loads the workflows.
func (m *scaling) prepare(ctx context.Context) error {
	p, err := scalePackage()
	if err != nil {
		return err
	}
	m.version = p.version
	if m.client, err = client.New(client.Config{Addresses: m.own.Addresses(), Patience: scalePatience}); err != nil {
		return err
	}
	urls := map[string]string{}
	for _, node := range m.own.nodes {
		urls[node.name] = "http://" + node.http
	}
	m.meter = newMeter(http.DefaultClient, urls)
	m.meter.here = true
	if err := m.forgetJoiners(ctx); err != nil {
		return err
	}
	_, err = m.client.Load(ctx, p.archive, wire.LoadOptions{NoRoute: true, Message: "aion-node bench scale"})
	return err
}

// String is for people.
func (s ScaleStep) String() string {
	if s.Closed == 0 {
		return whole(s.Open) + " open"
	}
	return fmt.Sprintf("%s open, %s closed", whole(s.Open), whole(s.Closed))
}
