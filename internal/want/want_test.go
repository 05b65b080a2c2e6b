package want

import (
	"errors"
	"fmt"
	"testing"
)

type recorder struct {
	testing.TB
	said []string
}

func (r *recorder) Helper() {}
func (r *recorder) Errorf(format string, args ...any) {
	r.said = append(r.said, fmt.Sprintf(format, args...))
}
func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	panic(r)
}

func TestError(t *testing.T) {
	for _, tt := range []struct {
		err   error
		parts []string
		fails int
	}{
		{errors.New("node a is full"), []string{"node a", "full"}, 0},
		{errors.New("node a is full"), nil, 0},
		{errors.New("node a is full"), []string{"node b", "full", "empty"}, 2},
		{nil, nil, 1},
	} {
		r := &recorder{}
		func() {
			defer func() { recover() }()
			Error(r, tt.err, tt.parts...)
		}()
		if len(r.said) != tt.fails {
			t.Errorf("%v, %q: said %q", tt.err, tt.parts, r.said)
		}
	}
}
