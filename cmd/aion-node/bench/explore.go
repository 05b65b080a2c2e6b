package bench

import (
	"context"
	"net/http"
	"net/url"

	"aion.dev/aion/transport/client"
)

// explore asks which nodes there are.
func (b *Bench) explore(ctx context.Context, c *client.Client) (Cluster, *meter, error) {
	status, err := c.Cluster(ctx)
	if err != nil {
		return Cluster{}, nil, err
	}
	asked, err := url.Parse(c.Addresses()[0])
	if err != nil {
		return Cluster{}, nil, err
	}
	found := Cluster{Own: b.Own != nil, Asked: c.Addresses()[0], Nodes: []Node{}}
	nodes := map[string]string{}
	for _, m := range status.Members {
		if m.HTTPAddress == "" {
			continue // it has not told yet
		}
		nodes[m.ID] = (&url.URL{Scheme: asked.Scheme, Host: m.HTTPAddress}).String()
		found.Nodes = append(found.Nodes, Node{m.ID, nodes[m.ID], m.Version})
	}
	httpClient := b.HTTP
	if httpClient == nil {
		httpClient = http.DefaultClient
	}
	m := newMeter(httpClient, nodes)
	m.here = found.Own
	return found, m, nil
}
