package transport

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"sync"

	"aion.dev/aion/fsm"
	"aion.dev/aion/internal/namespace"
	"aion.dev/aion/transport/wire"
)

// This file is the border between callers, who see the bare names and the versions of their
// namespace, and the engine, which has all namespaces before it. Whatever crosses it says in the
// tags of its fields what they hold:
//
//	ns:"name"      a name of a type, a workflow, a queue, a schedule; or a list of them
//	ns:"version"   a version, or the start of one
//	ns:"routes"    versions by type
//	ns:"expect"    TYPE=VERSION
//	ns:"deployed"  a module as the runtime calls it: its name and a version
//	ns:"where"     a condition on runs
//	ns:"text"      a text that may quote names
//
// A field without a tag crosses as it is. TestIsolation compares what callers of two namespaces and
// of a cluster for each of them see.

// plan is what of a struct crosses the border changed.
type plan []planned

type planned struct {
	index int
	kind  string // of the tag; empty = what is in it is looked at
}

var plans sync.Map // reflect.Type -> plan

// planFor finds the fields of a struct that have something to change.
func planFor(t reflect.Type) plan {
	if p, ok := plans.Load(t); ok {
		return p.(plan)
	}
	plans.Store(t, plan(nil)) // types that contain themselves end here
	var p plan
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() && !f.Anonymous {
			continue
		}
		if kind := f.Tag.Get("ns"); kind != "" {
			p = append(p, planned{index: i, kind: kind})
			continue
		}
		in := f.Type
		for in.Kind() == reflect.Pointer || in.Kind() == reflect.Slice {
			in = in.Elem()
		}
		if in.Kind() == reflect.Struct && len(planFor(in)) > 0 {
			p = append(p, planned{index: i})
		}
	}
	plans.Store(t, p)
	return p
}

// crossing changes values on their way in or out.
type crossing struct {
	space string
	in    bool
}

// cross changes v, a pointer to a struct, or a list of them.
func (c crossing) cross(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			c.cross(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			c.cross(v.Index(i))
		}
	case reflect.Struct:
		for _, f := range planFor(v.Type()) {
			if field := v.Field(f.index); f.kind == "" {
				c.cross(field)
			} else {
				c.change(field, f.kind)
			}
		}
	}
}

// change changes one field.
func (c crossing) change(v reflect.Value, kind string) {
	switch v.Kind() {
	case reflect.String:
		if text := v.String(); text != "" && (c.space != "" || kind == "name" && text[0] == '!') {
			if changed := c.text(text, kind); changed != text {
				v.SetString(changed)
			}
		}
	case reflect.Slice: // maybe shared with the state
		if v.Len() == 0 || c.space == "" && kind != "where" && !anyMarked(v) {
			return
		}
		list := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			list.Index(i).SetString(c.text(v.Index(i).String(), kind))
		}
		v.Set(list)
	case reflect.Map:
		if v.Len() == 0 || c.space == "" {
			return
		}
		m := reflect.MakeMap(v.Type())
		for _, key := range v.MapKeys() {
			m.SetMapIndex(reflect.ValueOf(c.text(key.String(), "name")), reflect.ValueOf(c.text(v.MapIndex(key).String(), "version")))
		}
		v.Set(m)
	}
}

func anyMarked(list reflect.Value) bool {
	for i := range list.Len() {
		if strings.HasPrefix(list.Index(i).String(), "!") {
			return true
		}
	}
	return false
}

func (c crossing) text(text, kind string) string {
	switch kind {
	case "name":
		if c.in {
			return namespace.Qualify(c.space, text)
		}
		return namespace.Bare(text)
	case "version":
		return namespace.Ref(c.space, text)
	case "text":
		return namespace.Text(c.space, text)
	case "expect":
		if typ, ref, ok := strings.Cut(text, "="); ok {
			return c.text(typ, "name") + "=" + namespace.Ref(c.space, ref)
		}
		return text
	case "where":
		return c.where(text)
	case "deployed":
		if module, version, ok := strings.Cut(text, "$"); ok {
			return module + "$" + namespace.Ref(c.space, version)
		}
	}
	return text
}

// where changes a condition on runs, on its way in.
func (c crossing) where(text string) string {
	if on, ok := wire.CutCondition(text); ok && on.Plain && on.Value != "" {
		switch on.Field {
		case "type", "parent":
			on.Value = c.text(on.Value, "name")
		case "version":
			on.Value = c.text(on.Value, "version")
		default:
			return text
		}
		return on.String()
	}
	return text
}

// enter changes what a caller has sent, a pointer, into what the engine takes.
func (x *exchange) enter(v any) { crossing{x.space, true}.cross(reflect.ValueOf(v)) }

// depart changes an answer, a pointer, into what the caller sees.
func (x *exchange) depart(v any) { crossing{x.space, false}.cross(reflect.ValueOf(v)) }

// name returns a name of the call's namespace as the engine takes it.
func (x *exchange) name(bare string) string { return namespace.Qualify(x.space, bare) }

// departed encodes an answer within an answer.
func (x *exchange) departed(answer any) (json.RawMessage, error) {
	v := reflect.New(reflect.TypeOf(answer))
	v.Elem().Set(reflect.ValueOf(answer))
	x.depart(v.Interface())
	return json.Marshal(v.Interface())
}

// called calls a handler with what a caller has sent: both ways lead over the border.
func called[I, O any](ctx context.Context, in *I, handler func(context.Context, *I) (*O, error)) (*O, error) {
	x := exchangeOf(ctx)
	x.enter(in)
	out, err := handler(ctx, in)
	if err == nil {
		x.depart(out)
	}
	return out, err
}

// departProblem is a problem as the caller sees it: made anew of a refusal in the caller's names.
func (x *exchange) departProblem(p *wire.Problem) *wire.Problem {
	if x.space == "" && !strings.Contains(p.Detail, `"!!!`) {
		return p
	}
	q := *p
	refusal, ok := p.Cause().(fsm.Refusal)
	if !ok {
		q.Detail = namespace.Text(x.space, p.Detail)
		return &q
	}
	was, bare := refusal.Facts(), fsm.Bare(x.space, refusal)
	q.Detail = bare.Error()
	q.Facts = map[string]any{}
	for name, value := range p.Facts {
		if _, own := was[name]; !own { // said by others of it
			q.Facts[name] = value
		}
	}
	for name, value := range bare.Facts() {
		q.Facts[name] = value
	}
	q.Uncaused()
	return &q
}
