package bench

import (
	"reflect"
	"strings"
	"testing"
)

func TestSizes(t *testing.T) {
	got, err := Sizes("sizes", []string{"500", "100k", " 1M"})
	if want := []int{500, 100_000, 1_000_000}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"", "0", "-1", "1g", "k", "1.5k", "101m", "99999999999999999999"} {
		if _, err := Sizes("sizes", []string{bad}); err == nil || !strings.HasPrefix(err.Error(), "--sizes ") {
			t.Errorf("%q is read as a size: %v", bad, err)
		}
	}
}

func TestScaleSettings(t *testing.T) {
	if err := DefaultScale().Check(); err != nil {
		t.Errorf("the default is refused: %v", err)
	}
	for flag, spoil := range map[string]func(*ScaleSettings){
		"nodes":     func(s *ScaleSettings) { s.Nodes = 2 },
		"sizes":     func(s *ScaleSettings) { s.Open = nil },
		"closed":    func(s *ScaleSettings) { s.Closed = []int{1000, 1000} },
		"callers":   func(s *ScaleSettings) { s.Callers = 0 },
		"batch":     func(s *ScaleSettings) { s.Batch = 0 },
		"repeats":   func(s *ScaleSettings) { s.Repeats = 0 },
		"calls":     func(s *ScaleSettings) { s.Calls = maxCalls + 1 },
		"log-bytes": func(s *ScaleSettings) { s.LogBytes = 1 },
		"still":     func(s *ScaleSettings) { s.Still = 0 },
	} {
		s := DefaultScale()
		spoil(&s)
		if err := s.Check(); err == nil || !strings.HasPrefix(err.Error(), "--"+flag+" ") {
			t.Errorf("%s: got %v", flag, err)
		}
	}
}

func TestScaleSteps(t *testing.T) {
	s := ScaleSettings{Open: []int{10, 20}, Closed: []int{5, 50}}
	want := []ScaleStep{{10, 0}, {20, 0}, {20, 5}, {20, 50}}
	if got := s.steps(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := (ScaleStep{1_000_000, 2000}).String(); got != "1,000,000 open, 2,000 closed" {
		t.Errorf("a step is called %q", got)
	}
}
