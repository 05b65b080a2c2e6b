package bench

import (
	"context"
	"encoding/json"
	"strconv"

	"aion.dev/aion/catalog"
	"aion.dev/aion/transport/wire"
)

// scaleCode is the workflows that fill a cluster.
const scaleCode = `
def closed(ctx, input):
    return input

def parked(ctx, input):
    return ctx.signal("go")

def asleep(ctx, input):
    ctx.sleep("87600h")
`

const (
	typeClosed = prefix + "closed"
	typeParked = prefix + "parked"
	typeAsleep = prefix + "asleep"

	// lots is how many values the attribute of open runs has: each is that of one run in so many.
	lots = 100
)

// scalePackage packs the workflows; a measurement that goes on packs the same version.
func scalePackage() (*packed, error) {
	m := catalog.Manifest{Format: catalog.Format, ABI: catalog.ABI, Description: "loaded by aion-node bench scale", Activities: []string{}}
	for _, function := range []string{"closed", "parked", "asleep"} {
		m.Workflows = append(m.Workflows, catalog.Workflow{Type: prefix + function, EntryModule: "scale", EntryFunction: function})
	}
	return pack(m, "scale.star", scaleCode)
}

// openRun asks for a run that waits: every other one for a signal, the others for a time that is
// ten years away.
func (m *scaling) openRun(i int) wire.StartRequest {
	typ := typeParked
	if i%2 == 1 {
		typ = typeAsleep
	}
	lot := json.RawMessage(strconv.Itoa(i / 2 % lots))
	return wire.StartRequest{Type: typ, Version: m.version, Input: json.RawMessage("1"), Attributes: wire.Attributes{"lot": lot}}
}

// closedRun asks for a run that does nothing.
func (m *scaling) closedRun(int) wire.StartRequest {
	return wire.StartRequest{Type: typeClosed, Version: m.version, Input: json.RawMessage("1")}
}

// counted returns how many runs are open, and how many are closed.
func (m *scaling) counted(ctx context.Context) (open, closed uint64, err error) {
	counts, err := m.client.Counts(ctx, wire.RunFilter{})
	if err != nil {
		return 0, 0, err
	}
	for _, c := range counts.Counts {
		if wire.Open(c.Status) {
			open += c.Count
		} else {
			closed += c.Count
		}
	}
	return open, closed, nil
}
