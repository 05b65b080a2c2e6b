// Command godriver is the driver of the conformance suite for the Go client and worker: it carries
// out the steps that it reads from standard input, one JSON object a line, and says on standard
// output what came of each. ../README.md describes them.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"

	"aion.dev/aion/transport/wire"
)

// step is what a driver is asked to do.
type step struct {
	ID   int             `json:"id"`
	Do   string          `json:"do"`
	With json.RawMessage `json:"with"`
}

// reply is what came of a step: one of OK and Error.
type reply struct {
	ID    int      `json:"id"`
	OK    any      `json:"ok,omitempty"`
	Error *failure `json:"error,omitempty"`
}

// failure is how a call failed.
type failure struct {
	Code      string `json:"code"`
	Outcome   string `json:"outcome,omitempty"`
	Detail    string `json:"detail,omitempty"`
	RequestID string `json:"request_id,omitempty"`
}

func main() {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve carries out steps until standard input ends. Each runs beside the others.
func serve() error {
	d := &driver{workers: map[string]*running{}, script: newScript()}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 16<<20)
	var writing sync.Mutex
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for in.Scan() {
		var s step
		if err := json.Unmarshal(in.Bytes(), &s); err != nil {
			return fmt.Errorf("a step cannot be read: %w", err)
		}
		go func() {
			ok, err := d.do(context.Background(), s)
			r := reply{ID: s.ID, OK: ok}
			if err != nil {
				r = reply{ID: s.ID, Error: failureOf(err)}
			} else if ok == nil {
				r.OK = struct{}{}
			}
			writing.Lock()
			defer writing.Unlock()
			_ = out.Encode(r)
		}()
	}
	return in.Err()
}

func failureOf(err error) *failure {
	p, ok := errors.AsType[*wire.Problem](err)
	if !ok {
		return &failure{Code: "error", Detail: err.Error()}
	}
	f := &failure{Code: p.Code, Outcome: string(p.Outcome), Detail: p.Detail}
	p.Fact("request_id", &f.RequestID)
	return f
}
