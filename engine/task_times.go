package engine

import (
	"errors"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/internal/lru"
	"github.com/prometheus/client_golang/prometheus"
)

// taskTimes measures activities on the node that leads: how long they wait for a worker, and how
// long workers take. It remembers when attempts were handed out; those of an earlier leader, and
// the oldest of very many, are not measured.
type taskTimes struct {
	handed *lru.Cache[fsm.TaskToken, handed]
	names  typeNames // bounds the number of labels
	wait   *prometheus.HistogramVec
	took   *prometheus.HistogramVec
}

// handed is when an attempt went to a worker.
type handed struct {
	activity string
	at       time.Time
}

// attemptsKept bounds how many attempts under way are remembered: 65,536 take some 10 MB.
const attemptsKept = 1 << 16

var activityBuckets = []float64{.001, .005, .01, .05, .1, .5, 1, 5, 10, 30, 60, 300, 1800, 3600}

func newTaskTimes() *taskTimes {
	return &taskTimes{
		handed: lru.New[fsm.TaskToken, handed](attemptsKept),
		wait: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "aion_activity_wait_seconds", Buckets: activityBuckets,
			Help: "Time from an activity's being asked for to its first attempt, on the node that led."}, []string{"activity"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "aion_activity_seconds", Buckets: activityBuckets,
			Help: "Time from handing an attempt to a worker to its outcome, on the node that led."}, []string{"activity", "outcome"}),
	}
}

func (m *taskTimes) register(r prometheus.Registerer) error {
	return errors.Join(r.Register(m.wait), r.Register(m.took))
}

// begin records that an attempt was handed to a worker.
func (m *taskTimes) begin(l *fsm.Leased, scheduled, now history.Time) {
	m.handed.Put(l.Token, handed{l.Activity, time.Now()})
	if l.Token.Attempt == 1 {
		m.wait.WithLabelValues(m.names.label(l.Activity)).Observe(max(0, now.Sub(scheduled).Seconds()))
	}
}

// end records how an attempt ended; outcome "" = it was given back, and tells nothing. tracer may
// be nil.
func (m *taskTimes) end(t fsm.TaskToken, outcome string, tracer Tracer) {
	if h, ok := m.handed.Take(t); ok && outcome != "" {
		if tracer != nil {
			tracer.Attempt(t, h.activity, outcome, h.at)
		}
		m.took.WithLabelValues(m.names.label(h.activity), outcome).Observe(time.Since(h.at).Seconds())
	}
}
