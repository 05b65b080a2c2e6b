package suite

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestSpecsThatSayNothingAreRefused(t *testing.T) {
	good := Spec{Workload: "timers", Nodes: 3, Length: time.Second, Concurrency: 1}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	for want, spoil := range map[string]func(*Spec){
		`workload "nope"`: func(s *Spec) { s.Workload = "nope" },
		"nodes is 9":      func(s *Spec) { s.Nodes = 9 },
		"length is -1s":   func(s *Spec) { s.Length = -time.Second },
		"concurrency is ": func(s *Spec) { s.Concurrency = 0 },
		"rate is NaN":     func(s *Spec) { s.Rate = math.NaN() },
	} {
		s := good
		spoil(&s)
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestCampaignsThatMakeNoRunAreRefused(t *testing.T) {
	good := Campaign{Runs: 1, Parallel: 1, Workloads: []string{"timers"}, Families: []string{"none"}, Least: time.Second, Most: time.Second}
	if err := good.check(); err != nil {
		t.Error(err)
	}
	for want, spoil := range map[string]func(*Campaign){
		"runs is 0":     func(c *Campaign) { c.Runs = 0 },
		"parallel is 0": func(c *Campaign) { c.Parallel = 0 },
		"0 workloads":   func(c *Campaign) { c.Workloads = nil },
		"most is 1ms":   func(c *Campaign) { c.Most = time.Millisecond },
	} {
		c := good
		spoil(&c)
		if err := c.check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
