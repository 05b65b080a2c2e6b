package catalog

import "fmt"

// InvalidInput: an argument is malformed, independent of the state.
type InvalidInput struct {
	Field  string `cbor:"1,keyasint"` // in the caller's terms
	Reason string `cbor:"2,keyasint"` // completes a sentence that starts with Field
}

func (e *InvalidInput) Error() string { return e.Field + ": " + e.Reason }

func (e *InvalidInput) Code() string { return "invalid_input" }

func (e *InvalidInput) Facts() map[string]any { return map[string]any{"field": e.Field} }

// InvalidPackage: the bytes are not a package. Entry and Field say where.
type InvalidPackage struct {
	Entry  string `cbor:"1,keyasint,omitempty"` // the file inside the archive; "" = the archive as a whole
	Field  string `cbor:"2,keyasint,omitempty"` // the key of the manifest, like "workflows[1].timeout"
	Reason string `cbor:"3,keyasint"`           // completes a sentence that starts with Entry and Field
}

func (e *InvalidPackage) Error() string {
	switch {
	case e.Entry == "" && e.Field == "":
		return "the package " + e.Reason
	case e.Field == "":
		return fmt.Sprintf("package file %s %s", clip(e.Entry), e.Reason)
	}
	return fmt.Sprintf("package manifest: %s %s", e.Field, e.Reason)
}

func (e *InvalidPackage) Code() string { return "invalid_package" }

func (e *InvalidPackage) Facts() map[string]any {
	facts := map[string]any{"reason": e.Reason}
	if e.Entry != "" {
		facts["entry"] = e.Entry
	}
	if e.Field != "" {
		facts["field"] = e.Field
	}
	return facts
}

// PackageTooLarge: the package exceeds a limit. Size is the count when reading stopped; the package
// may be larger.
type PackageTooLarge struct {
	What  string `cbor:"1,keyasint"` // archive_bytes, inflated_bytes, manifest_bytes, entries, workflows or entry_bytes
	Limit int64  `cbor:"2,keyasint"`
	Size  int64  `cbor:"3,keyasint"`
}

func (e *PackageTooLarge) Error() string {
	return fmt.Sprintf("the package is too large: at least %d %s, the limit is %d", e.Size, describe[e.What], e.Limit)
}

func (e *PackageTooLarge) Code() string { return "package_too_large" }

func (e *PackageTooLarge) Facts() map[string]any {
	return map[string]any{"what": e.What, "limit": e.Limit, "size": e.Size}
}

var describe = map[string]string{
	"archive_bytes":  "bytes",
	"inflated_bytes": "bytes after inflating",
	"manifest_bytes": "bytes in manifest.json",
	"entries":        "files",
	"workflows":      "workflow types",
	"entry_bytes":    "bytes of description, labels and workflow types",
}

// clip quotes a name from an archive for a message. Whoever made the archive chose the name, so it
// may be long or contain control characters.
func clip(s string) string {
	const most = 80
	if len(s) > most {
		return fmt.Sprintf("%s...", Quote(s[:most]))
	}
	return fmt.Sprintf("%s", Quote(s))
}
