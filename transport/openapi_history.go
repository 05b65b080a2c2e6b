package transport

import (
	"encoding/json"
	"fmt"
	"reflect"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/transport/wire"
	"github.com/danielgtaylor/huma/v2"
)

// schemaName names a schema after its type. Schemas of event data say so in their names.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.PkgPath() == reflect.TypeFor[history.Event]().PkgPath() {
		return name + "Data"
	}
	return name
}

// aliasHistoryTypes describes how the values in events appear in JSON.
func aliasHistoryTypes(r huma.Registry) {
	r.RegisterTypeAlias(reflect.TypeFor[history.Payload](), reflect.TypeFor[json.RawMessage]())
	r.RegisterTypeAlias(reflect.TypeFor[history.RunError](), reflect.TypeFor[wire.RunError]())
	r.RegisterTypeAlias(reflect.TypeFor[history.Attributes](), reflect.TypeFor[wire.Attributes]())
	r.RegisterTypeAlias(reflect.TypeFor[wire.Problem](), reflect.TypeFor[problem]())
	r.RegisterTypeAlias(reflect.TypeFor[history.Time](), reflect.TypeFor[wireTime]())
	r.RegisterTypeAlias(reflect.TypeFor[history.ClosePolicy](), reflect.TypeFor[closePolicy]())
	r.RegisterTypeAlias(reflect.TypeFor[history.ChildVersion](), reflect.TypeFor[childVersion]())
}

// Stand-ins for values whose JSON form differs from their Go type.
type (
	wireTime     struct{}
	closePolicy  struct{}
	childVersion struct{}
)

func (wireTime) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: "string", Format: "date-time"}
}

func (closePolicy) Schema(huma.Registry) *huma.Schema {
	return choices("What happens to the child when its parent closes; absent means terminate",
		history.CloseTerminate, history.CloseCancel, history.CloseAbandon)
}

func (childVersion) Schema(huma.Registry) *huma.Schema {
	return choices("Which version the child starts on; absent means the parent's if its package carries the type, else the routed one",
		history.ChildParent, history.ChildRouted)
}

func choices[T fmt.Stringer](description string, values ...T) *huma.Schema {
	s := &huma.Schema{Type: "string", Description: description}
	for _, v := range values {
		s.Enum = append(s.Enum, v.String())
	}
	return s
}

// describeEvents replaces the schema of an event by one schema per type of event, with its data.
func describeEvents(r huma.Registry) {
	event := r.Map()["Event"]
	var variants []*huma.Schema
	mapping := map[string]string{}
	for _, data := range history.EmptyData() {
		name := data.Type().String()
		r.Map()[name] = &huma.Schema{
			Type:        "object",
			Description: "An event of type " + name + ".",
			Properties: map[string]*huma.Schema{
				"seq": event.Properties["seq"], "at": event.Properties["at"],
				"type": {Type: "string", Enum: []any{name}, Description: event.Properties["type"].Description},
				"data": r.Schema(reflect.TypeOf(data).Elem(), true, name),
			},
			Required:             []string{"seq", "at", "type", "data"},
			AdditionalProperties: true,
		}
		ref := "#/components/schemas/" + name
		variants = append(variants, &huma.Schema{Ref: ref})
		mapping[name] = ref
	}
	names := make([]any, 0, len(mapping))
	for name := range mapping {
		names = append(names, name)
	}
	r.Map()["Event"] = &huma.Schema{
		Description:   "An event of a run's history. `type` determines the shape of `data`.",
		OneOf:         variants,
		Discriminator: &huma.Discriminator{PropertyName: "type", Mapping: mapping},
	}
}
