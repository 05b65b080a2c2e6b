package engine

import (
	"sync"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
	"github.com/prometheus/client_golang/prometheus"
)

// Bounds on the size and cost of one collection of metrics.
const (
	gaugedTypes  = 500 // workflow types in order of first use; later ones share the label otherTypes
	gaugedQueues = 500 // queues by name; later ones are not shown
	otherTypes   = "(other)"
)

// figuresMaxAge is how old collected figures may be. Anybody who reaches a node may ask for its
// metrics as often as they like, and every collection reads every queue.
const figuresMaxAge = time.Second

// gauges are metrics of the state itself, read on demand. Every node that has applied the same
// index has the same figures.
type gauges struct {
	log Log
	now func() time.Time

	mu     sync.Mutex // guards the last figures, and is held while they are read
	read   time.Time
	latest []prometheus.Metric
}

var (
	runsGauge = prometheus.NewDesc("aion_runs", "Runs that are kept, by type and status; open ones are running and paused.",
		[]string{"namespace", "workflow_type", "status"}, nil)
	queueTasks = prometheus.NewDesc("aion_queue_tasks", "Tasks of a queue: offered to workers, waiting for their next attempt, or leased.",
		[]string{"namespace", "queue", "state"}, nil)
	queueOldest = prometheus.NewDesc("aion_queue_oldest_seconds", "How long the oldest task that a worker may take has been offered; 0 without any.",
		[]string{"namespace", "queue"}, nil)
	scheduleLate = prometheus.NewDesc("aion_schedule_late_seconds", "How long the first schedule to fire has been due; 0 while none is.", nil, nil)
	runsStarted  = prometheus.NewDesc("aion_runs_started_total", "Runs that were ever started, by callers, schedules, parents and continuations. Every node tells the same.", nil, nil)
	versionGauge = prometheus.NewDesc("aion_versions", "Loaded versions, by type and by what they are to it: staged, canary, routed, draining, drained.",
		[]string{"namespace", "workflow_type", "state"}, nil)
	jobsGauge = prometheus.NewDesc("aion_jobs", "Jobs: closings of trees that were too large for one entry, and are not done yet.", nil, nil)
	timerLate = prometheus.NewDesc("aion_timer_late_seconds", "How long the first timer to fire has been due; 0 while none is.", nil, nil)
)

// Describe implements prometheus.Collector.
func (g *gauges) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{runsGauge, queueTasks, queueOldest, scheduleLate, timerLate, runsStarted, versionGauge, jobsGauge} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (g *gauges) Collect(to chan<- prometheus.Metric) {
	g.mu.Lock()
	if at := g.now(); g.latest == nil || at.Sub(g.read) >= figuresMaxAge {
		g.read, g.latest = at, g.readFigures(history.At(at))
	}
	latest := g.latest
	g.mu.Unlock()
	for _, m := range latest {
		to <- m
	}
}

// readFigures reads the figures from the state.
func (g *gauges) readFigures(now history.Time) (metrics []prometheus.Metric) {
	var counts []fsm.RunCount
	var queues []rows.Queue
	oldest := map[string]history.Time{}
	var timer, schedule history.Time
	var started, jobs uint64
	names, versions := &typeNames{}, map[versionRow]uint64{}
	g.log.View(func(v fsm.View) {
		counts = v.CountRuns(fsm.RunFilter{})
		queues = v.Queues("", gaugedQueues)
		for _, q := range queues {
			if at, ok := v.OldestOffer(q.Name); ok {
				oldest[q.Name] = at
			}
		}
		timer, _ = v.NextTimer()
		schedule, _ = v.NextSchedule()
		started, jobs = v.Started(), v.JobCount()
		for _, p := range v.Catalog().Packages() {
			facts, ok := v.VersionFacts(p.Version)
			for i := range facts.Members {
				if ok && i < len(p.Members) {
					versions[versionRow{names.label(p.Members[i].Type), facts.Members[i].State}]++
				}
			}
		}
	})
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		metrics = append(metrics, prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...))
	}
	since := func(at history.Time) float64 {
		if at == 0 || at > now {
			return 0
		}
		return now.Sub(at).Seconds()
	}
	type row struct {
		typ    string
		status history.Status
	}
	runs := map[row]uint64{}
	for _, c := range counts {
		runs[row{names.label(c.Type), c.Status}] += c.Count
	}
	for r, n := range runs {
		space, typ := labels(r.typ)
		gauge(runsGauge, float64(n), space, typ, r.status.String())
	}
	for r, n := range versions {
		space, typ := labels(r.typ)
		gauge(versionGauge, float64(n), space, typ, r.state.String())
	}
	metrics = append(metrics, prometheus.MustNewConstMetric(runsStarted, prometheus.CounterValue, float64(started)))
	gauge(jobsGauge, float64(jobs))
	for _, q := range queues {
		space, name := labels(q.Name)
		gauge(queueTasks, float64(q.Offered), space, name, "offered")
		gauge(queueTasks, float64(q.Backoff), space, name, "backoff")
		gauge(queueTasks, float64(q.Leased), space, name, "leased")
		gauge(queueOldest, since(oldest[q.Name]), space, name)
	}
	gauge(scheduleLate, since(schedule))
	gauge(timerLate, since(timer))
	return metrics
}

// versionRow labels versions.
type versionRow struct {
	typ   string
	state rows.VersionState
}

// labels are the namespace and the name by which metrics show a type or a queue. What stands for
// many types is of no namespace.
func labels(stored string) (space, name string) {
	if stored == otherTypes {
		return "", stored
	}
	space, name = namespace.Split(stored)
	return namespace.Shown(space), name
}

// typeNames bounds the number of workflow types that label metrics.
type typeNames struct {
	mu   sync.Mutex // guards seen
	seen map[string]bool
}

func (n *typeNames) label(typ string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case n.seen[typ]:
	case len(n.seen) == gaugedTypes:
		return otherTypes
	case n.seen == nil:
		n.seen = map[string]bool{typ: true}
	default:
		n.seen[typ] = true
	}
	return typ
}

// closings counts the runs that have closed since this node started, on whichever node that
// happened.
type closings struct {
	count *prometheus.CounterVec
	names typeNames
}

func newClosings() *closings {
	return &closings{count: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "aion_runs_closed_total", Help: "Runs that closed since this node started, by type and status. Every node counts all of them, but for those that a snapshot brought.",
	}, []string{"namespace", "workflow_type", "status"})}
}

// closed counts one WorkflowClosed event of the feed.
func (c *closings) closed(typ string, status history.Status) {
	if typ == "" { // deleted since
		typ = otherTypes
	}
	space, name := labels(c.names.label(typ))
	c.count.WithLabelValues(space, name, status.String()).Inc()
}
