package mcp

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
)

// spoken lets what the SDK refuses in plain text, such as a method that it does not know, be an
// answer of the protocol: a client waits for the id of its request. A message without an id, or
// that is none, has no such answer, and keeps the text.
func spoken(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body) // which the node has read already
		if err != nil {
			next.ServeHTTP(w, r)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		message, err := jsonrpc.DecodeMessage(body)
		request, ok := message.(*jsonrpc.Request)
		if err != nil || !ok || !request.IsCall() {
			next.ServeHTTP(w, r)
			return
		}
		a := &refusal{ResponseWriter: w}
		next.ServeHTTP(a, r)
		if a.text != nil {
			a.answer(request.ID)
		}
	})
}

// refusal holds back an answer of status 400 in plain text, and passes on all others.
type refusal struct {
	http.ResponseWriter
	text *bytes.Buffer // nil = passed on
}

// WriteHeader implements http.ResponseWriter.
func (a *refusal) WriteHeader(status int) {
	if status == http.StatusBadRequest && strings.HasPrefix(a.Header().Get("Content-Type"), "text/plain") {
		a.text = new(bytes.Buffer)
		return
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write implements io.Writer.
func (a *refusal) Write(b []byte) (int, error) {
	if a.text != nil {
		return a.text.Write(b)
	}
	return a.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (a *refusal) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// answer answers the request with what was held back. The status is 200, because clients take any
// other for a broken connection.
func (a *refusal) answer(id jsonrpc.ID) {
	why := strings.TrimSpace(a.text.String())
	code := int64(jsonrpc.CodeInvalidRequest)
	if strings.HasSuffix(why, " unsupported") {
		code = jsonrpc.CodeMethodNotFound
	}
	b, err := json.Marshal(struct {
		Version string         `json:"jsonrpc"`
		ID      any            `json:"id"`
		Error   *jsonrpc.Error `json:"error"`
	}{"2.0", id.Raw(), &jsonrpc.Error{Code: code, Message: why}})
	if err != nil { // an id is a number or a text
		http.Error(a.ResponseWriter, why, http.StatusBadRequest)
		return
	}
	h := a.Header()
	h.Del("X-Content-Type-Options")
	h.Set("Content-Type", "application/json")
	_, _ = a.ResponseWriter.Write(b)
}
