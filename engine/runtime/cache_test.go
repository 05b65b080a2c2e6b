package runtime

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"aion.dev/aion/catalog"
)

type named struct {
	Program
	v catalog.Version
}

func (p named) Version() catalog.Version { return p.v }

// loads makes programs and counts them.
type loads struct {
	mu sync.Mutex
	n  map[catalog.Version]int
}

func (l *loads) of(v catalog.Version) func(context.Context) (Program, error) {
	return func(context.Context) (Program, error) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.n == nil {
			l.n = make(map[catalog.Version]int)
		}
		l.n[v]++
		return named{v: v}, nil
	}
}

func version(b byte) catalog.Version { return catalog.Version{b} }

func TestCacheKeepsTheMostRecent(t *testing.T) {
	c, l := NewCache(2, 100), loads{}
	for _, b := range []byte{1, 2, 1, 3, 1, 2} { // 3 pushes 2 out
		p, err := c.Get(context.Background(), version(b), l.of(version(b)))
		if err != nil || p.Version() != version(b) {
			t.Fatalf("%v, %v", p, err)
		}
	}
	for b, want := range map[byte]int{1: 1, 2: 2, 3: 1} {
		if l.n[version(b)] != want {
			t.Errorf("version %d was loaded %d times, want %d", b, l.n[version(b)], want)
		}
	}
	if _, ok := c.Peek(version(3)); ok {
		t.Error("three programs are kept")
	}
	if p, ok := c.Peek(version(1)); !ok || p.Version() != version(1) {
		t.Error("the most recent program is gone")
	}
	c.Evict(version(1))
	c.Evict(version(9))
	if _, ok := c.Peek(version(1)); ok {
		t.Error("an evicted program is kept")
	}
}

func TestCacheLoadsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := NewCache(10, 100), loads{}
		gate := make(chan struct{})
		var done sync.WaitGroup
		for range 20 {
			done.Go(func() {
				p, err := c.Get(context.Background(), version(1), func(ctx context.Context) (Program, error) {
					<-gate
					return l.of(version(1))(ctx)
				})
				if err != nil || p == nil {
					t.Error(p, err)
				}
			})
		}
		synctest.Wait()
		if _, ok := c.Peek(version(1)); ok {
			t.Error("a program that is being loaded can be seen")
		}
		close(gate)
		done.Wait()
		if l.n[version(1)] != 1 {
			t.Errorf("loaded %d times", l.n[version(1)])
		}
	})
}

func TestCacheForgetsFailures(t *testing.T) {
	c, l := NewCache(10, 100), loads{}
	broken := errors.New("broken")
	if _, err := c.Get(context.Background(), version(1), func(context.Context) (Program, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
	func() {
		defer func() { _ = recover() }()
		_, _ = c.Get(context.Background(), version(1), func(context.Context) (Program, error) { panic("broken") })
	}()
	if p, err := c.Get(context.Background(), version(1), l.of(version(1))); err != nil || p == nil {
		t.Errorf("after failures: %v, %v", p, err)
	}
}

// A caller that waits for another caller's load stops when its own context ends, and loads itself
// if the other was stopped.
func TestCacheWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := NewCache(10, 100), loads{}
		first, stop := context.WithCancel(context.Background())
		var done sync.WaitGroup
		done.Go(func() {
			_, err := c.Get(first, version(1), func(ctx context.Context) (Program, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			})
			if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
		synctest.Wait()
		impatient, leave := context.WithCancel(context.Background())
		done.Go(func() {
			if _, err := c.Get(impatient, version(1), l.of(version(1))); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
		done.Go(func() {
			if p, err := c.Get(context.Background(), version(1), l.of(version(1))); err != nil || p == nil {
				t.Error(p, err)
			}
		})
		synctest.Wait()
		leave()
		synctest.Wait()
		stop()
		done.Wait()
		if l.n[version(1)] != 1 {
			t.Errorf("loaded %d times", l.n[version(1)])
		}
	})
}

func TestPackageError(t *testing.T) {
	e := &PackageError{Module: "a.star", Line: 3, Column: 4, Reason: "it is wrong", Stack: []string{"x"}}
	if e.Error() != "a.star:3:4: it is wrong" || e.Code() != "invalid_package" || e.Facts()["line"] != 3 || e.Facts()["module"] != "a.star" {
		t.Errorf("%s %s %v", e, e.Code(), e.Facts())
	}
	if e := (&PackageError{Reason: "it is wrong"}); e.Error() != "it is wrong" || len(e.Facts()) != 1 {
		t.Errorf("%s %v", e, e.Facts())
	}
}

func TestLimitsHaveDefaults(t *testing.T) {
	if got := (Limits{}).OrDefault(); got != DefaultLimits() {
		t.Errorf("%+v", got)
	}
	if got := (Limits{Steps: 5}).OrDefault(); got.Steps != 5 || got.MemoryBytes != 64<<20 {
		t.Errorf("%+v", got)
	}
}

// sizedProgram keeps so many bytes.
type sizedProgram struct {
	named
	size uint64
}

func (p sizedProgram) Size() uint64 { return p.size }

// Of programs that keep much, only so many stay as fit.
func TestCacheKeepsWhatFits(t *testing.T) {
	c := NewCache(10, 100)
	load := func(b byte, size uint64) {
		t.Helper()
		p, err := c.Get(context.Background(), version(b), func(context.Context) (Program, error) {
			return sizedProgram{named{v: version(b)}, size}, nil
		})
		if err != nil || p.Version() != version(b) {
			t.Fatal(p, err)
		}
	}
	kept := func(want string) {
		t.Helper()
		got := ""
		for b := byte(1); b < 10; b++ {
			if _, ok := c.Peek(version(b)); ok {
				got += string('0' + b)
			}
		}
		if got != want {
			t.Errorf("%s are kept, want %s", got, want)
		}
	}
	load(1, 0)
	load(2, 60)
	load(3, 40)
	kept("123")
	load(1, 0)
	load(4, 30)
	kept("134")
	load(5, 101) // does not fit at all, and is returned all the same
	kept("")
}
