package netns

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Queue is a queue for frames towards an end. Everything except Rate and Room needs netem; see
// Netem.
type Queue struct {
	Rate int // bytes a second, at least 1,000; 0 = any
	Room int // with Rate: bytes that wait at most, at least 3,000; a frame that finds no room is lost

	Delay     time.Duration // of each frame, at most a minute
	Jitter    time.Duration // plus or minus; frames overtake each other
	Duplicate float64       // fraction of frames that are sent twice
	Corrupt   float64       // fraction of frames with a flipped bit
}

func (q *Queue) check() error {
	netem := q.Delay > 0 || q.Jitter > 0 || q.Duplicate > 0 || q.Corrupt > 0
	switch {
	case q.Rate != 0 && netem:
		return errors.New("a queue has a rate, or delays and spoils")
	case q.Rate == 0 && !netem:
		return errors.New("a queue that does nothing")
	case q.Rate != 0 && (q.Rate < 1000 || q.Rate > 1<<30):
		return fmt.Errorf("rate %d is not within 1000 to %d", q.Rate, 1<<30)
	case q.Rate != 0 && (q.Room < 3000 || q.Room > 1<<30):
		return fmt.Errorf("room %d is not within 3000 to %d", q.Room, 1<<30)
	case q.Delay < 0 || q.Delay > time.Minute || q.Jitter < 0 || q.Jitter > q.Delay:
		return fmt.Errorf("delay %s is not within 0 to 1m, or jitter %s not within that", q.Delay, q.Jitter)
	case !(q.Duplicate >= 0 && q.Duplicate <= 1 && q.Corrupt >= 0 && q.Corrupt <= 1):
		return fmt.Errorf("parts %v and %v are not within 0 to 1", q.Duplicate, q.Corrupt)
	}
	return nil
}

// String returns the queue in tc's format.
func (q *Queue) String() string {
	if q.Rate > 0 {
		return fmt.Sprintf("tbf rate %dbps burst 3000b limit %db", q.Rate, q.Room)
	}
	s := fmt.Sprintf("netem limit 10000 delay %dus %dus", q.Delay.Microseconds(), q.Jitter.Microseconds())
	if q.Duplicate > 0 {
		s += fmt.Sprintf(" duplicate %.3f%%", 100*q.Duplicate)
	}
	if q.Corrupt > 0 {
		s += fmt.Sprintf(" corrupt %.3f%%", 100*q.Corrupt)
	}
	return s
}

// Shape sends frames towards ends through a queue, each end through one of its own, until stop is
// called. If there are several, the last one counts.
func (s *Switch) Shape(q Queue, ends ...string) (stop func() error, err error) {
	if err := errors.Join(q.check(), s.check(ends...)); err != nil {
		return nil, err
	}
	mine := &q
	apply := func() error {
		if s.closed {
			return nil
		}
		var lines []string
		for _, end := range ends {
			lines = append(lines, "qdisc replace dev "+s.port(end)+" root "+s.queue(end))
		}
		return batch(s.space.name, "tc", lines)
	}
	stop = func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, end := range ends {
			s.queues[end] = slices.DeleteFunc(s.queues[end], func(q *Queue) bool { return q == mine })
		}
		return apply()
	}
	s.mu.Lock()
	for _, end := range ends {
		s.queues[end] = append(s.queues[end], mine)
	}
	err = apply()
	s.mu.Unlock()
	if err != nil {
		return nil, errors.Join(err, stop())
	}
	return stop, nil
}

// queue returns the queue of an end. The caller holds mu.
func (s *Switch) queue(end string) string {
	if q := s.queues[end]; len(q) > 0 {
		return q[len(q)-1].String()
	}
	return "pfifo limit 1000"
}
