package bench

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestCheckNamesTheFlag(t *testing.T) {
	for _, c := range []struct {
		change func(*Settings)
		own    int
		want   string // "" = it is right
	}{
		{func(*Settings) {}, 0, ""},
		{func(*Settings) {}, 3, ""},
		{func(*Settings) {}, 2, "--nodes 2 is neither 1 nor 3"},
		{func(s *Settings) { s.Duration = time.Millisecond }, 0, "--duration 1ms is not within 100ms to 10m"},
		{func(s *Settings) { s.Duration = time.Hour }, 0, "--duration 1h0m0s is not within"},
		{func(s *Settings) { s.Callers = nil }, 0, "--callers names 0 numbers"},
		{func(s *Settings) { s.Callers = []int{1, 0} }, 0, "--callers 0 is not within 1 to 4096"},
		{func(s *Settings) { s.Callers = []int{5000} }, 0, "--callers 5000 is not within"},
		{func(s *Settings) { s.Callers = []int{2, 3, 2} }, 0, "--callers names 2 twice"},
		{func(s *Settings) { s.Rounds = 0 }, 0, "--rounds 0 is not within 1 to 100"},
		{func(s *Settings) { s.Workers = 65 }, 0, "--workers 65 is not within 1 to 64"},
		{func(s *Settings) { s.Kills = -1 }, 0, "--kills -1 is not within 1 to 100"},
		{func(s *Settings) { s.Rows = []string{"noop", "nop"} }, 0, `--only "nop" is not one of start, noop,`},
		{func(s *Settings) { s.Rows = []string{"noop", "noop"} }, 0, "--only names noop twice"},
		{func(s *Settings) { s.Rows = []string{"failover"} }, 0, "--only failover kills leaders, so it needs --nodes 3"},
		{func(s *Settings) { s.Rows = []string{"failover"} }, 1, "--only failover kills leaders"},
		{func(s *Settings) { s.Rows = []string{"failover"} }, 3, ""},
	} {
		s := Default()
		c.change(&s)
		err := s.Check(c.own)
		var m *Mistake
		if (c.want == "") != (err == nil) || err != nil && (!errors.As(err, &m) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v on %d nodes: %v, want %q", s, c.own, err, c.want)
		}
	}
}
