package transport

import (
	"slices"
	"strings"

	"aion.dev/aion/transport/wire"
	"github.com/danielgtaylor/huma/v2"
)

// canaryEvent is the data of all events of canaries.
var canaryEvent = func() *huma.Schema {
	s := object("type version share#", "")
	s.Properties["counts"] = object("", "")
	for _, of := range []string{"canary", "routed"} {
		s.Properties["counts"].Properties[of] = object("started# completed# failed#", "")
		s.Properties["counts"].Required = append(s.Properties["counts"].Required, of)
	}
	s.Required = append(s.Required, "counts")
	return s
}()

// streamData describes the data of each event of /v1/events, by name. fsm/feed_json.go makes the
// data.
var streamData = map[string]*huma.Schema{
	"PackageLoaded":           object("version workflow_types[] workflow_type freshly_loaded?", ""),
	"RouteChanged":            object("workflow_type", "version previous"),
	"VersionUnloaded":         object("version workflow_types[]", ""),
	"VersionDrained":          object("workflow_types[] version index#", ""),
	"CanaryStarted":           canaryEvent,
	"CanaryChanged":           canaryEvent,
	"CanaryPromoted":          canaryEvent,
	"CanaryAborted":           canaryEvent,
	"DeployRefused":           object("operation workflow_type code detail", "version"),
	"VersionReadinessChanged": object("version node ready?", "problem"),
	"LeaderChanged":           object("node term#", ""),
	"MemberChanged":           object("node change", "raft_address http_address version"),
	"PolicyChanged":           object("change", "key public_key type_prefix by"),
	"WorkflowClosed":          object("run_id status", "workflow_id workflow_type version purged?"),
}

// object describes an object by its members: the ones always present, and the optional ones. NAME
// is a string, NAME[] a list of strings, NAME# a number, and NAME? a boolean.
func object(always, sometimes string) *huma.Schema {
	s := &huma.Schema{Type: "object", Properties: map[string]*huma.Schema{}, AdditionalProperties: true}
	add := func(words string) (names []string) {
		for _, word := range strings.Fields(words) {
			member := &huma.Schema{Type: "string"}
			name := word
			switch word[len(word)-1] {
			case ']':
				name, member = word[:len(word)-2], &huma.Schema{Type: "array", Items: member}
			case '#':
				name, member = word[:len(word)-1], &huma.Schema{Type: "integer", Format: "int64"}
			case '?':
				name, member = word[:len(word)-1], &huma.Schema{Type: "boolean"}
			}
			s.Properties[name] = member
			names = append(names, name)
		}
		return names
	}
	s.Required = add(always)
	add(sometimes)
	return s
}

// describeStream describes /v1/events. OpenAPI 3.1 cannot describe a stream, so it is described as
// text, and contentSchema has the shape of each event.
func describeStream(op *huma.Operation, r huma.Registry) {
	names := slices.Clone(eventNames)
	slices.Sort(names)
	event := &huma.Schema{Description: "An event of /v1/events: the fields `event` and `data` of its frame."}
	for _, name := range names {
		data := streamData[name]
		r.Map()["Stream"+name] = &huma.Schema{
			Type: "object", Description: "The event " + name + " of /v1/events.",
			Properties: map[string]*huma.Schema{
				"event": {Type: "string", Enum: []any{name}, Description: "The field `event` of the frame"}, "data": data,
			},
			Required: []string{"event", "data"},
		}
		event.OneOf = append(event.OneOf, &huma.Schema{Ref: "#/components/schemas/Stream" + name})
	}
	r.Map()["StreamEvent"] = event
	for _, p := range op.Parameters {
		if p.Name == "names" {
			enum := make([]any, len(names))
			for i, name := range names {
				enum[i] = name
			}
			explode := false
			p.Explode = &explode
			p.Schema = &huma.Schema{Type: "array", Items: &huma.Schema{Type: "string", Enum: enum}}
		}
	}
	op.Responses = map[string]*huma.Response{"200": {
		Description: "The stream. It lasts until the caller goes or the node shuts down",
		Content: map[string]*huma.MediaType{"text/event-stream": {
			Schema: &huma.Schema{Type: "string", Description: "Server-sent events", Extensions: map[string]any{
				"contentMediaType": "text/event-stream", "contentSchema": &huma.Schema{Ref: "#/components/schemas/StreamEvent"},
			}},
			Example: "id: 41\n\nid: 42\nevent: RouteChanged\ndata: {\"workflow_type\":\"order\",\"version\":\"4f1c9a07...\"}\n\n: heartbeat\n\n",
		}},
		Headers: map[string]*huma.Param{
			wire.HeaderNode: nodeHeader, wire.HeaderIndex: {Description: "Log index of the state with which the stream begins", Schema: &huma.Schema{Type: "integer", Format: "int64"}},
			wire.HeaderLeaderContact: textHeader("In stale reads: how long ago this node heard from the leader, or never"),
		},
	}}
}
