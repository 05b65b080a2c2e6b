package tour

import (
	"context"
	"flag"
	"os/signal"
	"syscall"
	"testing"
)

var hold = flag.Bool("hold", false, "TestHold keeps the cluster until Ctrl-C")

// TestHold is for people who want to look at the console.
func TestHold(t *testing.T) {
	if !*hold {
		t.Skip("with -hold it keeps a cluster with data until Ctrl-C")
	}
	c := newCluster(t)
	c.seed(t, 5000)
	t.Logf("open %s", c.client.Addresses()[0])
	println(c.client.Addresses()[0])
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	<-ctx.Done()
}
