package transport

import (
	"net/http"
	"path"

	"aion.dev/aion/transport/wire"
	"github.com/danielgtaylor/huma/v2"
)

// describePages describes the pages served besides the routes.
func (s *Server) describePages() {
	paths := s.api.OpenAPI().Paths
	for _, page := range []struct{ path, id, summary, text, media string }{
		{"/metrics", "metrics", "Read the node's metrics", "In the text format of Prometheus. Anybody may read them.", "text/plain"},
		{"/openapi.json", "openapi", "Read this document", "This document: OpenAPI 3.1.", "application/openapi+json"},
		{"/", "console", "Open the console", "Pages that show the cluster, its runs and versions, and act on them: docs/CONSOLE.md. The same at every address below `/console`. They ask for a token where one is needed.", "text/html"},
	} {
		schema := &huma.Schema{Type: "string"}
		if page.id == "openapi" {
			schema = &huma.Schema{Type: "object", AdditionalProperties: true}
		}
		paths[page.path] = &huma.PathItem{Get: &huma.Operation{
			OperationID: page.id, Method: http.MethodGet, Path: page.path, Summary: page.summary, Description: page.text,
			Tags: []string{"Node"}, Security: []map[string][]string{},
			Responses: map[string]*huma.Response{
				"200": {Description: "The page", Content: map[string]*huma.MediaType{page.media: {Schema: schema}},
					Headers: map[string]*huma.Param{wire.HeaderNode: nodeHeader}},
				"421": problemResponse(http.StatusMisdirectedRequest, "`misdirected`"),
			},
		}}
	}
}

// describeSchemas completes the schemas with what is known only after every route was described.
func (s *Server) describeSchemas() {
	r := s.api.OpenAPI().Components.Schemas
	r.Map()["Problem"] = problemSchema()
	describeEvents(r)
	taken, given := map[string]bool{}, map[string]bool{}
	for _, item := range s.api.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Put, item.Post, item.Delete} {
			if op == nil {
				continue
			}
			if op.RequestBody != nil {
				markUsed(r, op.RequestBody.Content, taken)
			}
			for _, response := range op.Responses {
				markUsed(r, response.Content, given)
			}
		}
	}
	for name, schema := range r.Map() {
		addDescriptions(schema)
		if taken[name] && !given[name] {
			schema.AdditionalProperties = false // requests may contain no unknown members: json.go
		}
	}
}

// markUsed records the named schemas that a body uses.
func markUsed(r huma.Registry, content map[string]*huma.MediaType, used map[string]bool) {
	for _, media := range content {
		markSchema(r, media.Schema, used)
	}
}

func markSchema(r huma.Registry, s *huma.Schema, used map[string]bool) {
	if s == nil {
		return
	}
	if s.Ref != "" {
		name := path.Base(s.Ref)
		if !used[name] {
			used[name] = true
			markSchema(r, r.Map()[name], used)
		}
	}
	for _, member := range s.Properties {
		markSchema(r, member, used)
	}
	markSchema(r, s.Items, used)
	if more, ok := s.AdditionalProperties.(*huma.Schema); ok {
		markSchema(r, more, used)
	}
	for _, one := range s.OneOf {
		markSchema(r, one, used)
	}
}

// addDescriptions gives every member without a description the one of the glossary.
func addDescriptions(s *huma.Schema) {
	if s == nil {
		return
	}
	for name, member := range s.Properties {
		if member.Description == "" && member.Ref == "" {
			member.Description = glossary[name]
		}
		addDescriptions(member)
	}
	addDescriptions(s.Items)
	if more, ok := s.AdditionalProperties.(*huma.Schema); ok {
		addDescriptions(more)
	}
}
