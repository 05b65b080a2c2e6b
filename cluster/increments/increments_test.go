package increments

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

var began = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// TestOnlyWhatIsNewIsSent: two backups that have much in common each read as what was written, and
// the second sends little.
func TestOnlyWhatIsNewIsSent(t *testing.T) {
	s := newMemory()
	c := content{archives: [][]byte{random(1, 100_000), random(2, 3*maxBlock/2)}, state: random(3, 20<<20)}
	first := c.file(t, "c", 7, began)
	m1, err := (&Writer{Store: s}).Write(t.Context(), bytes.NewReader(first))
	if err != nil {
		t.Fatal(err)
	}
	if all := int64(len(c.state) + 100_000 + 3*maxBlock/2); m1.Sent != all {
		t.Errorf("the first sent %d bytes of %d", m1.Sent, all)
	}
	// Something is inserted, something left out.
	c.state = slices.Concat(c.state[:5<<20], []byte("new"), c.state[5<<20:12<<20], c.state[13<<20:])
	second := c.file(t, "c", 9, began.Add(time.Minute))
	m2, err := (&Writer{Store: s}).Write(t.Context(), bytes.NewReader(second))
	if err != nil {
		t.Fatal(err)
	}
	if m2.Sent == 0 || m2.Sent > 4*maxBlock {
		t.Errorf("the second sent %d bytes: two cuts changed", m2.Sent)
	}
	for _, one := range []struct {
		m    *Manifest
		want []byte
	}{{m1, first}, {m2, second}} {
		if got, err := reads(t.Context(), s, one.m); err != nil || !bytes.Equal(got, one.want) {
			t.Errorf("%s reads as %d bytes, %v; %d were written", one.m.ID(), len(got), err, len(one.want))
		}
	}
	third, err := (&Writer{Store: s}).Write(t.Context(), bytes.NewReader(second))
	if err != nil || third.Sent != 0 {
		t.Errorf("the same again sent %d bytes, %v", third.Sent, err)
	}
}

// TestABrokenOneIsNone: a stream that ends early, or is damaged, leaves no backup, and its blocks
// are not sent again.
func TestABrokenOneIsNone(t *testing.T) {
	s := newMemory()
	file := content{state: random(3, 9<<20)}.file(t, "c", 7, began)
	flipped := bytes.Clone(file)
	flipped[len(flipped)-10] ^= 4 // in the checksum of all
	for _, r := range []io.Reader{bytes.NewReader(file[:7<<20]), bytes.NewReader(flipped)} {
		if m, err := (&Writer{Store: s}).Write(t.Context(), r); err == nil {
			t.Errorf("it is taken for whole: %s", m.ID())
		}
	}
	if ids, err := Names(t.Context(), s); err != nil || len(ids) > 0 {
		t.Errorf("it left %v, %v", ids, err)
	}
	m, err := (&Writer{Store: s}).Write(t.Context(), bytes.NewReader(file))
	if err != nil || m.Sent != 0 {
		t.Errorf("the whole one sent %d bytes again, %v", m.Sent, err)
	}
}

// TestAStoreThatRefuses is asked again as long as Retry wants.
func TestAStoreThatRefuses(t *testing.T) {
	file := content{state: random(3, 3<<20)}.file(t, "c", 7, began)
	away := errors.New("the store is away")
	for _, patient := range []bool{true, false} {
		s, refused := newMemory(), 0
		s.refuse = func(name string) error {
			if strings.HasPrefix(name, blocksAt) && refused < 3 {
				refused++
				return away
			}
			return nil
		}
		w := &Writer{Store: s}
		if patient {
			w.Retry = func(context.Context, string, time.Duration, error) error { return nil }
		}
		_, err := w.Write(t.Context(), bytes.NewReader(file))
		if patient && err != nil || !patient && !errors.Is(err, away) {
			t.Errorf("patient %v: %v", patient, err)
		}
	}
}

// TestDamageIsFound: whatever object is lost or has a flipped bit, either the backup is not found
// or reading it says what is wrong.
func TestDamageIsFound(t *testing.T) {
	s := newMemory()
	file := content{archives: [][]byte{random(1, 1000)}, state: random(3, 3<<20)}.file(t, "c", 7, began)
	if _, err := (&Writer{Store: s}).Write(t.Context(), bytes.NewReader(file)); err != nil {
		t.Fatal(err)
	}
	find := func() error {
		m, _, err := Find(t.Context(), s, Pick{})
		if err == nil {
			_, err = reads(t.Context(), s, m)
		}
		return err
	}
	if err := find(); err != nil {
		t.Fatal(err)
	}
	for name, o := range s.objects {
		if strings.HasPrefix(name, clockAt) {
			continue
		}
		bad := bytes.Clone(o.content)
		bad[len(bad)/2] ^= 1
		s.objects[name] = held{bad, o.at}
		if err := find(); err == nil {
			t.Errorf("%s has another bit, and nobody notices", name)
		}
		delete(s.objects, name)
		if err := find(); err == nil {
			t.Errorf("%s is lost, and nobody notices", name)
		}
		s.objects[name] = o
	}
}

// TestFind chooses by index, by time, by id, and passes over damaged manifests.
func TestFind(t *testing.T) {
	s := newMemory()
	var ids []string
	for i := range 3 {
		m, err := (&Writer{Store: s}).Write(t.Context(), bytes.NewReader(content{state: []byte{byte(i)}}.file(t, "c", uint64(10*(i+1)), began.Add(time.Duration(i)*time.Hour))))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, m.ID())
	}
	for _, c := range []struct {
		pick Pick
		want int // -1 = none
	}{
		{Pick{}, 2}, {Pick{Index: 10}, 0}, {Pick{Index: 29}, 1}, {Pick{Index: 9}, -1}, {Pick{Time: began.Add(time.Hour)}, 1}, {Pick{Time: began.Add(-1)}, -1}, {Pick{ID: ids[0]}, 0},
	} {
		m, _, err := Find(t.Context(), s, c.pick)
		if c.want < 0 {
			if !errors.As(err, new(*Nothing)) {
				t.Errorf("%+v finds %v, %v", c.pick, m, err)
			}
		} else if err != nil || m.ID() != ids[c.want] {
			t.Errorf("%+v finds %v, %v", c.pick, m, err)
		}
	}
	s.objects[manifestsAt+ids[2]+".json"] = held{[]byte(`{"manifest":{},"sha256":"00"}`), time.Now()}
	if m, skipped, err := Find(t.Context(), s, Pick{}); err != nil || m.ID() != ids[1] || len(skipped) != 1 {
		t.Errorf("beside a damaged one it finds %v, %v, %v", m, skipped, err)
	}
}
