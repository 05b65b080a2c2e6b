package links

import (
	"net"
	"os"
	"sync"
	"testing"
)

// Both ways to find a socket agree, and connections that come all at once are each identified.
func TestCaller(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var held []net.Conn
	connect := func() *net.TCPConn {
		out, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		in, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, out, in)
		return in.(*net.TCPConn)
	}
	defer func() {
		for _, c := range held {
			c.Close()
		}
	}()
	in := connect()
	remote, local := in.RemoteAddr().(*net.TCPAddr), in.LocalAddr().(*net.TCPAddr)
	asked, err := askKernel(remote, local)
	if err != nil {
		t.Logf("sock_diag does not answer, and /proc/net/tcp is read instead: %v", err)
	}
	read, err2 := readTable(remote.Port, local.Port)
	if err2 != nil || err == nil && asked != read {
		t.Errorf("the kernel says %s (%v), its table %s (%v)", asked, err, read, err2)
	}
	if _, err := inodeOf(&net.TCPAddr{IP: remote.IP, Port: 1}, local); err == nil {
		t.Error("a socket that is not there was found")
	}

	n := New(1)
	defer n.Close()
	if who := n.caller(in); who != Client {
		t.Errorf("a connection of nobody's process is %s's", who)
	}
	n.Owns(os.Getpid(), "n1")
	var all sync.WaitGroup
	for range 50 {
		c := connect()
		all.Go(func() {
			if who := n.caller(c); who != "n1" {
				t.Errorf("a connection of n1's process is %s's", who)
			}
		})
	}
	all.Wait()
}
