package node

import (
	"strings"
	"testing"

	"aion.dev/aion/cmd/aion-node/config"
)

func TestDescriptorsAreSharedOut(t *testing.T) {
	for _, limit := range []uint64{200, 256, 300, 512, 1023, 1024, 4096, 65536, 1 << 20, 1 << 62} {
		d, err := shareDescriptors(limit, config.Default())
		if err != nil {
			t.Fatal(limit, err)
		}
		sum := d.own + d.state + d.peers + 2*d.calls + d.limit/10
		if d.limit > 400 {
			sum += gossipDescriptors - d.limit/10
		}
		if sum > d.limit || d.calls < 8 || d.calls > 100_000 || d.state < 74 || d.peers < 20 {
			t.Errorf("%d: %+v, %d in all", limit, d, sum)
		}
	}
	if _, err := shareDescriptors(199, config.Default()); err == nil || !strings.Contains(err.Error(), "200 at least") {
		t.Error(err)
	}
	cfg := config.Default()
	cfg.Limits.Connections = 100
	if d, err := shareDescriptors(1024, cfg); err != nil || d.calls != 100 {
		t.Error(d, err)
	}
	if _, err := shareDescriptors(256, cfg); err == nil || !strings.Contains(err.Error(), "limits.connections: 100") {
		t.Error(err)
	}
}
