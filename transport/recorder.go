package transport

import (
	"net/http"
	"strconv"
	"time"

	"aion.dev/aion/transport/wire"
)

// recorder is the way of an answer to its caller. It remembers what was answered, for metrics, and
// holds back the head until the body comes: a large answer needs memory for as long as its caller
// takes to read it, and where there is none a read is refused instead.
type recorder struct {
	http.ResponseWriter
	operation string
	status    int
	until     time.Time         // the answer ends by then; zero for one that sets its own deadlines
	begun     bool              // the head is on its way
	refused   bool              // a problem was answered in place of what the handler writes
	rest      *rest             // of the request's body; nil where nothing can be left of it
	room      func(int64) error // takes memory for a large answer, or refuses it; nil does neither
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

// Write implements http.ResponseWriter. Each write has a time of its own, by its length: a caller
// who does not read holds the memory of what it was to read, and a place among the calls.
func (r *recorder) Write(b []byte) (int, error) {
	if !r.begun && r.room != nil {
		if err := r.room(int64(len(b))); err != nil {
			r.refuse(err)
		}
	}
	if r.refused {
		return len(b), nil
	}
	if t := time.Now().Add(answerTime(len(b))); t.Before(r.until) {
		http.NewResponseController(r.ResponseWriter).SetWriteDeadline(t)
	}
	r.measure(len(b))
	r.begin()
	return r.ResponseWriter.Write(b)
}

// measure says how long a problem is: they are all written at once. Without a length its caller
// would wait for the end of the call, and with it for the rest of its own body; see rest.go.
func (r *recorder) measure(n int) {
	if h := r.Header(); !r.begun && r.rest.large() && h.Get("Content-Type") == wire.ProblemType && h.Get("Content-Length") == "" {
		h.Set("Content-Length", strconv.Itoa(n))
	}
}

// begin sends the head if it was not sent.
func (r *recorder) begin() {
	if r.begun {
		return
	}
	r.begun = true
	if r.rest.large() {
		// Otherwise net/http reads on before it answers, at the pace of the caller.
		http.NewResponseController(r.ResponseWriter).EnableFullDuplex()
		r.Header().Set("Connection", "close")
	}
	r.ResponseWriter.WriteHeader(r.code())
}

// FlushError lets http.ResponseController flush, and the head goes first.
func (r *recorder) FlushError() error {
	r.begin()
	return http.NewResponseController(r.ResponseWriter).Flush()
}

// refuse answers a problem in place of what was to be answered.
func (r *recorder) refuse(err error) {
	p := wire.Of(err)
	r.status = 0
	for name := range r.Header() { // what the handler said of its answer
		if name != wire.HeaderNode && name != "X-Content-Type-Options" {
			r.Header().Del(name)
		}
	}
	r.room = nil
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
