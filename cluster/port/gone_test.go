package port

import (
	"context"
	"net"
	"testing"
	"time"
)

// A node is gone only if its machine, or a proxy before it, says so.
func TestGone(t *testing.T) {
	a, b := openTestPort(t, Config{}), openTestPort(t, Config{})
	behind := func(l net.Listener) Server { return Server{at(b).ID, l.Addr().String()} }
	listen := func(serve func(net.Conn)) net.Listener {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				serve(c)
			}
		}()
		return l
	}
	proxy := listen(func(c net.Conn) { c.Close() })
	reset := listen(func(c net.Conn) {
		c.(*net.TCPConn).SetLinger(0)
		c.Close()
	})
	silent := listen(func(c net.Conn) { t.Cleanup(func() { c.Close() }) })
	dead := listen(func(net.Conn) {})
	dead.Close()
	for name, c := range map[string]struct {
		node Server
		want bool
	}{
		"it lives":                       {at(b), false},
		"another node is there":          {Server{"another", b.Advertised()}, false},
		"it is frozen":                   {behind(silent), false},
		"nothing listens":                {behind(dead), true},
		"nothing listens behind a proxy": {behind(proxy), true},
		"a proxy resets the connection":  {behind(reset), true},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		if got := a.Gone(ctx, c.node); got != c.want {
			t.Errorf("%s: gone is %t", name, got)
		}
		cancel()
	}
}
