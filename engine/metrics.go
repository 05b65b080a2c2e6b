package engine

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the engine's metrics. They are registered only if Config says where.
type metrics struct {
	starts      prometheus.Counter
	turns       prometheus.Counter
	compute     prometheus.Histogram
	commit      prometheus.Histogram
	replayed    prometheus.Counter
	rebuild     prometheus.Histogram
	longest     prometheus.Gauge
	longestNow  atomic.Int64 // nanoseconds
	timers      prometheus.Counter
	scheduled   prometheus.Counter
	purged      prometheus.Counter
	jobClosed   prometheus.Counter
	batchRuns   prometheus.Counter
	quarantined prometheus.Counter
	queries     prometheus.Counter
	resident    prometheus.Gauge
	programs    prometheus.Gauge
	leased      prometheus.Counter
	completed   prometheus.Counter
	failed      prometheus.Counter
	beats       prometheus.Counter
	released    prometheus.Counter
	deferred    prometheus.Counter
	leaseLost   prometheus.Counter
	pollers     prometheus.Gauge
	foreseen    *prometheus.CounterVec
}

func newMetrics() *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "aion", Subsystem: "engine", Name: name, Help: help})
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "aion", Subsystem: "engine", Name: name, Help: help})
	}
	seconds := func(name, help string) prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: "aion", Subsystem: "engine", Name: name, Help: help,
			Buckets: prometheus.ExponentialBuckets(1e-5, 4, 10)})
	}
	return &metrics{
		starts:      counter("starts_total", "Starts acknowledged through this node."),
		turns:       counter("turns_total", "Turns recorded by this node while leading."),
		compute:     seconds("turn_compute_seconds", "Time to compute one turn, replay included."),
		commit:      seconds("turn_commit_seconds", "Time from proposing a turn to its acknowledgement."),
		replayed:    counter("replayed_events_total", "Events shown again to rebuild executions."),
		rebuild:     seconds("rebuild_seconds", "Time to rebuild an execution by showing it its recorded turns."),
		longest:     gauge("rebuild_longest_seconds", "The longest rebuild since this node started."),
		timers:      counter("timers_fired_total", "Timers fired by this node while leading."),
		scheduled:   counter("scheduled_runs_total", "Runs that schedules started while this node led."),
		batchRuns:   counter("batch_runs_total", "Runs that batches dealt with, through this node while leading."),
		jobClosed:   counter("jobs_runs_closed_total", "Runs closed by jobs, because they ended with another, through this node while leading."),
		purged:      counter("runs_purged_total", "Closed runs deleted by retention through this node while leading."),
		quarantined: counter("quarantined_total", "Runs paused because their code broke the runtime."),
		queries:     counter("queries_total", "Queries answered."),
		resident:    gauge("resident_executions", "Executions parked on this node."),
		programs:    gauge("programs_ready", "Loaded versions that this node has compiled."),
		leased:      counter("tasks_leased_total", "Attempts that this node gave to workers."),
		completed:   counter("tasks_completed_total", "Attempts that workers completed."),
		failed:      counter("tasks_failed_total", "Attempts that workers failed."),
		beats:       counter("tasks_heartbeats_total", "Heartbeats that prolonged a lease."),
		deferred:    counter("tasks_deferred_total", "Attempts whose worker let go of them: their outcome comes later."),
		released:    counter("tasks_released_total", "Attempts given back undone."),
		leaseLost:   counter("tasks_lease_lost_total", "Answers of workers that came too late to count."),
		pollers:     gauge("pollers", "Polls of workers that wait for a task."),
		foreseen: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "aion", Subsystem: "engine", Name: "turns_foreseen_total",
			Help: "Turns made before what they follow from was in the log, by what happened: as foreseen and recorded, or otherwise."}, []string{"outcome"}),
	}
}

func (m *metrics) register(r prometheus.Registerer) error {
	for _, c := range []prometheus.Collector{
		m.starts, m.turns, m.compute, m.commit, m.replayed, m.rebuild, m.longest, m.timers, m.scheduled, m.purged, m.jobClosed, m.batchRuns, m.quarantined, m.queries, m.resident, m.programs,
		m.leased, m.completed, m.failed, m.beats, m.released, m.deferred, m.leaseLost, m.pollers, m.foreseen,
	} {
		if err := r.Register(c); err != nil {
			return err
		}
	}
	return nil
}

// computed records how long a turn took to compute.
func (m *metrics) computed(d time.Duration) { m.compute.Observe(d.Seconds()) }

// recorded counts a turn, and records how long recording it took.
func (m *metrics) recorded(d time.Duration) {
	m.turns.Inc()
	m.commit.Observe(d.Seconds())
}

// rebuilt records how long a rebuild took.
func (m *metrics) rebuilt(d time.Duration) {
	m.rebuild.Observe(d.Seconds())
	for {
		longest := m.longestNow.Load()
		if int64(d) <= longest {
			return
		}
		if m.longestNow.CompareAndSwap(longest, int64(d)) {
			m.longest.Set(d.Seconds())
			return
		}
	}
}
