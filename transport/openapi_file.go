package transport

import (
	"aion.dev/aion/transport/wire"
	"github.com/danielgtaylor/huma/v2"
)

// describeFile describes the answer of a route that serves bytes which never change.
func describeFile(op *huma.Operation, media string, schema *huma.Schema) {
	headers := func() map[string]*huma.Param {
		return map[string]*huma.Param{
			wire.HeaderNode: nodeHeader, wire.HeaderIndex: {Description: "Log index that the answer reflects", Schema: &huma.Schema{Type: "integer", Format: "int64"}},
			wire.HeaderLeaderContact: textHeader("In stale reads: how long ago this node heard from the leader, or never"),
			"ETag":                   textHeader("SHA-256 of the bytes, in hex, in quotes"),
		}
	}
	whole := headers()
	whole[wire.HeaderDigest] = textHeader("SHA-256 of the bytes: `sha-256=:BASE64:` (RFC 9530)")
	op.Responses = map[string]*huma.Response{
		"200": {Description: "The bytes", Content: map[string]*huma.MediaType{media: {Schema: schema}}, Headers: whole},
		"304": {Description: "The caller has these bytes: If-None-Match names their ETag", Headers: headers()},
	}
	op.Parameters = append(op.Parameters, &huma.Param{Name: "If-None-Match", In: "header", Schema: &huma.Schema{Type: "string"}, Description: "The ETag of bytes that the caller has"})
}

// describeBackup describes the answer of a route that streams a backup.
func describeBackup(op *huma.Operation) {
	file := &huma.Schema{Type: "string", Format: "binary", Description: "A backup, from the offset on; `aion-node backup verify` checks one"}
	op.Responses = map[string]*huma.Response{
		"200": {Description: "The bytes", Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: file}}, Headers: map[string]*huma.Param{
			wire.HeaderNode: nodeHeader, wire.HeaderIndex: {Description: "Log index of the state", Schema: &huma.Schema{Type: "integer", Format: "int64"}},
			wire.HeaderLeaderContact: textHeader("In stale backups: how long ago this node heard from the leader, or never"),
			wire.HeaderBackup:        textHeader("Id of the backup, to go on with it"),
		}},
	}
}
