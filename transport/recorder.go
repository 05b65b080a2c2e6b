package transport

import (
	"net/http"
	"strconv"
	"time"

	"aion.dev/aion/transport/wire"
)

// recorder passes an answer to its caller. It records the status, for metrics, and holds back the
// head until the body arrives: a large answer needs memory as long as its caller reads it, and if
// there is none, a read is refused instead.
type recorder struct {
	http.ResponseWriter
	operation string
	status    int
	until     time.Time // the answer ends by then; zero for one that sets its own deadlines
	headSent  bool      // the head was sent
	refused   bool      // a problem replaces what the handler writes
	rest      *rest     // of the request's body; nil if nothing can be left of it
	call      *exchange // reserves memory for a large answer, or refuses it; nil does neither

	server   *Server // whose audit log gets a line; nil = none does
	request  *http.Request
	exchange *exchange // the call, once its route is known
	audited  bool      // the line was written, or there is none
}

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	switch {
	case status < 200: // not yet the answer
		r.ResponseWriter.WriteHeader(status)
	case r.status == 0:
		r.status = status
	}
}

// Write implements http.ResponseWriter. Each write has a time limit that depends on its length: a
// caller that does not read would hold the memory of its answer, and one of the slots for calls.
func (r *recorder) Write(b []byte) (int, error) {
	if !r.headSent && r.call != nil {
		if err := r.call.adjustReservation(int64(len(b))); err != nil {
			r.refuse(err)
		}
	}
	if r.refused {
		return len(b), nil
	}
	if t := time.Now().Add(answerTime(len(b))); t.Before(r.until) {
		http.NewResponseController(r.ResponseWriter).SetWriteDeadline(t)
	}
	r.setLength(len(b))
	r.audit(b)
	if r.exchange != nil {
		r.exchange.caller.quota.spend(len(b))
	}
	r.sendHead()
	return r.ResponseWriter.Write(b)
}

// setLength sets the length of a problem, which is written all at once. Without a length, its
// caller would wait until the call ends, and therefore until the rest of its own body is read; see
// rest.go.
func (r *recorder) setLength(n int) {
	if h := r.Header(); !r.headSent && r.rest.large() && h.Get("Content-Type") == wire.ProblemType && h.Get("Content-Length") == "" {
		h.Set("Content-Length", strconv.Itoa(n))
	}
}

// sendHead sends the head, unless it was sent.
func (r *recorder) sendHead() {
	if r.headSent {
		return
	}
	r.headSent = true
	if r.rest.large() {
		// Otherwise net/http reads the rest of the body before it answers, at the caller's pace.
		http.NewResponseController(r.ResponseWriter).EnableFullDuplex()
		r.Header().Set("Connection", "close")
	}
	r.ResponseWriter.WriteHeader(r.code())
}

// FlushError lets http.ResponseController flush; it sends the head first. The head of an answer
// that gets a line in the audit log waits for the body, which the line tells of.
func (r *recorder) FlushError() error {
	if r.exchange != nil && r.exchange.route.write && !r.headSent {
		return nil
	}
	r.audit(nil)
	r.sendHead()
	return http.NewResponseController(r.ResponseWriter).Flush()
}

// refuse answers with a problem instead of the handler's answer.
func (r *recorder) refuse(err error) {
	p := wire.Of(err)
	r.status = 0
	for name := range r.Header() { // headers that describe the handler's answer
		if name != wire.HeaderNode && name != "X-Content-Type-Options" {
			r.Header().Del(name)
		}
	}
	r.call = nil
	writeProblem(r, p)
	r.refused = true
}

// Unwrap lets http.ResponseController reach the connection, for deadlines.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) code() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}
