package schema

import (
	"context"
	"fmt"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/internal/clip"
)

// DefaultPatterns bounds the total instructions of a new schema's regular expressions, unless
// configured otherwise.
const DefaultPatterns = 3_000

// CheckArchive rejects an archive, as *catalog.InvalidPackage, if a schema in it does not compile,
// or if the schema's regular expressions have more instructions than patterns.
func CheckArchive(ctx context.Context, a *catalog.Archive, patterns int) error {
	if a.Rounded != "" {
		return &catalog.InvalidPackage{Reason: a.Rounded}
	}
	for i, w := range a.Manifest.Workflows {
		for _, s := range []struct {
			key  string
			text []byte
		}{{"input_schema", w.InputSchema}, {"output_schema", w.OutputSchema}} {
			if s.text == nil {
				continue
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			if _, err := CompileNew(s.text, patterns); err != nil {
				reason := strings.ReplaceAll(err.Error(), schemaName, "")
				return &catalog.InvalidPackage{Field: fmt.Sprintf("workflows[%d].%s", i, s.key), Reason: "is not a JSON Schema: " + clip.To(reason, 500)}
			}
		}
	}
	return nil
}
