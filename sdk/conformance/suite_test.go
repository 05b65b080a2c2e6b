package conformance_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// sdk is one SDK: the command of its driver.
type sdk struct {
	name    string
	command []string
	env     []string
}

// TestConformance plays every scenario with every SDK, against real nodes.
func TestConformance(t *testing.T) {
	all := scenarios(t)
	for _, s := range []struct {
		name   string
		driver func(t *testing.T) sdk
	}{
		{"go", goSDK},
		{"python", func(t *testing.T) sdk { return pythonSDK(t) }},
		{"python-async", func(t *testing.T) sdk { return pythonSDK(t, "async") }},
		{"typescript", typescriptSDK},
	} {
		t.Run(s.name, func(t *testing.T) {
			driver := s.driver(t)
			shared := newCluster(t, 1)
			t.Run("scenarios", func(t *testing.T) {
				for _, c := range all {
					t.Run(c.name, func(t *testing.T) {
						if c.Nodes > 1 && testing.Short() {
							t.Skip("SKIPPED: a cluster of several nodes takes long")
						}
						t.Parallel()
						perform(t, driver, c, shared)
					})
				}
			})
		})
	}
}

func goSDK(*testing.T) sdk {
	return sdk{name: "go", command: []string{filepath.Join(binaries, "godriver")}}
}

// performance is a scenario under way.
type performance struct {
	t       *testing.T
	cluster *cluster
	driver  *driver
	other   *driver // a second process, with the Go SDK
	fronts  map[string]*front
	kept    map[string]any
	pending map[string]func() // steps in the background, by name
}

// perform plays a scenario with one SDK.
func perform(t *testing.T, s sdk, c scenario, shared *cluster) {
	p := &performance{t: t, cluster: shared, fronts: map[string]*front{}, kept: map[string]any{}, pending: map[string]func(){}}
	switch {
	case c.Secured:
		p.cluster = newSecured(t)
	case c.Nodes > 0:
		p.cluster = newCluster(t, c.Nodes)
	}
	space := strings.ReplaceAll(c.name, "_", "-")
	p.cluster.namespace(t, space)
	open := map[string]any{"addresses": p.cluster.addresses, "namespace": space, "token": p.cluster.token, "ca_file": p.cluster.caFile}
	if len(c.Fronts) > 0 {
		var addresses []string
		for _, name := range c.Fronts {
			p.fronts[name] = newFront(t, p.cluster.addresses[0])
			addresses = append(addresses, p.fronts[name].address)
		}
		open["addresses"] = addresses
	}
	open["patience"] = "20s"
	if c.Patience > 0 {
		open["patience"] = time.Duration(c.Patience).String()
	}
	p.driver = newDriver(t, s, open)
	for i, step := range c.Steps {
		p.play(fmt.Sprintf("step %d (%s)", i, step.Do), step)
		if t.Failed() {
			return
		}
	}
	for name := range p.pending {
		t.Errorf("nothing waits for the step %q", name)
	}
}

// play carries out one step, and compares what came of it.
func (p *performance) play(title string, s step) {
	p.t.Helper()
	with, _ := fill(s.With, p.kept).(map[string]any)
	within := cmp.Or(time.Duration(s.Within), patient)
	switch s.By {
	case "suite":
		p.act(title, s, with)
		return
	case "other":
		if p.other == nil {
			p.other = newDriver(p.t, goSDK(p.t), p.driver.open)
		}
		p.compare(title, s, p.other.ask(s.Do, with, within))
	case "", "driver":
		wait := p.driver.ask(s.Do, with, within)
		if s.Background != "" {
			p.pending[s.Background] = func() { p.compare(title, s, wait) }
			return
		}
		p.compare(title, s, wait)
	default:
		p.t.Fatalf("%s: who is %q?", title, s.By)
	}
}

// compare waits for what came of a step, keeps of it what later steps need, and compares it with
// what the step wants.
func (p *performance) compare(title string, s step, wait func() (answer, error)) {
	p.t.Helper()
	a, err := wait()
	if err != nil {
		p.t.Fatalf("%s: %v", title, err)
	}
	want, got := s.See, a.OK
	if s.Fails != nil {
		want, got = s.Fails, a.Error
	}
	if s.Fails == nil && a.Error != nil || s.Fails != nil && a.Error == nil {
		p.t.Fatalf("%s: ended with %s, want %s", title, text(a), text(want))
	}
	for name, path := range s.Keep {
		value, err := at(got, path)
		if err != nil {
			p.t.Fatalf("%s: keep: %v in %s", title, err, text(got))
		}
		p.kept[name] = value
	}
	if want == nil {
		return
	}
	if where := match("see", fill(want, p.kept), got); where != "" {
		p.t.Fatalf("%s: %s\nall of it: %s", title, where, text(got))
	}
}

// act is what the suite itself does.
func (p *performance) act(title string, s step, with map[string]any) {
	p.t.Helper()
	var w struct {
		Front, Mode, Path, Name string
		Count                   int
		For                     duration
	}
	b, err := json.Marshal(with)
	if err == nil {
		err = json.Unmarshal(b, &w)
	}
	if err != nil {
		p.t.Fatalf("%s: %v", title, err)
	}
	switch s.Do {
	case "front":
		err = p.fronts[w.Front].set(w.Mode, w.Path, w.Count)
	case "requests":
		f := p.fronts[w.Front]
		f.mu.Lock()
		got := map[string]any{"count": float64(f.calls[w.Path])}
		f.mu.Unlock()
		if where := match("see", s.See, got); where != "" {
			p.t.Errorf("%s: %s", title, where)
		}
	case "sleep":
		time.Sleep(time.Duration(w.For))
	case "await":
		pending := p.pending[w.Name]
		if pending == nil {
			p.t.Fatalf("%s: there is no step %q", title, w.Name)
		}
		delete(p.pending, w.Name)
		pending()
	case "freeze":
		err = p.driver.cmd.Process.Signal(syscall.SIGSTOP)
	case "thaw":
		err = p.driver.cmd.Process.Signal(syscall.SIGCONT)
	case "crash":
		p.driver.kill()
		p.driver.begin()
	case "reopen_client":
		p.driver.reopen(with)
	case "kill_leader":
		err = p.cluster.killLeader(p.t.Context())
	default:
		p.t.Fatalf("%s: the suite cannot do that", title)
	}
	if err != nil {
		p.t.Fatalf("%s: %v", title, err)
	}
}
