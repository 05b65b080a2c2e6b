package netns

import (
	"errors"
	"fmt"
	"slices"
	"sync"
)

// Switch joins ends, each in a namespace of its own, by cables to a bridge in a namespace of the
// switch. It affects frames as they leave towards an end, so the sender does not notice. Its
// methods may be called by any goroutine.
type Switch struct {
	space  *Space
	ends   []string
	number map[string]int // counted from 1
	spaces map[string]*Space

	mu     sync.Mutex // guards the fields below
	losing []*[]Rule
	pulled map[string]int      // how many callers hold the cable out
	queues map[string][]*Queue // the last one counts
	doors  []*Door
	closed bool
}

// The network is the same in every switch, because switches do not see each other.
func (s *Switch) hardware(end string) string {
	return fmt.Sprintf("02:61:00:00:00:%02x", s.number[end])
}

// IP returns the address of an end.
func (s *Switch) IP(end string) string { return fmt.Sprintf("10.77.0.%d", s.number[end]) }

// MaxEnds is the maximal number of ends.
const MaxEnds = 32

// New creates a switch with a namespace for each end, and removes what switches of dead processes
// have left.
func New(ends ...string) (*Switch, error) {
	if err := Check(); err != nil {
		return nil, err
	}
	if len(ends) > MaxEnds {
		return nil, fmt.Errorf("%d ends, a switch has at most %d", len(ends), MaxEnds)
	}
	if err := sweep(); err != nil {
		return nil, fmt.Errorf("remove leftovers: %w", err)
	}
	s := &Switch{ends: ends, number: map[string]int{}, spaces: map[string]*Space{}, pulled: map[string]int{}, queues: map[string][]*Queue{}}
	if err := s.build(newName()); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Switch) build(name string) (err error) {
	if s.space, err = newSpace(name + "-switch"); err != nil {
		return err
	}
	// No spanning tree: a cable that is plugged in again carries frames at once.
	bridge := []string{"link add bridge type bridge stp_state 0 forward_delay 0 mcast_snooping 0", "link set bridge addrgenmode none up"}
	var filters []string
	for i, end := range s.ends {
		if s.number[end] != 0 {
			return fmt.Errorf("two ends are called %s", end)
		}
		s.number[end] = i + 1
		if s.spaces[end], err = newSpace(name + "-" + end); err != nil {
			return err
		}
		bridge = append(bridge,
			fmt.Sprintf("link add %s type veth peer name eth0 netns %s address %s", s.port(end), s.spaces[end].name, s.hardware(end)),
			fmt.Sprintf("link set %s master bridge addrgenmode none up", s.port(end)))
		filters = append(filters, fmt.Sprintf("qdisc add dev %s clsact", s.port(end)))
	}
	if err := batch(s.space.name, "ip", bridge); err != nil {
		return err
	}
	for _, end := range s.ends {
		// Offloading is off, so frames have the size that a cable carries, not the larger one that
		// the kernel passes on internally: each is lost individually.
		err := batch(s.spaces[end].name, "ip", []string{
			"link set eth0 addrgenmode none gso_max_size 1500 gso_max_segs 1", "addr add " + s.IP(end) + "/24 dev eth0", "link set eth0 up",
		})
		if err != nil {
			return err
		}
	}
	return batch(s.space.name, "tc", filters)
}

// port returns the name of the switch's side of a cable.
func (s *Switch) port(end string) string { return fmt.Sprintf("port%d", s.number[end]) }

// Space returns the namespace of an end, or nil.
func (s *Switch) Space(end string) *Space { return s.spaces[end] }

func (s *Switch) check(ends ...string) error {
	for _, end := range ends {
		if s.number[end] == 0 {
			return fmt.Errorf("the switch has no end %q; it has %v", end, s.ends)
		}
	}
	return nil
}

// Lose loses frames according to rules, in addition to other calls, until stop is called. stop may
// be called more than once.
func (s *Switch) Lose(rules ...Rule) (stop func() error, err error) {
	var to []string
	for _, r := range rules {
		if err := errors.Join(r.check(), s.check(r.From, r.To)); err != nil {
			return nil, err
		}
		if !slices.Contains(to, r.To) {
			to = append(to, r.To)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	mine := &rules
	s.losing = append(s.losing, mine)
	stop = func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.losing = slices.DeleteFunc(s.losing, func(r *[]Rule) bool { return r == mine })
		return s.filter(to)
	}
	if err := s.filter(to); err != nil {
		s.losing = slices.DeleteFunc(s.losing, func(r *[]Rule) bool { return r == mine })
		return nil, errors.Join(err, s.filter(to))
	}
	return stop, nil
}

// filter installs the current filters of ends. The caller holds mu.
func (s *Switch) filter(ends []string) error {
	if s.closed {
		return nil
	}
	var lines []string
	for _, end := range ends {
		var rules []Rule
		for _, some := range s.losing {
			for _, r := range *some {
				if r.To == end {
					rules = append(rules, r)
				}
			}
		}
		if len(rules) > maxRules {
			return fmt.Errorf("%d rules for frames to %s, at most %d", len(rules), end, maxRules)
		}
		lines = append(lines, fmt.Sprintf("filter replace dev %s egress protocol all pref 1 handle 1 bpf direct-action bytecode '%s'", s.port(end), compile(rules, s.number)))
	}
	return batch(s.space.name, "tc", lines)
}

// Pull unplugs the cables of ends, which both sides notice (no carrier), until stop is called. Then
// all are plugged in again, except those that other callers hold out.
func (s *Switch) Pull(ends ...string) (stop func() error, err error) {
	if err := s.check(ends...); err != nil {
		return nil, err
	}
	change := func(by int) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.closed {
			return nil
		}
		var lines []string
		for _, end := range ends {
			was := s.pulled[end]
			s.pulled[end] += by
			if was == 0 {
				lines = append(lines, "link set "+s.port(end)+" down")
			} else if s.pulled[end] == 0 {
				lines = append(lines, "link set "+s.port(end)+" up")
			}
		}
		if len(lines) == 0 {
			return nil
		}
		return batch(s.space.name, "ip", lines)
	}
	var once sync.Once
	stop = func() (err error) {
		once.Do(func() { err = change(-1) })
		return err
	}
	if err := change(1); err != nil {
		return nil, errors.Join(err, stop())
	}
	return stop, nil
}

// Close removes the namespaces. Processes inside continue without a network.
func (s *Switch) Close() error {
	s.mu.Lock()
	was := s.closed
	s.closed = true
	doors := s.doors
	s.mu.Unlock()
	if was {
		return nil
	}
	var errs []error
	for _, d := range doors {
		errs = append(errs, d.Close())
	}
	for _, space := range s.spaces { // any order: all of them are removed
		if space != nil {
			errs = append(errs, space.close())
		}
	}
	if s.space != nil {
		errs = append(errs, s.space.close())
	}
	return errors.Join(errs...)
}
