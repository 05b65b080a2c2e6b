package transport_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// BenchmarkToken is what a token costs a start, from the call to the answer, on a state without
// Raft: open is a cluster without tokens, and the others are asked with a token of those grants.
// All start in turn in this one process; the ratios are those of medians.
//
//	go test ./transport -run '^$' -bench 'BenchmarkToken$' -benchtime 3000x
func BenchmarkToken(b *testing.B) {
	type caller struct {
		name, secret string
		host         *host
		took         []time.Duration
	}
	code := enginetest.Pack(b, enginetest.Code{"order": "def run(ctx, input):\n    return input\n"})
	node := func() *host {
		n := enginetest.NewFast(b)
		n.Deploy(code)
		return listen(b, n, &throne{}, "n1").lead()
	}
	all := []*caller{{name: "open", host: node()}}
	for _, spec := range []wire.TokenSpec{{Grants: []string{"start"}}, {Grants: []string{"start:namespace=default,type=order"}}, {Grants: []string{"start"}, TokenRates: wire.TokenRates{Rate: 1e6}}} {
		h := node()
		var first wire.TokenAnswer
		if r := h.send(b, "POST", "/v1/auth/bootstrap", `{}`); json.Unmarshal([]byte(r.body), &first) != nil {
			b.Fatal(r.body)
		}
		root, err := client.New(client.Config{Addresses: []string{h.URL}, Token: first.Secret, Face: client.FaceHTTP})
		if err != nil {
			b.Fatal(err)
		}
		spec.Name = "caller"
		a, err := root.CreateToken(b.Context(), spec)
		root.Close()
		if err != nil {
			b.Fatal(err)
		}
		name := strings.Join(spec.Grants, " ")
		if spec.Rate > 0 {
			name += "+rate"
		}
		all = append(all, &caller{name: name, secret: a.Secret, host: h})
	}
	n := 0
	for b.Loop() {
		for range all {
			c := all[n%len(all)] // the first of a round is not always the same
			r := httptest.NewRequest("POST", "http://127.0.0.1/v1/workflows", strings.NewReader(fmt.Sprintf(`{"type":"order","workflow_id":"o-%d"}`, n)))
			r.RemoteAddr = "127.0.0.1:1"
			if c.secret != "" {
				r.Header.Set("Authorization", "Bearer "+c.secret)
			}
			w := httptest.NewRecorder()
			began := time.Now()
			c.host.Config.Handler.ServeHTTP(w, r)
			c.took = append(c.took, time.Since(began))
			if w.Code != 201 && w.Code != 200 {
				b.Fatal(w.Body)
			}
			n++
		}
		n++
	}
	for _, c := range all {
		slices.Sort(c.took)
		median := float64(c.took[len(c.took)/2])
		if c == all[0] {
			b.ReportMetric(median/1000, "us/open")
			continue
		}
		b.ReportMetric(median/float64(all[0].took[len(all[0].took)/2]), strings.ReplaceAll(c.name, " ", "_")+"/open")
	}
	b.ReportMetric(0, "ns/op")
}
