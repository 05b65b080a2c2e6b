package bench

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// code is the workflows that are measured. QUEUE is the queue of this process's workers, so two
// measurements of one cluster have two versions, and take no tasks from each other.
const code = `
def noop(ctx, input):
    return input

def activity(ctx, input):
    return ctx.activity("step", input, queue = "QUEUE")

def sequence(ctx, input):
    for i in range(10):
        input = ctx.activity("step", input, queue = "QUEUE")
    return input

def three(ctx, input):
    a = ctx.activity("step", 1, queue = "QUEUE")
    b = ctx.activity("step", 2, queue = "QUEUE")
    c = ctx.activity("step", 3, queue = "QUEUE")
    return {"a": a, "b": b, "c": c}

def signal(ctx, input):
    return ctx.signal("go")

def parked(ctx, input):
    ctx.on_query("state", lambda: input)
    return ctx.signal("go")
`

// prefix begins the names of everything that is put into a cluster.
const prefix = "aion-bench-"

var workflows = []string{"noop", "activity", "sequence", "three", "signal", "parked"}

// packed is an archive and what it is called.
type packed struct {
	archive      []byte
	typ, version string
}

// pack writes an archive. Its version is known before a node knows it, so that a load without an
// answer can be undone.
func pack(m catalog.Manifest, module, source string) (*packed, error) {
	modules := []catalog.Module{{Name: module, Source: []byte(source)}}
	archive, err := catalog.Write(m, modules)
	if err != nil {
		return nil, err
	}
	version, err := catalog.Hash(m, modules)
	return &packed{archive, m.Workflows[0].Type, version.String()}, err
}

// packageOf packs the workflows for a queue.
func packageOf(queue string) (*packed, error) {
	m := catalog.Manifest{Format: catalog.Format, ABI: catalog.ABI, Description: "loaded by aion-node bench, which unloads it", Activities: []string{"step"}}
	for _, w := range workflows {
		m.Workflows = append(m.Workflows, catalog.Workflow{Type: prefix + w, EntryModule: "bench", EntryFunction: w})
	}
	return pack(m, "bench.star", strings.ReplaceAll(code, "QUEUE", queue))
}

// largePackage packs a module of about 50 KB: functions, as a real one has, and not one long text.
// Each mark makes another version.
func largePackage(typ, mark string) (*packed, error) {
	var s strings.Builder
	s.WriteString("def run(ctx, input):\n    return step0(input)\n")
	for i := range 400 {
		fmt.Fprintf(&s, "\n# The step before this one hands its result on.\ndef step%d(x):\n    y = {\"step\": %d, \"of\": x}\n    return y if y else None\n", i, i)
	}
	fmt.Fprintf(&s, "\nMARK = %q\n", mark)
	return pack(catalog.Manifest{
		Format: catalog.Format, ABI: catalog.ABI, Description: "loaded by aion-node bench, which unloads it", Activities: []string{},
		Workflows: []catalog.Workflow{{Type: typ, EntryModule: "large", EntryFunction: "run"}},
	}, "large.star", s.String())
}

// loads remembers what was loaded into a cluster, so that it can be removed.
type loads struct {
	client *client.Client
	list   []*packed
}

// load loads a package without routing new runs to it.
func (l *loads) load(ctx context.Context, p *packed) error {
	_, err := l.client.Load(ctx, p.archive, wire.LoadOptions{NoRoute: true, Message: "aion-node bench"})
	if !refused(err) { // it is loaded, or may be
		l.list = append(l.list, p)
	}
	return err
}

// unload removes the newest that was loaded.
func (l *loads) unload(ctx context.Context) error {
	last := l.list[len(l.list)-1]
	_, err := l.client.Unload(ctx, last.typ, last.version, "aion-node bench")
	var p *wire.Problem
	if errors.As(err, &p) && (p.Code == "unknown_version" || p.Code == "unknown_workflow_type") { // it was not loaded after all
		err = nil
	}
	if err == nil {
		l.list = l.list[:len(l.list)-1]
	}
	return err
}

// refused reports whether err says that a call changed nothing.
func refused(err error) bool {
	var p *wire.Problem
	return errors.As(err, &p) && p.Outcome == wire.Rejected
}
