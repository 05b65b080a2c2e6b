package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"time"

	"aion.dev/aion/transport/wire"
)

// misdirected recognises the answer of somebody who is not what the address says: a node that
// speaks HTTPS only, or a proxy that wants the caller elsewhere. Nothing was done, and asking again
// does not help. Nil = it is an answer like any other.
func misdirected(base *url.URL, resp *http.Response, body []byte) *wire.Problem {
	switch {
	case base.Scheme == "http" && resp.StatusCode == http.StatusBadRequest &&
		(bytes.Contains(body, []byte("HTTP request to an HTTPS server")) || bytes.Contains(body, []byte("HTTP request was sent to HTTPS port"))):
		return speaksHTTPS(base)
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		to := "elsewhere"
		if u, err := resp.Location(); err == nil {
			to = "to " + u.Scheme + "://" + u.Host
		}
		return elsewhere(fmt.Sprintf("%s redirects %s, and no redirect is followed: it could take the token along", base, to),
			"Name the address that it redirects to, if you trust it.")
	case resp.StatusCode == http.StatusNotFound && !isProblem(resp):
		return elsewhere(fmt.Sprintf("what answers at %s is no node: status 404, and no problem document", base),
			"See --addr (AION_ADDR): a node listens on http.address, 127.0.0.1:7600 unless told otherwise.")
	}
	return nil
}

// isProblem reports whether an answer is an error as nodes give it.
func isProblem(resp *http.Response) bool {
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return media == wire.ProblemType
}

// hungUp asks a node that closed a plain HTTP connection without an answer whether it speaks HTTPS
// only. Servers answer plain HTTP on such a port with a hint for some methods (Go's: not for
// DELETE), and a hint may be lost with the connection. Nothing is sent but a greeting of TLS, so
// whose certificate it is does not matter.
func (c *Client) hungUp(ctx context.Context, base *url.URL, err error) *wire.Problem {
	if base.Scheme != "http" || dialFailed(err) || ctx.Err() != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, hungUpWithin)
	defer cancel()
	d := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, ServerName: base.Hostname()}}
	conn, err := d.DialContext(ctx, "tcp", base.Host)
	if err != nil {
		return nil
	}
	conn.Close()
	return speaksHTTPS(base)
}

// hungUpWithin bounds that question.
const hungUpWithin = 2 * time.Second

func speaksHTTPS(base *url.URL) *wire.Problem {
	return elsewhere(fmt.Sprintf("%s speaks HTTPS, and was called with plain HTTP", base.Host),
		fmt.Sprintf("Write https://%s; with a certificate that this machine does not know also --ca-file (AION_CA_FILE).", base.Host))
}

// unlikeTLS recognises a node that speaks plain HTTP on a connection that was to be HTTPS.
func unlikeTLS(base *url.URL, err error) *wire.Problem {
	if !errors.Is(err, http.ErrSchemeMismatch) {
		return nil
	}
	return elsewhere(fmt.Sprintf("%s speaks plain HTTP, and was called with HTTPS", base.Host),
		fmt.Sprintf("If everybody on the way may read the token and what is sent, write http://%s; else give the node a certificate (tls.cert_file).", base.Host))
}

func elsewhere(detail, hint string) *wire.Problem {
	p := wire.New("misdirected", detail)
	p.Hint = hint
	return p
}
