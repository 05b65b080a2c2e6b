package schema

import (
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// annotations is what the keywords that only tell (title, format, deprecated, contentMediaType,
// ...) have to look like: the parts of the 2020-12 meta-schema that the library leaves out, since
// nothing it checks depends on them. It has them all inside. Earlier drafts have their meta-schema
// in one piece, which is never left out, and know some of these words not at all.
var annotations = sync.OnceValue(func() *jsonschema.Schema {
	const meta, name = "https://json-schema.org/draft/2020-12/meta/", "aion:///annotations"
	reference := func(part string) any { return map[string]any{"$ref": meta + part} }
	c := jsonschema.NewCompiler()
	c.UseLoader(nowhere{})
	err := c.AddResource(name, map[string]any{
		"if":   map[string]any{"properties": map[string]any{"$schema": map[string]any{"pattern": "/draft-0[467]/"}}, "required": []any{"$schema"}},
		"else": map[string]any{"allOf": []any{reference("meta-data"), reference("format-annotation"), reference("content")}},
	})
	if err != nil {
		panic(err)
	}
	return c.MustCompile(name)
})
