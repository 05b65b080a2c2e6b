package transport

import (
	"encoding/json"
	"net/http"

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

// openapi serves the description of the API, made once.
func (s *Server) openapi(w http.ResponseWriter, _ *http.Request) {
	s.specOnce.Do(func() { s.spec, _ = json.Marshal(s.api.OpenAPI()) })
	w.Header().Set("Content-Type", "application/openapi+json")
	w.Write(s.spec)
}
