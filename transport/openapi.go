package transport

import (
	"encoding/json"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// apiConfig configures huma: JSON only, unknown parameters refused, no pages and no schema links of its own.
func apiConfig(version string) huma.Config {
	c := huma.Config{
		OpenAPI: &huma.OpenAPI{
			Info: &huma.Info{Title: "Aion", Version: version, Description: "A durable workflow engine. Errors are problem documents: see docs/ERRORS.md."},
			Components: &huma.Components{
				SecuritySchemes: map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}},
			},
			Security: []map[string][]string{{"token": {}}, {}},
		},
		Formats:                      map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
	}
	c.AllowAdditionalPropertiesByDefault = true // answers may gain members; what a request may not say is decided by json.go
	return c
}

// document adds the body of a route to the description. Huma must not know of it while it registers the route: it would read and check the body itself,
// twice, without our limits and positions (exchange.go, json.go).
func (s *Server) document(r *route) {
	item := s.api.OpenAPI().Paths[r.path]
	for _, op := range []*huma.Operation{item.Get, item.Put, item.Post, item.Delete} {
		switch {
		case op == nil || op.OperationID != r.id:
		case r.id == "result":
			open := *op.Responses["200"]
			open.Description = "The run is open: status, and no result yet"
			op.Responses["202"] = &open
		case r.archive:
			archive := &huma.Schema{Type: "string", Format: "binary", Description: "An .aion archive"}
			op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: archive}}}
		case r.body != nil:
			schema := s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(r.body).Elem(), true, r.id)
			op.RequestBody = &huma.RequestBody{Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}}
		}
	}
}

// openapi serves the description of the API, made once.
func (s *Server) openapi(w http.ResponseWriter, _ *http.Request) {
	s.specOnce.Do(func() { s.spec, _ = json.Marshal(s.api.OpenAPI()) })
	w.Header().Set("Content-Type", "application/openapi+json")
	w.Write(s.spec)
}
