package load

import (
	"context"
	"encoding/json"

	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
)

// Event is an event of the stream, with the index that it belongs to.
type Event struct {
	Index uint64          `json:"index"`
	Name  string          `json:"name"`
	Data  json.RawMessage `json:"data"`
}

// ReadStream records all events up to an index that has one, as the answer of o. Only the last
// event of an index carries it.
func ReadStream(ctx context.Context, c *client.Client, o *op.Op, until uint64) error {
	var all []Event
	from, group := uint64(0), 0
	for ev, err := range c.Events(ctx, client.EventFilter{After: &from}) {
		if err != nil {
			return err
		}
		all = append(all, Event{Name: ev.Name, Data: ev.Data})
		if ev.ID == 0 {
			continue
		}
		for ; group < len(all); group++ {
			all[group].Index = ev.ID
		}
		if ev.ID >= until {
			break
		}
	}
	var err error
	o.Answer, err = json.Marshal(all)
	return err
}
