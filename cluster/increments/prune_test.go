package increments

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func blockNames(s *memory) (n int) {
	for name := range s.objects {
		if strings.HasPrefix(name, blocksAt) {
			n++
		}
	}
	return n
}

// TestPrune gives up old backups at once and their blocks a day later, leaves those of another
// cluster, and deletes nothing while a manifest cannot be read.
func TestPrune(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newMemory()
		write := func(cluster string, seed uint64) *Manifest {
			t.Helper()
			m, err := (&Writer{Store: s}).Write(t.Context(), bytes.NewReader(content{state: random(seed, 1000)}.file(t, cluster, seed, time.Now())))
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
			return m
		}
		prune := func(want Pruned) {
			t.Helper()
			if p, err := Prune(t.Context(), s, "c", 2); err != nil || p != want {
				t.Fatalf("it did %+v, %v; want %+v", p, err, want)
			}
		}
		write("other", 1)
		for i := range uint64(4) {
			write("c", 2+i)
		}
		prune(Pruned{Kept: 2, Retired: 2})
		if n := blockNames(s); n != 5 {
			t.Errorf("%d blocks are left at once", n)
		}
		time.Sleep(Grace + time.Minute)
		prune(Pruned{Kept: 2, Blocks: 2, Bytes: 2000})
		prune(Pruned{Kept: 2})
		ids, _ := Names(t.Context(), s)
		if len(ids) != 3 || blockNames(s) != 3 {
			t.Errorf("%v and %d blocks are left", ids, blockNames(s))
		}
		name := manifestsAt + ids[0] + ".json"
		s.objects[name] = held{s.objects[name].content[1:], time.Now()}
		delete(s.objects, manifestsAt+ids[2]+".json")
		time.Sleep(Grace + time.Minute)
		if p, err := Prune(t.Context(), s, "c", 1); !errors.As(err, new(*Damaged)) || blockNames(s) != 3 {
			t.Errorf("with a damaged manifest it did %+v, %v", p, err)
		}
	})
}

// TestWritersDoNotHarmEachOther lets writers write and prune as they like for weeks, some of
// them breaking off, in a store whose calls take up to 20 minutes. Whatever is listed at any
// time can be read, and in the end nothing is left but what the newest one needs.
func TestWritersDoNotHarmEachOther(t *testing.T) {
	for seed := range uint64(3) {
		synctest.Test(t, func(t *testing.T) { writersDoNotHarm(t, seed) })
	}
}

func writersDoNotHarm(t *testing.T, seed uint64) {
	s := newMemory()
	var mu sync.Mutex
	r := rand.New(rand.NewPCG(seed, 1))
	draw := func(n int64) int64 {
		mu.Lock()
		defer mu.Unlock()
		return r.Int64N(n)
	}
	s.slow = func() { time.Sleep(time.Duration(draw(int64(20 * time.Minute)))) }
	until := time.Now().Add(21 * 24 * time.Hour)
	var all sync.WaitGroup
	for w := range 3 {
		all.Go(func() {
			for n := 1; time.Now().Before(until); n++ {
				// Few contents, so that writers need the same blocks again and again.
				c := content{archives: [][]byte{random(uint64(draw(4)), 100), random(100+uint64(draw(4)), 100)}, state: random(200+uint64(draw(6)), 300)}
				file := c.file(t, "c", uint64(100*n+w), time.Now())
				if draw(5) == 0 {
					file = file[:len(file)-1]
				}
				if _, err := (&Writer{Store: s}).Write(t.Context(), bytes.NewReader(file)); err != nil && len(file) > 0 && !strings.Contains(err.Error(), "ends within") {
					t.Errorf("writer %d: %v", w, err)
				}
				if draw(2) == 0 {
					if _, err := Prune(t.Context(), s, "c", 1+int(draw(3))); err != nil {
						t.Errorf("writer %d: prune: %v", w, err)
					}
				}
				time.Sleep(time.Duration(draw(int64(9 * time.Hour))))
			}
		})
	}
	all.Go(func() {
		for time.Now().Before(until) {
			time.Sleep(time.Hour)
			ids, _ := Names(t.Context(), s)
			for _, id := range ids {
				m, err := Read(t.Context(), s, id)
				if err == nil {
					_, err = reads(t.Context(), s, m)
				}
				if err != nil {
					t.Errorf("seed %d: %s is listed, and cannot be read: %v", seed, id, err)
				}
			}
		}
	})
	all.Wait()
	s.slow = func() {}
	for range 2 {
		if _, err := Prune(t.Context(), s, "c", 1); err != nil {
			t.Fatal(err)
		}
		time.Sleep(Grace + time.Minute)
	}
	if _, err := Prune(t.Context(), s, "c", 1); err != nil {
		t.Fatal(err)
	}
	if n := blockNames(s); n != 3 {
		t.Errorf("seed %d: %d blocks are left of one backup that has 3", seed, n)
	}
}
