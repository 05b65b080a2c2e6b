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

// misdirected recognizes answers of servers that the address should not lead to: a node that speaks
// only HTTPS, or a proxy that redirects the caller. Nothing was done, and repeating the call does
// not help. It returns nil for any other answer.
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
		return misdirectedProblem(fmt.Sprintf("%s redirects %s, and no redirect is followed: it could take the token along", base, to),
			"Name the address that it redirects to, if you trust it.")
	case resp.StatusCode == http.StatusNotFound && !isProblem(resp):
		return misdirectedProblem(fmt.Sprintf("the server at %s is not a node: it answered status 404 without a problem document", base),
			"See --addr (AION_ADDR): a node listens on http.address, 127.0.0.1:7600 unless told otherwise.")
	}
	return nil
}

// isProblem reports whether an answer is an error in the form that nodes use.
func isProblem(resp *http.Response) bool {
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return media == wire.ProblemType
}

// checkHTTPSOnly checks whether a node that closed a plain HTTP connection without an answer speaks
// only HTTPS. For some methods, servers answer plain HTTP on such a port with a hint (Go's: not for
// DELETE), and the hint may be lost with the connection. hungUp sends nothing but a TLS greeting,
// so it accepts any certificate.
func (c *Client) checkHTTPSOnly(ctx context.Context, base *url.URL, err error) *wire.Problem {
	if base.Scheme != "http" || c.foreign || dialFailed(err) || ctx.Err() != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, checkHTTPSWithin)
	defer cancel()
	d := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, ServerName: base.Hostname()}}
	conn, err := d.DialContext(ctx, "tcp", base.Host)
	if err != nil {
		return nil
	}
	conn.Close()
	return speaksHTTPS(base)
}

// checkHTTPSWithin bounds that check.
const checkHTTPSWithin = 2 * time.Second

func speaksHTTPS(base *url.URL) *wire.Problem {
	return misdirectedProblem(fmt.Sprintf("%s speaks HTTPS, and was called with plain HTTP", base.Host),
		fmt.Sprintf("Write https://%s; with a certificate that this machine does not know also --ca-file (AION_CA_FILE).", base.Host))
}

// speaksPlainHTTP recognizes a node that speaks plain HTTP on a connection that should be HTTPS.
func speaksPlainHTTP(base *url.URL, err error) *wire.Problem {
	if !errors.Is(err, http.ErrSchemeMismatch) {
		return nil
	}
	return misdirectedProblem(fmt.Sprintf("%s speaks plain HTTP, and was called with HTTPS", base.Host),
		fmt.Sprintf("If everybody on the way may read the token and what is sent, write http://%s; else give the node a certificate (tls.cert_file).", base.Host))
}

func misdirectedProblem(detail, hint string) *wire.Problem {
	p := wire.New("misdirected", detail)
	p.Hint = hint
	return p
}
