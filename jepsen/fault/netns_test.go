package fault

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/jepsen/links"
	"aion.dev/aion/jepsen/netns"
	"aion.dev/aion/jepsen/nodes"
)

// A fault only runs on its kind of network, and says so elsewhere.
func TestFits(t *testing.T) {
	for _, name := range Names() {
		k := kinds[name]
		proxies, namespaces := k.Fits(false), k.Fits(true)
		switch k.Family {
		case "network":
			if proxies != nil || namespaces == nil {
				t.Errorf("%s: %v with proxies, %v in namespaces", name, proxies, namespaces)
			}
		case "netns":
			if proxies == nil || !strings.Contains(proxies.Error(), "--netns") {
				t.Errorf("%s with proxies: %v", name, proxies)
			}
			if netem := k.On == Netem && !netns.Netem(); netem != (namespaces != nil) || netem && !strings.Contains(namespaces.Error(), "no netem") {
				t.Errorf("%s in namespaces: %v", name, namespaces)
			}
			if _, _, err := k.Fault.Begin(t.Context(), nodes.Plain(3), rand.New(rand.NewPCG(1, 1))); err == nil || !strings.Contains(err.Error(), "--netns") {
				t.Errorf("%s began without a switch: %v", name, err)
			}
		default:
			if proxies != nil || (namespaces != nil) != (k.On == Proxies) {
				t.Errorf("%s: %v with proxies, %v in namespaces", name, proxies, namespaces)
			}
		}
	}
}

// Every fault of namespaces, with three nodes and with five, does something on a real switch and
// leaves it as it was.
func TestNetnsFaults(t *testing.T) {
	if err := netns.Check(); err != nil {
		t.Skip("NOT TESTED HERE: ", err)
	}
	for _, size := range []int{3, 5} {
		c := nodes.Plain(size)
		s, err := netns.New(append(c.Names(), links.Client)...)
		if err != nil {
			t.Fatal(err)
		}
		c.Switch = s
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		for _, end := range c.Names() {
			var l net.Listener
			err := s.Space(end).Do(func() (err error) {
				l, err = net.Listen("tcp", net.JoinHostPort(s.IP(end), "7601"))
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
		}
		for _, name := range Names() {
			k := kinds[name]
			if k.Family != "netns" || name == "netns-unplug-kill" { // which needs processes
				continue
			}
			if err := k.Fits(true); err != nil {
				t.Log("NOT TESTED HERE: ", err)
				continue
			}
			ctx, cancel := context.WithCancel(t.Context())
			did, mend, err := k.Fault.Begin(ctx, c, rand.New(rand.NewPCG(uint64(size), 7)))
			cancel()
			if err != nil || mend == nil || did == "" {
				t.Fatalf("%s: %q, %v", name, did, err)
			}
			if err := mend(t.Context()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, from := range append(c.Names(), links.Client) {
			for _, to := range c.Names() {
				conn, err := s.Space(from).Dial("tcp", net.JoinHostPort(s.IP(to), "7601"), 20*time.Second)
				if err != nil {
					t.Errorf("after all faults %s does not reach %s: %v", from, to, err)
					continue
				}
				conn.Close()
			}
		}
	}
}

// An end that does not exist stops a fault, and its name is in the error.
func TestMendingRefused(t *testing.T) {
	want := errors.New("no end")
	if mend, err := mending(nil, want); mend != nil || err != want {
		t.Error(mend != nil, err)
	}
}
