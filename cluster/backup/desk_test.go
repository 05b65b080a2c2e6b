package backup

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// begin opens a backup on a desk and counts its release.
func begin(d *Desk, released *int) (*Session, error) {
	h, from := sample(3*BlockBytes, 100)
	return d.Begin(func(string) (Taken, error) { return Taken{h, from, func() { *released++ }}, nil })
}

// breaks lets some bytes pass, and then fails.
type breaks struct {
	bytes.Buffer
	left int
}

var errCut = errors.New("the connection is cut")

func (b *breaks) Write(p []byte) (int, error) {
	n, _ := b.Buffer.Write(p[:min(len(p), b.left)])
	if b.left -= n; n < len(p) {
		return n, errCut
	}
	return n, nil
}

// TestABrokenBackupGoesOn where it stopped, and is the same file.
func TestABrokenBackupGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, released := NewDesk(DeskConfig{Keep: time.Minute}), 0
		s, err := begin(d, &released)
		if err != nil {
			t.Fatal(err)
		}
		file := fileOf(t, s.Header(), s.taken.From, 0)
		out := &breaks{left: BlockBytes + 77}
		if err := s.Send(t.Context(), out, 0); !errors.Is(err, errCut) {
			t.Fatal(err)
		}
		time.Sleep(59 * time.Second)
		again, err := d.Find(s.Header().ID)
		if err != nil {
			t.Fatal(err)
		}
		out.left = len(file)
		if err := again.Send(t.Context(), out, int64(out.Len())); err != nil || !bytes.Equal(out.Bytes(), file) {
			t.Errorf("%v; %d bytes of %d", err, out.Len(), len(file))
		}
		if n := d.Stats(); n.Done != 1 || n.Sent != uint64(len(file)) || n.Open != 1 || len(d.Archives()) != 1 {
			t.Errorf("stats %+v", n)
		}
		time.Sleep(61 * time.Second)
		if _, err := d.Find(s.Header().ID); !isGone(err) || released != 1 || len(d.Archives()) != 0 {
			t.Errorf("found: %v; released %d times", err, released)
		}
	})
}

// TestOneBackupAtATime: another one waits for it, or takes its place once it is not sent any more.
func TestOneBackupAtATime(t *testing.T) {
	d, released := NewDesk(DeskConfig{}), 0
	first, err := begin(d, &released)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := begin(d, &released); err == nil || !strings.Contains(err.Error(), first.Header().ID) || !strings.Contains(err.Error(), "backup.at_once is 1") {
		t.Fatalf("a second one: %v", err)
	}
	if err := first.Send(t.Context(), &breaks{left: 5}, 0); !errors.Is(err, errCut) {
		t.Fatal(err)
	}
	second, err := begin(d, &released)
	if err != nil || released != 1 {
		t.Fatalf("in its place: %v; released %d times", err, released)
	}
	if err := first.Send(t.Context(), io.Discard, 0); !isGone(err) {
		t.Errorf("the first goes on: %v", err)
	}
	second.Drop()
	if d.Close(); released != 2 {
		t.Errorf("released %d times", released)
	}
	if _, err := begin(d, &released); err == nil {
		t.Error("a closed desk begins a backup")
	}
}

// TestAFailedBeginningKeepsNoPlace: the next one can begin.
func TestAFailedBeginningKeepsNoPlace(t *testing.T) {
	d, released := NewDesk(DeskConfig{}), 0
	if _, err := d.Begin(func(string) (Taken, error) { return Taken{}, errCut }); !errors.Is(err, errCut) {
		t.Fatal(err)
	}
	if _, err := begin(d, &released); err != nil {
		t.Error(err)
	}
}

// stuck is a caller that does not read; its connection is not known to be lost.
type stuck struct{ reached, until chan struct{} }

func (s stuck) Write(b []byte) (int, error) {
	close(s.reached)
	<-s.until
	return len(b), nil
}

// TestACallerThatComesBackIsServed though the node has not noticed that its first connection is
// lost; and Close waits for nobody's data.
func TestACallerThatComesBackIsServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, released := NewDesk(DeskConfig{}), 0
		s, err := begin(d, &released)
		if err != nil {
			t.Fatal(err)
		}
		lost := stuck{make(chan struct{}), make(chan struct{})}
		first := make(chan error)
		go func() { first <- s.Send(t.Context(), lost, 0) }()
		<-lost.reached
		go func() { time.Sleep(time.Second); close(lost.until) }() // its write deadline
		var out bytes.Buffer
		if err := s.Send(t.Context(), &out, 0); err != nil || int64(out.Len()) != s.Size() {
			t.Errorf("%v, %d bytes", err, out.Len())
		}
		if err := <-first; err == nil {
			t.Error("the first one was sent to its end")
		}
		d.Close()
	})
}

// TestABackupIsPaced: it takes as long as its rate says.
func TestABackupIsPaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, released := NewDesk(DeskConfig{BytesPerSecond: BlockBytes}), 0
		s, err := begin(d, &released)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := s.Send(t.Context(), io.Discard, 2*BlockBytes); err != nil {
			t.Fatal(err)
		}
		want := time.Duration(float64(s.Size()-2*BlockBytes) / BlockBytes * float64(time.Second))
		if took := time.Since(began); took < want-time.Millisecond || took > want+time.Millisecond {
			t.Errorf("took %s, want %s", took, want)
		}
		d.Close()
	})
}

func isGone(err error) bool {
	_, is := errors.AsType[*Gone](err)
	return is
}
