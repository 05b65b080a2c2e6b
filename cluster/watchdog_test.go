package cluster

import (
	"strings"
	"testing"
	"time"
)

func TestDiagnose(t *testing.T) {
	const stuck = 5 * time.Second
	for _, c := range []struct {
		name string
		w    watch
		want string // part of the reason; empty = healthy
	}{
		{"idle", watch{}, ""},
		{"slow", watch{waiting: stuck - 1}, ""},
		{"stuck", watch{waiting: stuck}, "committed nothing for 5s"},
		{"handing over", watch{transferring: 2*stuck - 1}, ""},
		{"blocked by an interrupted transfer", watch{transferring: 2 * stuck}, "raft#696"},
	} {
		err := diagnose(c.w, stuck)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: diagnosed %v, want %q", c.name, err, c.want)
		}
	}
}
