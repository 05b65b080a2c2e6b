package transport

import (
	"context"
	"encoding/json"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/transport/wire"
)

// RunCounter is what the route that counts runs needs from a node.
type RunCounter interface {
	Count(ctx context.Context, rd engine.Read, f fsm.RunFilter, versionRef, by string) ([]fsm.FoundCount, uint64, error)
}

type countInput struct {
	Fresh
	OfKind
	Found
	By string `query:"by" doc:"Name of an attribute: counts its values, in place of types, versions and statuses"`
}

func (s *Server) count(ctx context.Context, in *countInput) (*answer[wire.RunCounts], error) {
	rd, err := in.read()
	if err != nil {
		return nil, err
	}
	f, err := in.filter()
	if err != nil {
		return nil, err
	}
	if err := in.narrow(&f); err != nil {
		return nil, err
	}
	counts, index, err := s.cfg.RunCounter.Count(ctx, rd, f, in.Version, in.By)
	if err != nil {
		return nil, err
	}
	body := wire.RunCounts{Counts: []wire.RunCount{}, Indexed: at(index)}
	for _, c := range counts {
		if in.By != "" {
			body.Values = append(body.Values, wire.ValueCount{Value: json.RawMessage(c.Value), Count: c.Count})
		} else {
			body.Counts = append(body.Counts, wire.RunCount{WorkflowType: c.Type, Version: c.Version.String(), Status: c.Status.String(), Count: c.Count})
		}
		body.Total += c.Count
	}
	return &answer[wire.RunCounts]{Index: index, LeaderContact: s.contact(rd), Body: body}, nil
}

// OfKind are the filter parameters shared by listings and counts.
type OfKind struct {
	Type    string `query:"type" ns:"name"`
	Status  string `query:"status" enum:"running,paused,completed,failed,cancelled,terminated,timed_out,continued_as_new"`
	Version string `query:"version" ns:"version" doc:"Full, or a unique prefix of at least 6 digits"`
}

func (o OfKind) filter() (f fsm.RunFilter, err error) {
	f.Type = o.Type
	if o.Status == "" {
		return f, nil
	}
	if f.Status, err = history.ParseStatus(o.Status); err != nil {
		return f, invalid("status", "%v", err)
	}
	return f, nil
}

// Found are the further filter parameters shared by listings and counts.
type Found struct {
	Where      []string `query:"where,explode" ns:"where" doc:"FIELD=VALUE, or another of != > >= < <= ^= in place of =; FIELD is type, status, version, parent, started, closed or the name of an attribute, as a JSON string if it is one of those words or has an operator in it; may repeat: all of them"`
	Attributes []string `query:"attr,explode" doc:"NAME=VALUE, the value JSON or else a string, a NAME that has a = in it as a JSON string; may repeat"`
}

func (in Found) narrow(f *fsm.RunFilter) (err error) {
	for _, a := range in.Attributes {
		name, text, ok := wire.CutAttribute(a)
		if !ok {
			return invalid("attr", "is %q; want NAME=VALUE, a name with a = in it as \"NAME\"=VALUE", clip(a))
		}
		if f.Attributes == nil {
			f.Attributes = history.Attributes{}
		}
		f.Attributes[name] = history.Payload(wire.AttributeValue(text))
	}
	f.Where, err = where(in.Where)
	return err
}
