package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"aion.dev/aion/transport/client"
)

// Bench is one measurement.
type Bench struct {
	Settings Settings
	Connect  func(addresses []string) (*client.Client, error) // a new client; without addresses those of the command line
	HTTP     *http.Client                                     // for /metrics
	Own      *Own                                             // the cluster that was started for it; nil = Connect knows another
	Progress func(line string)
	Version  string // of this binary
}

// session is what rows share. Its client is another one for each round.
type session struct {
	settings Settings
	own      *Own
	client   *client.Client
	meter    *meter
	loads    loads
	version  string // of the package with the workflows
	routed   string // type whose route was set
}

// Run measures. If ctx ends, or a row cannot be measured, what was put into the cluster is removed
// all the same. The report is valid as far as it goes, also with an error.
func (b *Bench) Run(ctx context.Context) (*Report, error) {
	report := &Report{Version: b.Version, At: time.Now().UTC().Truncate(time.Second), Results: []Result{}, NotMeasured: []NotDone{}, Left: []string{}}
	report.Settings = Told{b.Settings.Callers, b.Settings.Duration.String(), b.Settings.Rounds, b.Settings.Workers, b.Settings.Kills, string(b.Settings.Face)}
	where := ""
	if b.Own != nil {
		where = b.Own.dir
	}
	var err error
	if report.Machine, err = describeMachine(where); err != nil {
		return report, err
	}
	s := &session{settings: b.Settings, own: b.Own}
	if err := b.connect(s); err != nil {
		return report, err
	}
	defer func() { s.client.Close() }()
	if report.Cluster, s.meter, err = b.explore(ctx, s.client); err != nil {
		return report, err
	}
	queue := prefix + client.NewRequestID()[:8]
	p, err := packageOf(queue)
	if err != nil {
		return report, err
	}
	if err = s.loads.load(ctx, p); err == nil {
		s.version = p.version
		err = b.measure(ctx, s, queue, report)
	}
	if b.Own == nil { // its own cluster is thrown away whole
		report.Left = s.tidy(ctx)
	}
	return report, err
}

// connect makes the callers' client: in a cluster of its own it asks the leader first.
func (b *Bench) connect(s *session) error {
	var addresses []string
	if b.Own != nil {
		addresses = b.Own.Addresses()
	}
	c, err := b.Connect(addresses)
	if err != nil {
		return err
	}
	if s.client != nil {
		s.client.Close()
	}
	s.client, s.loads.client = c, c
	return nil
}

// course is a measurement under way: what its rounds share.
type course struct {
	*Bench
	*session
	report  *Report
	queue   string
	rows    []*row
	samples map[place][]Sample
	failed  map[place]bool
}

// place is a line of the table.
type place struct {
	row     *row
	callers int
}

// measure measures all rows in each round.
func (b *Bench) measure(ctx context.Context, s *session, queue string, report *Report) error {
	c := &course{Bench: b, session: s, report: report, queue: queue, rows: b.chosen(report), samples: map[place][]Sample{}, failed: map[place]bool{}}
	for i := range b.Settings.Rounds {
		if err := c.round(ctx, fmt.Sprintf("round %d of %d", i+1, b.Settings.Rounds)); err != nil {
			return err
		}
	}
	for _, r := range c.rows {
		for _, callers := range r.callers(b.Settings) {
			if list := c.samples[place{r, callers}]; len(list) > 0 {
				report.Results = append(report.Results, combine(r, callers, list))
			}
		}
	}
	return nil
}

// round measures all rows once. It has workers and clients of its own, because another node may
// lead now.
func (c *course) round(ctx context.Context, name string) error {
	if err := c.connect(c.session); err != nil {
		return err
	}
	stop, err := c.startWorkers(ctx, c.session, c.queue, c.rows)
	if err != nil {
		return err
	}
	defer stop()
	for _, r := range c.rows {
		for _, callers := range r.callers(c.Settings) {
			at := place{r, callers}
			if c.failed[at] {
				continue
			}
			doing := fmt.Sprintf("%s: %s with %s: ", name, r.name, counted(callers, "caller"))
			sample, err := c.one(ctx, at)
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case err != nil:
				c.failed[at] = true
				c.report.NotMeasured = append(c.report.NotMeasured, NotDone{r.name, callers, err.Error()})
				c.Progress(doing + "not measured: " + err.Error())
			default:
				c.samples[at] = append(c.samples[at], *sample)
				c.Progress(doing + figure(sample.PerSecond) + "/s, p50 " + milliseconds(sample.P50))
			}
		}
	}
	return nil
}

// one measures a line once, and waits until its runs have ended.
func (c *course) one(ctx context.Context, at place) (*Sample, error) {
	sample, err := at.row.measure(ctx, c.session, at.callers)
	if err == nil {
		err = c.awaitRunsEnded(ctx)
	}
	if err == nil && sample.Runs == 0 {
		err = errors.New(sample.FirstError)
	}
	return sample, err
}

// callers returns the numbers of callers with which a row is measured.
func (r *row) callers(s Settings) []int {
	if r.fixed > 0 {
		return []int{r.fixed}
	}
	return s.Callers
}

// chosen returns the rows to measure, and reports which cannot be measured on this cluster.
func (b *Bench) chosen(report *Report) (list []*row) {
	for i := range rows {
		r := &rows[i]
		if len(b.Settings.Rows) > 0 && !slices.Contains(b.Settings.Rows, r.name) {
			continue
		}
		if r.kills && (b.Own == nil || len(b.Own.nodes) < 3) {
			report.NotMeasured = append(report.NotMeasured, NotDone{Row: r.name, Why: "it kills leaders, so it needs --nodes 3"})
			continue
		}
		list = append(list, r)
	}
	return list
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
