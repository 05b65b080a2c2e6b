package client

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"

	"aion.dev/aion/transport/wire"
)

// Load deploys an archive: the bytes of an .aion file.
func (c *Client) Load(ctx context.Context, archive []byte, o wire.LoadOptions, opts ...Option) (*wire.LoadAnswer, error) {
	call := (&call{method: http.MethodPost, path: "/v1/packages", body: archive, media: "application/octet-stream", mutation: !o.DryRun, slow: true}).with(opts)
	if o.NoRoute {
		call.set("route", "false")
	}
	for _, e := range o.Expect {
		call.set("expect_route", e)
	}
	if o.DryRun {
		call.set("dry_run", "true")
	}
	call.set("message", o.Message)
	call.set("gate", o.Gate)
	for _, s := range o.Signatures {
		call.set("signature", s)
	}
	var a wire.LoadAnswer
	return answer(&a, c.do(ctx, call, &a))
}

// StoreArchive stores the bytes of an .aion file on a majority, for calls that name it. Nothing is
// loaded; it is kept for an hour, unless a log entry names it by then.
func (c *Client) StoreArchive(ctx context.Context, archive []byte, opts ...Option) (*wire.Archive, error) {
	call := (&call{method: http.MethodPut, path: "/v1/archives", body: archive, media: "application/octet-stream", mutation: true, slow: true}).with(opts)
	var a wire.Archive
	return answer(&a, c.do(ctx, call, &a))
}

// Deploy makes several changes in one step: all of them or none.
func (c *Client) Deploy(ctx context.Context, d wire.Deployment, opts ...Option) (*wire.DeploymentAnswer, error) {
	call := change(http.MethodPost, d, "v1", "deployments").with(opts)
	call.mutation, call.slow = !d.DryRun, true
	var a wire.DeploymentAnswer
	return answer(&a, c.do(ctx, call, &a))
}

// Versions lists what is loaded; an empty typ lists all types.
func (c *Client) Versions(ctx context.Context, typ string, opts ...Option) (*wire.Versions, error) {
	call := get("v1", "versions").with(opts)
	call.set("type", typ)
	var a wire.Versions
	return answer(&a, c.do(ctx, call, &a))
}

// VersionsAt lists what was loaded and routed at another moment: a log index, or an RFC 3339 time.
func (c *Client) VersionsAt(ctx context.Context, typ, at string, opts ...Option) (*wire.Versions, error) {
	call := get("v1", "versions").with(opts)
	call.set("type", typ)
	call.set("at", at)
	var a wire.Versions
	return answer(&a, c.do(ctx, call, &a))
}

// ShowVersion returns everything about a version of typ. version may be a prefix.
func (c *Client) ShowVersion(ctx context.Context, typ, version string, opts ...Option) (*wire.VersionShown, error) {
	var a wire.VersionShown
	return answer(&a, c.do(ctx, get("v1", "versions", typ, version).with(opts), &a))
}

// FetchArchive returns the archive of a version of typ, byte for byte as it was deployed. version
// may be a prefix.
func (c *Client) FetchArchive(ctx context.Context, typ, version string, opts ...Option) ([]byte, error) {
	archive, _, err := c.FetchSigned(ctx, typ, version, opts...)
	return archive, err
}

// FetchSigned is FetchArchive with the signatures of the version, as lines of a signature file.
func (c *Client) FetchSigned(ctx context.Context, typ, version string, opts ...Option) (archive []byte, signatures []string, err error) {
	call := get("v1", "versions", typ, version, "archive").with(opts)
	call.slow = true
	archive, err = c.fetch(ctx, call)
	if text := call.header.Get(wire.HeaderSignature); err == nil && text != "" {
		signatures = strings.Split(text, ", ")
	}
	return archive, signatures, err
}

// ReadModule returns the source of a module of a version of typ. name is as ShowVersion lists it.
func (c *Client) ReadModule(ctx context.Context, typ, version, name string, opts ...Option) ([]byte, error) {
	return c.fetch(ctx, get("v1", "versions", typ, version, "modules", name).with(opts))
}

// fetch returns a body that is no JSON, if it is what the node says that it is.
func (c *Client) fetch(ctx context.Context, call *call) ([]byte, error) {
	if err := call.check(); err != nil {
		return nil, err
	}
	body, err := c.repeat(ctx, call)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(body)
	if got, want := "sha-256=:"+base64.StdEncoding.EncodeToString(digest[:])+":", call.header.Get(wire.HeaderDigest); got != want {
		return nil, wire.New("internal", fmt.Sprintf("the answer to %s %s has the digest %s, and %q was announced", call.method, call.path, got, want))
	}
	return body, nil
}

// Route points new runs of typ at a version.
func (c *Client) Route(ctx context.Context, typ string, r wire.RouteRequest, opts ...Option) (*wire.RouteAnswer, error) {
	var a wire.RouteAnswer
	return answer(&a, c.do(ctx, change(http.MethodPut, r, "v1", "routes", typ).with(opts), &a))
}

// Unroute removes the route of typ.
func (c *Client) Unroute(ctx context.Context, typ string, r wire.RouteChange, opts ...Option) (*wire.RouteAnswer, error) {
	call := change(http.MethodDelete, nil, "v1", "routes", typ).with(opts)
	call.set("expect", r.Expect)
	call.set("message", r.Message)
	var a wire.RouteAnswer
	return answer(&a, c.do(ctx, call, &a))
}

// Rollback routes typ to its previously routed version.
func (c *Client) Rollback(ctx context.Context, typ string, r wire.RouteChange, opts ...Option) (*wire.RouteAnswer, error) {
	var a wire.RouteAnswer
	return answer(&a, c.do(ctx, change(http.MethodPost, r, "v1", "routes", typ, "rollback").with(opts), &a))
}

// Unload removes a version with all its members, if nothing routes to it and nothing pins it.
// version may be a prefix.
func (c *Client) Unload(ctx context.Context, typ, version, message string, opts ...Option) (*wire.UnloadAnswer, error) {
	call := change(http.MethodDelete, nil, "v1", "versions", typ, version).with(opts)
	call.set("message", message)
	var a wire.UnloadAnswer
	return answer(&a, c.do(ctx, call, &a))
}

// UnloadWhenDrained unloads a version as Unload does, and if something pins it as soon as nothing
// does; the answer is Pending then.
func (c *Client) UnloadWhenDrained(ctx context.Context, typ, version, message string, opts ...Option) (*wire.UnloadAnswer, error) {
	call := change(http.MethodDelete, nil, "v1", "versions", typ, version).with(opts)
	call.set("when", "drained")
	call.set("message", message)
	var a wire.UnloadAnswer
	return answer(&a, c.do(ctx, call, &a))
}

// CancelUnload takes back what UnloadWhenDrained asked for.
func (c *Client) CancelUnload(ctx context.Context, typ, version, message string, opts ...Option) (*wire.UnloadAnswer, error) {
	call := change(http.MethodDelete, nil, "v1", "versions", typ, version, "unload").with(opts)
	call.set("message", message)
	var a wire.UnloadAnswer
	return answer(&a, c.do(ctx, call, &a))
}

// Pins lists what pins a version. version may be a prefix.
func (c *Client) Pins(ctx context.Context, typ, version string, page wire.Page, opts ...Option) (*wire.Pins, error) {
	call := get("v1", "versions", typ, version, "pins").with(opts)
	call.setPage(page)
	var a wire.Pins
	return answer(&a, c.do(ctx, call, &a))
}

// Deploys lists the deploy history, newest first; an empty typ lists all types.
func (c *Client) Deploys(ctx context.Context, typ string, page wire.Page, opts ...Option) (*wire.Deploys, error) {
	call := get("v1", "deploys").with(opts)
	call.set("type", typ)
	call.setPage(page)
	var a wire.Deploys
	return answer(&a, c.do(ctx, call, &a))
}

// answer returns nil instead of a zero answer if there was an error.
func answer[T any](a *T, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	return a, nil
}
