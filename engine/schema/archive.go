package schema

import (
	"context"
	"fmt"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/internal/clip"
)

// DefaultPatterns is how many instructions the regular expressions of a new schema may have
// together, where nobody says otherwise.
const DefaultPatterns = 3_000

// CheckArchive refuses an archive, as *catalog.InvalidPackage, with a schema that does not compile,
// or whose regular expressions have more instructions than patterns.
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
				return &catalog.InvalidPackage{Field: fmt.Sprintf("workflows[%d].%s", i, s.key), Reason: "is no JSON Schema: " + clip.To(reason, 500)}
			}
		}
	}
	return nil
}
