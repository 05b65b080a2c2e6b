package transport

import (
	"encoding/json"
	"reflect"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/transport/grant"
	"aion.dev/aion/transport/wire"
)

// A caller without the grant payload sees what happened, and not what was said: inputs, results,
// the texts of errors, payloads of signals and details of heartbeats are left out, and the answer
// says so. Names and attributes stay: people find runs by them.

// withholdOfRun leaves the payloads out of a description.
func (x *exchange) withholdOfRun(d *wire.Described) {
	d.Input, d.Result, d.Error, d.PayloadWithheld = json.RawMessage("null"), nil, kindOnly(d.Error), true
	for i := range d.PendingActivities {
		p := &d.PendingActivities[i]
		p.Details, p.LastFailure = nil, kindOnly(p.LastFailure)
	}
}

// withholdOf leaves the payloads out of a schedule, if the caller lacks the grant.
func (x *exchange) withholdOf(s *wire.Schedule) {
	if x.may(grant.Payload, s.Type) == nil {
		return
	}
	s.Input, s.LastFailure, s.PayloadWithheld = nil, kindOnly(s.LastFailure), true
}

func kindOnly(e *wire.RunError) *wire.RunError {
	if e == nil {
		return nil
	}
	return &wire.RunError{Kind: e.Kind}
}

// withoutPayloads returns a copy of an event without the payloads that it carries.
func withoutPayloads(e history.Event) history.Event {
	v := reflect.ValueOf(e.Data).Elem()
	c := reflect.New(v.Type())
	c.Elem().Set(bare(v))
	e.Data = c.Interface().(history.Data)
	return e
}

var (
	dataType       = reflect.TypeFor[history.Payload]()
	runErrorType   = reflect.TypeFor[history.RunError]()
	attributesType = reflect.TypeFor[history.Attributes]()
)

// bare copies a value and leaves payloads out, at any depth.
func bare(v reflect.Value) reflect.Value {
	switch {
	case v.Type() == dataType:
		return reflect.Zero(dataType)
	case v.Type() == attributesType:
		return v
	case v.Type() == runErrorType:
		e := v.Interface().(history.RunError)
		return reflect.ValueOf(history.RunError{Kind: e.Kind, Retryable: e.Retryable})
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		c := reflect.New(v.Type().Elem())
		c.Elem().Set(bare(v.Elem()))
		return c
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		c := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			c.Index(i).Set(bare(v.Index(i)))
		}
		return c
	case reflect.Struct:
		c := reflect.New(v.Type()).Elem()
		c.Set(v)
		for i := range v.NumField() {
			if f := c.Field(i); f.CanSet() {
				f.Set(bare(v.Field(i)))
			}
		}
		return c
	}
	return v
}
