package transport

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"aion.dev/aion/transport/wire"
	"github.com/danielgtaylor/huma/v2"
)

// problemRef is what all answers that are problems refer to.
var problemRef = &huma.Schema{Ref: "#/components/schemas/Problem"}

// problemSchema describes a problem document.
func problemSchema() *huma.Schema {
	codes := make([]any, len(wire.Table))
	for i, k := range wire.Table {
		codes[i] = k.Code
	}
	str := func(doc string, enum ...any) *huma.Schema {
		return &huma.Schema{Type: "string", Description: doc, Enum: enum}
	}
	return &huma.Schema{
		Type: "object",
		Properties: map[string]*huma.Schema{
			"status":       {Type: "integer", Description: "The HTTP status"},
			"code":         str("What kind of problem this is, for programs; docs/ERRORS.md lists them", codes...),
			"title":        str("The code in words, for people"),
			"detail":       str("What went wrong here, for people"),
			"outcome":      str("rejected: it did not happen. retry: it did not happen, and may succeed in a moment. unknown: it may have happened, and the same key tells", string(wire.Rejected), string(wire.Retry), string(wire.Unknown)),
			"hint":         str("What to do about it, for people"),
			"index":        {Type: "integer", Format: "int64", Description: "Of a refusal by the state machine: the log index at which it was given"},
			"deduplicated": {Type: "boolean", Description: "The key was known: this is the refusal that its first call got"},
			"field":        str("The parameter, header or member of the body that is wrong, such as results[3].retryable"),
		},
		Required:             []string{"status", "code", "title", "detail", "outcome"},
		AdditionalProperties: true,
		Description:          "An error (RFC 9457). Further members are its facts, such as workflow_id, version, limit or holders: docs/ERRORS.md lists them by code.",
	}
}

// describeProblems lists the problems that a route may return, by status: those of every route of
// its kind, and those of its own row.
func describeProblems(op *huma.Operation, r *route) {
	codes := slices.Clone(operations[r.id].codes)
	if r.open {
		codes = append(codes, "invalid_input", "internal", "unavailable")
	} else {
		codes = append(codes, "invalid_input", "unauthenticated", "permission_denied", "unsupported_encoding", "misdirected", "internal", "unavailable")
	}
	if r.limit > 0 && !r.archive {
		codes = append(codes, "body_too_large")
	}
	if r.limit > 0 || !r.open && !r.write {
		codes = append(codes, "resource_exhausted") // limits.call_memory_bytes, for its body or its answer
	}
	if r.leader {
		codes = append(codes, "no_leader", "no_quorum")
	}
	if r.write {
		codes = append(codes, "outcome_unknown")
	}
	if slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.Name == wire.HeaderRequestID }) {
		codes = append(codes, "request_mismatch", "resource_exhausted")
	}
	byStatus := map[int][]string{}
	for _, k := range wire.Table {
		if slices.Contains(codes, k.Code) {
			byStatus[k.Status] = append(byStatus[k.Status], "`"+k.Code+"`")
		}
	}
	for status, names := range byStatus {
		op.Responses[strconv.Itoa(status)] = problemResponse(status, strings.Join(names, ", "))
	}
	op.Responses["default"] = problemResponse(0, "Any other problem")
}

func problemResponse(status int, codes string) *huma.Response {
	headers := map[string]*huma.Param{wire.HeaderNode: nodeHeader}
	description := codes
	switch status {
	case 0:
	case http.StatusUnauthorized:
		headers["WWW-Authenticate"] = textHeader("Always `Bearer`")
		fallthrough
	default:
		description = fmt.Sprintf("%s: %s", http.StatusText(status), codes)
	}
	if status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests {
		headers["Retry-After"] = &huma.Param{Ref: "#/components/headers/Retry-After"}
	}
	return &huma.Response{Description: description, Headers: headers,
		Content: map[string]*huma.MediaType{wire.ProblemType: {Schema: problemRef}}}
}
