package node

import (
	"context"
	"strconv"
	"strings"
	"time"

	"aion.dev/aion/cmd/aion-node/config"
	"aion.dev/aion/cmd/aion-node/tracing"
	"github.com/hashicorp/go-hclog"
)

// openTracer returns nil if no collector is configured.
func openTracer(o config.Otel, node, version string, log hclog.Logger) (*tracing.Tracer, error) {
	if o.Endpoint == "" {
		return nil, nil
	}
	share, err := strconv.ParseFloat(o.Sample, 64)
	if err != nil {
		return nil, &config.Error{Key: "otel.sample", Reason: err.Error()}
	}
	return tracing.New(context.Background(), tracing.Config{Endpoint: strings.TrimSuffix(o.Endpoint, "/"), Sample: share, Node: node, Version: version, Logger: log})
}

// closeTracer sends what is left, for a moment: a collector that is gone must not hold the end up.
func (n *Node) closeTracer() error {
	if n.tracer == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := n.tracer.Close(ctx); err != nil {
		n.log.Info("the last traces were not taken", "error", err)
	}
	return nil
}
