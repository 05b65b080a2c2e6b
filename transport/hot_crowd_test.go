package transport_test

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/internal/await"
	"aion.dev/aion/transport"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// doorman counts the connections that it accepts.
type doorman struct {
	net.Listener
	n atomic.Int64
}

func (c *doorman) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		c.n.Add(1)
	}
	return conn, err
}

// TestWaitingCallsShareALinkToTheLeader, from the first one on: hundreds come at once after a
// change of the leader, before any was answered.
func TestWaitingCallsShareALinkToTheLeader(t *testing.T) {
	const waits = 500
	n, th := enginetest.New(t), &throne{}
	begin := func(id string) *doorman {
		server, err := transport.New(transport.Config{Parts: parts(n), Cluster: &seat{throne: th, self: id}, Node: id, Limits: transport.Limits{Drain: time.Minute}})
		if err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		c := &doorman{Listener: l}
		ctx, stop := context.WithCancel(context.Background())
		served := make(chan error, 1)
		go func() { served <- server.Serve(ctx, c) }()
		t.Cleanup(func() {
			stop()
			await.From(t, "the end of Serve", served)
		})
		return c
	}
	leader, follower := begin("n1"), begin("n2")
	th.give("n1", leader.Addr().String())
	cl, err := client.New(client.Config{Addresses: []string{"http://" + follower.Addr().String()}, Patience: -1, Face: client.FaceHot})
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	var all sync.WaitGroup
	for i := range waits {
		all.Go(func() {
			if _, err := cl.Poll(t.Context(), "q", wire.PollRequest{WorkerID: fmt.Sprint(i), Activities: []string{"a"}, Wait: "1s"}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := leader.n.Load(); got > 3 {
		t.Errorf("%d waiting calls took %d connections to the leader", waits, got)
	}
}
