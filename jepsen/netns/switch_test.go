package netns

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"
)

// newSwitch creates a switch for a test. Tests that need root are skipped without it: `sudo go test
// ./jepsen/netns`.
func newSwitch(t *testing.T, ends ...string) *Switch {
	t.Helper()
	if err := Check(); err != nil {
		t.Skip("NOT TESTED HERE: ", err)
	}
	s, err := New(ends...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// ear listens for datagrams at one port of an end.
func ear(t *testing.T, s *Switch, end string, port int) net.PacketConn {
	t.Helper()
	var c net.PacketConn
	err := s.Space(end).Do(func() (err error) {
		c, err = net.ListenPacket("udp", s.at(end, port))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func (s *Switch) at(end string, port int) string {
	return net.JoinHostPort(s.IP(end), strconv.Itoa(port))
}

// hears sends from one end until the ear receives it; a datagram may be lost while ARP resolves an
// address.
func hears(t *testing.T, s *Switch, from string, c net.PacketConn, text string) {
	t.Helper()
	out, err := s.Space(from).Dial("udp", c.LocalAddr().String(), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	b := make([]byte, 2000)
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		out.Write([]byte(text))
		c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		for {
			k, _, err := c.ReadFrom(b)
			if err != nil {
				break
			}
			if string(b[:k]) == text {
				return
			}
		}
	}
	t.Fatalf("%s never hears %d bytes from %s", c.LocalAddr(), len(text), from)
}

// say sends once, without an error if nobody receives it.
func say(t *testing.T, s *Switch, from string, c net.PacketConn, text string) {
	t.Helper()
	out, err := s.Space(from).Dial("udp", c.LocalAddr().String(), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	out.Write([]byte(text))
}

// heard empties an ear.
func heard(c net.PacketConn) (texts []string) {
	b := make([]byte, 2000)
	for {
		c.SetReadDeadline(time.Now().Add(time.Millisecond))
		k, _, err := c.ReadFrom(b)
		if err != nil {
			return texts
		}
		texts = append(texts, string(b[:k]))
	}
}

// A rule loses exactly what it names: the other direction, other ends, other ports and smaller
// frames arrive. A stopped rule has no effect.
func TestLose(t *testing.T) {
	s := newSwitch(t, "a", "b", "c")
	one, two, back, third := ear(t, s, "b", 7001), ear(t, s, "b", 7002), ear(t, s, "a", 7001), ear(t, s, "c", 7001)
	all := func() {
		t.Helper()
		hears(t, s, "a", one, "hello")
		hears(t, s, "a", two, "hello")
		hears(t, s, "a", third, "hello")
		hears(t, s, "b", back, "hello")
		hears(t, s, "c", one, "hello from c")
	}
	all()
	for _, c := range []struct {
		name  string
		rule  Rule
		lost  func() // sends what must not arrive
		still func() // then proves that the rest arrives: frames of one link do not overtake each other
		dumb  []net.PacketConn
	}{
		{"everything", Rule{From: "a", To: "b", Part: 1}, func() { say(t, s, "a", one, "lost"); say(t, s, "a", two, "lost") }, func() {
			hears(t, s, "a", third, "kept")
			hears(t, s, "c", one, "kept")
			hears(t, s, "b", third, "kept")
		}, []net.PacketConn{one, two}},
		{"a port", Rule{From: "a", To: "b", Port: 7001, Part: 1}, func() { say(t, s, "a", one, "lost") }, func() { hears(t, s, "a", two, "kept"); hears(t, s, "b", back, "kept") }, []net.PacketConn{one}},
		{"large frames", Rule{From: "a", To: "b", Larger: 600, Part: 1}, func() { say(t, s, "a", one, strings.Repeat("lost", 200)) }, func() { hears(t, s, "a", one, "kept") }, []net.PacketConn{one}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, e := range []net.PacketConn{one, two, back, third} {
				heard(e)
			}
			stop, err := s.Lose(c.rule)
			if err != nil {
				t.Fatal(err)
			}
			c.lost()
			c.still()
			for _, e := range c.dumb {
				for _, text := range heard(e) {
					if strings.HasPrefix(text, "lost") {
						t.Errorf("%s hears %q", e.LocalAddr(), text)
					}
				}
			}
			if err := errors.Join(stop(), stop()); err != nil {
				t.Fatal(err)
			}
			all()
		})
	}
}

// Two rules lose the same, and one stops: it stays lost.
func TestLoseTwice(t *testing.T) {
	s := newSwitch(t, "a", "b")
	one, two := ear(t, s, "b", 7001), ear(t, s, "b", 7002)
	hears(t, s, "a", one, "hello")
	heard(one)
	rule := Rule{From: "a", To: "b", Port: 7001, Part: 1}
	first, err := s.Lose(rule)
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.Lose(rule)
	if err != nil {
		t.Fatal(err)
	}
	if err := first(); err != nil {
		t.Fatal(err)
	}
	say(t, s, "a", one, "lost")
	hears(t, s, "a", two, "kept")
	if texts := heard(one); len(texts) > 0 {
		t.Errorf("heard %v", texts)
	}
	if err := second(); err != nil {
		t.Fatal(err)
	}
	hears(t, s, "a", one, "hello")
}

// A fraction is lost at random: with a half, some of 200 arrive and some do not.
func TestLosePart(t *testing.T) {
	s := newSwitch(t, "a", "b")
	e := ear(t, s, "b", 7001)
	hears(t, s, "a", e, "hello")
	heard(e)
	stop, err := s.Lose(Rule{From: "a", To: "b", Port: 7001, Part: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		say(t, s, "a", e, strconv.Itoa(i))
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	came := 0
	b := make([]byte, 100)
	for {
		say(t, s, "a", e, "end")
		e.SetReadDeadline(time.Now().Add(time.Second))
		k, _, err := e.ReadFrom(b)
		if err != nil {
			t.Fatal(err)
		}
		if string(b[:k]) == "end" {
			break
		}
		came++
	}
	if came < 50 || came > 150 {
		t.Errorf("%d of 200 datagrams came", came)
	}
}

// A stream survives a cut without either side noticing, and what was sent meanwhile arrives at the
// end. The end stays reachable past the switch all the time.
func TestStreamOutlivesCut(t *testing.T) {
	s := newSwitch(t, "a", "b")
	var l net.Listener
	err := s.Space("b").Do(func() (err error) {
		l, err = net.Listen("tcp", s.at("b", 7001))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	lines := make(chan string, 10)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				b := make([]byte, 100)
				for {
					k, err := c.Read(b)
					if err != nil {
						return
					}
					c.Write(b[:k])
					lines <- string(b[:k])
				}
			}()
		}
	}()
	door, err := s.Door("b", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Space("a").Dial("tcp", l.Addr().String(), 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	next := func(want string) {
		t.Helper()
		select {
		case line := <-lines:
			if line != want {
				t.Fatalf("%q came instead of %q", line, want)
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("%q never came", want)
		}
	}
	through := func(text string) {
		t.Helper()
		d, err := net.Dial("tcp", door.Address())
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		fmt.Fprint(d, text)
		b := make([]byte, len(text))
		d.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.ReadFull(d, b); err != nil || string(b) != text {
			t.Fatal(string(b), err)
		}
		next(text)
	}
	fmt.Fprint(c, "before")
	next("before")
	cut := func() (func() error, error) {
		return s.Lose(Rule{From: "a", To: "b", Part: 1}, Rule{From: "b", To: "a", Part: 1})
	}
	pull := func() (func() error, error) { return s.Pull("b") }
	for i, how := range []func() (func() error, error){cut, pull} {
		stop, err := how()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(c, "meanwhile %d", i)
		through(fmt.Sprintf("past it %d", i)) // and nothing of the stream came before
		if err := errors.Join(stop(), stop()); err != nil {
			t.Fatal(err)
		}
		next(fmt.Sprintf("meanwhile %d", i))
	}
}

// A thin queue loses frames that find no room.
func TestShape(t *testing.T) {
	s := newSwitch(t, "a", "b")
	e := ear(t, s, "b", 7001)
	hears(t, s, "a", e, "hello")
	heard(e)
	stop, err := s.Shape(Queue{Rate: 100_000, Room: 10_000}, "b")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("x", 1000)
	for range 200 {
		say(t, s, "a", e, text)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if came := len(heard(e)); came > 100 {
		t.Errorf("%d of 200 datagrams came, 10 have room", came)
	}
	hears(t, s, "a", e, "hello")
	if Netem() {
		if stop, err = s.Shape(Queue{Delay: 20 * time.Millisecond, Jitter: 10 * time.Millisecond, Duplicate: 0.5, Corrupt: 0.1}, "a", "b"); err != nil {
			t.Fatal(err)
		}
		hears(t, s, "a", e, "hello")
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	} else {
		t.Log("NOT TESTED HERE: delay, jitter, duplicates and corruption: this kernel has no netem")
	}
	hears(t, s, "a", e, "hello")
}

// What is impossible is refused by name and leaves nothing behind.
func TestRefusals(t *testing.T) {
	s := newSwitch(t, "a", "b")
	lose := func(r Rule) error { _, err := s.Lose(r); return err }
	shape := func(q Queue, ends ...string) error { _, err := s.Shape(q, ends...); return err }
	pull := func(ends ...string) error { _, err := s.Pull(ends...); return err }
	for want, err := range map[string]error{
		"to itself":         lose(Rule{From: "a", To: "a", Part: 1}),
		`no end "z"`:        lose(Rule{From: "a", To: "z", Part: 1}),
		"part 0":            lose(Rule{From: "a", To: "b"}),
		"part 2":            lose(Rule{From: "a", To: "b", Part: 2}),
		"port 70000":        lose(Rule{From: "a", To: "b", Port: 70000, Part: 1}),
		"size -1":           lose(Rule{From: "a", To: "b", Larger: -1, Part: 1}),
		"does nothing":      shape(Queue{}, "a"),
		"rate 10":           shape(Queue{Rate: 10, Room: 10_000}, "a"),
		"room 10":           shape(Queue{Rate: 10_000, Room: 10}, "a"),
		"or delays":         shape(Queue{Rate: 10_000, Delay: 1}, "a"),
		"jitter 2s":         shape(Queue{Delay: time.Second, Jitter: 2 * time.Second}, "a"),
		`no end "y"`:        shape(Queue{Rate: 10_000, Room: 10_000}, "y"),
		`no end "x"`:        pull("x"),
		"two ends":          func() error { _, err := New("a", "a"); return err }(),
		"at most 32":        func() error { _, err := New(make([]string, 33)...); return err }(),
		`has no end "door"`: func() error { _, err := s.Door("door", "127.0.0.1:1"); return err }(),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	e := ear(t, s, "b", 7001)
	hears(t, s, "a", e, "hello")
}

// After Close, nothing is left on the machine.
func TestClose(t *testing.T) {
	s := newSwitch(t, "a", "b")
	names := []string{s.space.name, s.Space("a").name, s.Space("b").name}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if exists(name) {
			t.Errorf("%s is still there", name)
		}
	}
	links, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range links {
		if strings.HasPrefix(l.Name, "port") {
			t.Errorf("the host has %s", l.Name)
		}
	}
}
