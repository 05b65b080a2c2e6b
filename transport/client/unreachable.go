package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"time"

	"aion.dev/aion/transport/wire"
)

// distrusted recognizes a node whose certificate this side does not accept, or that does not accept
// this side. The request was not sent, and retrying the same node does not help.
func distrusted(base *url.URL, err error) *wire.Problem {
	var unverified *tls.CertificateVerificationError
	var alert tls.AlertError
	switch {
	case errors.As(err, &unverified):
		return misdirectedProblem(fmt.Sprintf("the certificate of %s is not accepted: %v", base.Host, unverified.Err),
			"If the cluster has an authority of its own, name its certificate by --ca-file FILE (AION_CA_FILE). "+
				"If the name or the time is wrong, call the node by a name in its certificate, or renew it.")
	case errors.As(err, &alert):
		return misdirectedProblem(fmt.Sprintf("%s ended the TLS handshake: %v", base.Host, alert),
			"The node's log says why: it may take only callers with a certificate of its own authority.")
	}
	return nil
}

// unknownName reports whether the error means that a host name does not resolve.
func unknownName(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && dns.IsNotFound
}

const nameHint = "The name does not resolve: see --addr (AION_ADDR)."

// noNode returns the problem of a call that reached no node.
func (c *Client) noNode(last error) *wire.Problem {
	asked := strings.Join(c.Addresses(), ", ")
	p := wire.New("unavailable", fmt.Sprintf("no node answered (asked %s): %v", asked, last))
	switch {
	case unknownName(last):
		p.Hint = nameHint
	case dialFailed(last):
		p.Hint = "Is a node running there? `aion-node serve` starts one on this machine, `aion-node dev DIR` one" +
			" with a project; --addr (AION_ADDR) names another."
	}
	return p
}

// waitNotice reports, once per client, that a call has waited noticeAfter without a connection or
// an answer.
type waitNotice struct {
	say  func(addresses []string)
	once sync.Once
}

const noticeAfter = time.Second

// watch returns a context in which connections are noticed, and a function to call after each
// failed attempt (again = true) and at the end of the call.
func (c *Client) watch(ctx context.Context) (context.Context, func(again bool)) {
	if c.notice.say == nil {
		return ctx, func(bool) {}
	}
	say := func() { c.notice.once.Do(func() { c.notice.say(c.Addresses()) }) }
	began := time.Now()
	timer := time.AfterFunc(noticeAfter, say)
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { timer.Stop() }}
	return httptrace.WithClientTrace(ctx, trace), func(again bool) {
		timer.Stop()
		if !again {
			return
		}
		if left := noticeAfter - time.Since(began); left > 0 {
			timer.Reset(left)
		} else {
			say()
		}
	}
}
