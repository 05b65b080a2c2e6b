package transport

import (
	"encoding/json"
	"net/http"
	"reflect"

	"aion.dev/aion/transport/wire"
	"github.com/danielgtaylor/huma/v2"
)

// APIVersion is the version of the HTTP API, not of the binary. An additional member of an answer,
// parameter or operation raises the second number; a change that breaks callers raises the first.
const APIVersion = "1.0.0"

// apiConfig configures huma: only JSON, unknown parameters rejected, no documentation pages and no
// schema links of its own.
func apiConfig(version string) huma.Config {
	c := huma.Config{
		OpenAPI: &huma.OpenAPI{
			Info: &huma.Info{
				Title: "Aion", Version: APIVersion,
				Description: "A durable workflow engine. Any node accepts any call and forwards it to the leader. " +
					"Errors are problem documents (RFC 9457): docs/ERRORS.md lists them. docs/API.md explains what the shapes cannot.",
				Contact:    &huma.Contact{Name: "The Aion authors"},
				License:    &huma.License{Name: "Apache License 2.0", Identifier: "Apache-2.0"},
				Extensions: map[string]any{"x-aion-release": version},
			},
			Servers: []*huma.Server{{URL: "/", Description: "The node that served this document"}},
			Tags: []*huma.Tag{
				{Name: "Deploy", Description: "Packages, the versions loaded from them, and the routes that new runs follow."},
				{Name: "Runs", Description: "Starting runs, talking to them, finding them, and how long closed ones are kept."},
				{Name: "Activities", Description: "What workers call, and the queues that they poll."},
				{Name: "Schedules", Description: "Starting runs at times."},
				{Name: "Tokens", Description: "Who may call, and what."},
				{Name: "Policy", Description: "Whose signatures count, and which packages have to be signed."},
				{Name: "Namespaces", Description: "Names, versions and quotas of their own."},
				{Name: "Cluster", Description: "The nodes, and what happens in the cluster."},
				{Name: "Node", Description: "The node that is called."},
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", schemaName),
				Headers: map[string]*huma.Header{
					wire.HeaderNode: textHeader("Id of the node that answered"),
					"Retry-After": {Schema: &huma.Schema{Type: "integer"},
						Description: "Seconds to wait before retrying. Present if the outcome is retry, and if a token has used up its rate"},
				},
				SecuritySchemes: map[string]*huma.SecurityScheme{"token": {
					Type: "http", Scheme: "bearer", Description: "A token of the cluster, or of the node's file. A cluster without tokens, whose nodes listen on loopback, asks for none.",
				}},
			},
			Security: []map[string][]string{{"token": {}}, {}},
		},
		Formats:                      map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
	}
	c.AllowAdditionalPropertiesByDefault = true // answers may gain members; json.go decides what a request must not contain
	aliasHistoryTypes(c.Components.Schemas)
	return c
}

// document adds what huma does not know to the description of a route. Huma must not know the body
// while it registers the route: it would read and check the body itself, a second time, without our
// limits and positions (exchange.go, json.go).
func (s *Server) document(r *route) {
	op := s.operation(r)
	row := operations[r.id]
	op.Description = row.text
	switch {
	case r.id == "result":
		open := *op.Responses["200"]
		open.Description = "The run is open: status, and no result yet"
		op.Responses["202"] = &open
	case r.id == "unload":
		pending := *op.Responses["200"]
		pending.Description = "Something pins the version: it is unloaded once it is drained"
		op.Responses["202"] = &pending
	case r.id == "events":
		describeStream(op, s.api.OpenAPI().Components.Schemas)
	case r.id == "archive":
		describeFile(op, "application/octet-stream", &huma.Schema{Type: "string", Format: "binary", Description: "An .aion archive"})
	case r.id == "backup":
		describeBackup(op)
	case r.id == "module":
		describeFile(op, "text/plain", &huma.Schema{Type: "string", Description: "The module's source"})
	case r.upload:
		file := &huma.Schema{Type: "string", Format: "binary", Description: "A backup"}
		op.RequestBody = &huma.RequestBody{Required: true, Description: "A backup, as `aion-node backup FILE` writes it",
			Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: file}}}
	case r.archive:
		archive := &huma.Schema{Type: "string", Format: "binary", Description: "An .aion archive"}
		op.RequestBody = &huma.RequestBody{Required: true, Description: "An archive, as `aion-node package` writes it",
			Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: archive}}}
	case r.body != nil:
		schema := s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(r.body).Elem(), true, r.id)
		media := &huma.MediaType{Schema: schema}
		if row.example != "" {
			media.Example = json.RawMessage(row.example)
		}
		op.RequestBody = &huma.RequestBody{Required: !row.bodyOptional, Content: map[string]*huma.MediaType{"application/json": media}}
	}
	describeParameters(op, r)
	describeAnswers(op, row.answer)
	describeProblems(op, r)
}

// operation returns huma's description of a route.
func (s *Server) operation(r *route) *huma.Operation {
	item := s.api.OpenAPI().Paths[r.path]
	switch r.method {
	case http.MethodGet:
		return item.Get
	case http.MethodPut:
		return item.Put
	case http.MethodPost:
		return item.Post
	}
	return item.Delete
}

// describeParameters adds the headers that the gate reads itself, and gives every parameter a
// description.
func describeParameters(op *huma.Operation, r *route) {
	keyed := false
	for _, p := range op.Parameters {
		if p.Description == "" {
			p.Description = glossary[p.Name]
		}
		if p.Schema != nil {
			p.Schema.Description = "" // the parameter has the description
		}
		keyed = keyed || p.Name == wire.HeaderRequestID
	}
	if keyed {
		op.Parameters = append(op.Parameters, &huma.Param{Name: wire.HeaderGenerated, In: "header", Schema: &huma.Schema{Type: "string", Enum: []any{"true"}},
			Description: "The client generated the key: it is kept for 15 minutes instead of 24 hours"})
	}
	if !r.open && !r.beyond {
		op.Parameters = append(op.Parameters, &huma.Param{Name: wire.HeaderNamespace, In: "header", Schema: &huma.Schema{Type: "string"},
			Description: "Namespace that the call is about: its names and versions are those of the namespace. Default: default"})
	}
	if r.write {
		op.Parameters = append(op.Parameters, &huma.Param{Name: wire.HeaderActor, In: "header", Schema: &huma.Schema{Type: "string"},
			Description: "Who makes the call, 1 to 200 printable ASCII characters. Ignored if tokens are configured"})
	}
}

// describeAnswers gives the successful answers descriptions, and the headers that all answers
// carry.
func describeAnswers(op *huma.Operation, example string) {
	for status, response := range op.Responses {
		if status == "default" {
			continue
		}
		if response.Description == "" || response.Description == http.StatusText(op.DefaultStatus) {
			response.Description = "Done"
		}
		if response.Headers == nil {
			response.Headers = map[string]*huma.Param{}
		}
		for name, header := range response.Headers {
			if header.Schema != nil && header.Schema.Description != "" {
				header.Description, header.Schema.Description = header.Schema.Description, ""
			}
			if header.Description == "" {
				header.Description = glossary[name]
			}
		}
		response.Headers[wire.HeaderNode] = nodeHeader
		if media := response.Content["application/json"]; media != nil && example != "" && status != "202" {
			media.Example = json.RawMessage(example)
		}
	}
}

// nodeHeader is in every answer.
var nodeHeader = &huma.Param{Ref: "#/components/headers/" + wire.HeaderNode}

func textHeader(description string) *huma.Param {
	return &huma.Param{Description: description, Schema: &huma.Schema{Type: "string"}}
}

// openapi serves the description of the API, made once.
func (s *Server) openapi(w http.ResponseWriter, _ *http.Request) {
	s.specOnce.Do(func() { s.spec, _ = json.Marshal(s.api.OpenAPI()) })
	w.Header().Set("Content-Type", "application/openapi+json")
	w.Write(s.spec)
}
