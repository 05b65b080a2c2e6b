package transport

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/transport/wire"
	"github.com/danielgtaylor/huma/v2"
)

// archive answers with the archive of a loaded version, byte for byte as it was deployed.
func (s *Server) archive(ctx context.Context, in *versionInput) (*huma.StreamResponse, error) {
	rd, err := in.read()
	if err != nil {
		return nil, err
	}
	x := exchangeOf(ctx)
	rd.Room = x.setReservation
	f, err := s.cfg.Catalog.FetchVersion(ctx, rd, in.Type, in.Version)
	if err != nil {
		return nil, err
	}
	if len(f.Signed) > 0 {
		x.w.Header().Set(wire.HeaderSignature, signatureHeader(f.Signed))
	}
	return s.file(x, rd, f.Index, "application/octet-stream", f.Digest, f.Archive), nil
}

type moduleInput struct {
	Fresh
	OfVersion
	Name string `path:"name" doc:"Name of the module, as GET /v1/versions/{type}/{version} lists it, or of a file that its source map carries, as errors name it; a slash in it is %2F"`
}

// module answers with one module of a loaded version.
func (s *Server) module(ctx context.Context, in *moduleInput) (*huma.StreamResponse, error) {
	rd, err := in.read()
	if err != nil {
		return nil, err
	}
	v, err := s.cfg.Catalog.ShowVersion(ctx, rd, in.Type, in.Version)
	if err != nil {
		return nil, err
	}
	x := exchangeOf(ctx)
	for _, m := range v.Archive.Modules {
		if m.Name == in.Name {
			if err := x.setReservation(int64(len(m.Source))); err != nil {
				return nil, err
			}
			media := "text/plain; charset=utf-8"
			if m.Guest() {
				media = "application/wasm"
			}
			return s.file(x, rd, v.Index, media, sha256.Sum256(m.Source), m.Source), nil
		}
	}
	if err := x.setReservation(mapped(v.Archive.Modules)); err != nil {
		return nil, err
	}
	if text, ok := catalog.SourceFiles(v.Archive.Modules)[in.Name]; ok {
		content := []byte(text)
		return s.file(x, rd, v.Index, "text/plain; charset=utf-8", sha256.Sum256(content), content), nil
	}
	return nil, wire.New("not_found", fmt.Sprintf("version %s has no module %s", v.Archive.Version.Short(), catalog.Quote(in.Name))).
		With("version", v.Archive.Version.String()).With("module", clip(in.Name))
}

// mapped is how many bytes the source maps of a package have, which is more than what they carry.
func mapped(modules []catalog.Module) (bytes int64) {
	for _, m := range modules {
		if m.Mapped() != "" {
			bytes += int64(len(m.Source))
		}
	}
	return bytes
}

// file answers with bytes that never change: their digest is their entity tag. They are written at
// once, because the memory for them is held until that write ends, and the caller has a time for it
// that depends on their number (recorder.go).
func (s *Server) file(x *exchange, rd engine.Read, index uint64, media string, digest catalog.Digest, content []byte) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(huma.Context) {
		h := x.w.Header()
		tag := strconv.Quote(digest.String())
		h.Set("Etag", tag)
		h.Set(wire.HeaderIndex, strconv.FormatUint(index, 10))
		if contact := s.contact(rd); contact != "" {
			h.Set(wire.HeaderLeaderContact, contact)
		}
		if x.r.Header.Get("If-None-Match") == tag {
			x.w.WriteHeader(http.StatusNotModified)
			return
		}
		h.Set("Content-Type", media)
		h.Set("Content-Length", strconv.Itoa(len(content)))
		h.Set(wire.HeaderDigest, "sha-256=:"+base64.StdEncoding.EncodeToString(digest[:])+":")
		x.w.WriteHeader(http.StatusOK)
		x.w.Write(content)
	}}
}
