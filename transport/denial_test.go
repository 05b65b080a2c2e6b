package transport_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/transport"
	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"
)

// guarded returns a server with two tokens, its log, and its metrics. It listens nowhere.
func guarded(t *testing.T) (*transport.Server, *bytes.Buffer, *prometheus.Registry) {
	t.Helper()
	var log bytes.Buffer
	registry := prometheus.NewRegistry()
	th := &throne{}
	s, err := transport.New(transport.Config{
		Parts: parts(&recordingAPI{}), Cluster: &seat{throne: th, self: "n1"}, Node: "n1", Registry: registry,
		Tokens: []transport.Token{{Name: "ci", Secret: "secret-of-ci"}, {Name: "viewer", Secret: "secret-of-viewer", ReadOnly: true}},
		Logger: hclog.New(&hclog.LoggerOptions{Output: &log, Level: hclog.Warn}),
	})
	if err != nil {
		t.Fatal(err)
	}
	th.give("n1", "n1:1")
	return s, &log, registry
}

// ask makes one call from an address, and returns how long the answer took.
func ask(ctx context.Context, s *transport.Server, from, method, path, token string) (status int, took time.Duration) {
	r := httptest.NewRequestWithContext(ctx, method, path, nil)
	r.RemoteAddr = from
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	began := time.Now()
	s.ServeHTTP(w, r)
	return w.Code, time.Since(began)
}

// counted sums a counter's series.
func counted(t *testing.T, registry *prometheus.Registry, name string) (sum float64) {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name {
				sum += m.GetCounter().GetValue()
			}
		}
	}
	return sum
}

// TestDenialsAreLogged: the log says who was rejected, from where and for what, without secrets, in
// one line per address and a bounded number of lines.
func TestDenialsAreLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, log, registry := guarded(t)
		ask(t.Context(), s, "192.0.2.1:99", "GET", "/v1/versions?token=hunter2hunter2", "hunter2hunter2")
		ask(t.Context(), s, "192.0.2.2:99", "POST", "/v1/routes/a%0Ab/rollback", "secret-of-viewer")
		for _, want := range []string{
			"code=unauthenticated token=none from=192.0.2.1:99 method=GET path=/v1/versions",
			"code=permission_denied token=viewer from=192.0.2.2:99 method=POST path=\"/v1/routes/a%0Ab/rollback\"",
		} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log lacks %q:\n%s", want, log)
			}
		}
		if strings.Contains(log.String(), "hunter2") || strings.Contains(log.String(), "secret") {
			t.Errorf("the log tells a secret:\n%s", log)
		}

		log.Reset()
		for i := range 5000 { // from as many addresses
			ask(t.Context(), s, fmt.Sprintf("10.0.%d.%d:1", i/250, i%250), "GET", "/v1/versions", "")
		}
		if n := strings.Count(log.String(), "\n"); n > 20 {
			t.Errorf("%d lines at once", n)
		}
		time.Sleep(10 * time.Second)
		log.Reset()
		ask(t.Context(), s, "192.0.2.9:1", "GET", "/v1/versions", "")
		if !strings.Contains(log.String(), "not_logged_of_all=4982") {
			t.Errorf("what was not logged is not told: %s", log)
		}
		if n := counted(t, registry, "aion_http_denied_total"); n != 5003 {
			t.Errorf("%v are counted", n)
		}
	})
}

// TestDenialsSlowDown: an address that is rejected repeatedly waits for its answers, longer and
// longer up to a bound; other addresses do not, nor do its own calls with a good token.
func TestDenialsSlowDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, _ := guarded(t)
		var took time.Duration
		for i := range 60 {
			var d time.Duration
			if _, d = ask(t.Context(), s, "192.0.2.1:99", "GET", "/v1/versions", fmt.Sprint("guess", i)); i < 20 && d > 0 {
				t.Fatalf("attempt %d waited %s", i+1, d)
			}
			took += d
		}
		if took < 35*time.Second || took > 45*time.Second {
			t.Errorf("40 attempts beyond 20 took %s", took)
		}
		for _, c := range []struct {
			from, token string
			status      int
		}{{"192.0.2.1:7", "secret-of-ci", 200}, {"192.0.2.2:99", "wrong", 401}, {"[2001:db8::1]:1", "", 401}} {
			if status, d := ask(t.Context(), s, c.from, "GET", "/v1/versions", c.token); d != 0 || status != c.status {
				t.Errorf("%+v: %d after %s", c, status, d)
			}
		}

		over := make(chan time.Duration, 1000)
		for range 1000 { // at once
			go func() {
				_, d := ask(t.Context(), s, "192.0.2.1:99", "GET", "/v1/versions", "")
				over <- d
			}()
		}
		synctest.Wait()
		if n := len(over); n != 1000-256 {
			t.Errorf("%d of 1000 are answered, 256 may wait", n)
		}
		for range 1000 {
			if d := <-over; d > 5*time.Second {
				t.Errorf("an answer took %s", d)
			}
		}

		ctx, hangUp := context.WithCancel(t.Context())
		hangUp()
		if _, d := ask(ctx, s, "192.0.2.1:99", "GET", "/v1/versions", ""); d != 0 {
			t.Errorf("a caller that went was kept for %s", d)
		}

		time.Sleep(time.Minute)
		if _, d := ask(t.Context(), s, "192.0.2.1:99", "GET", "/v1/versions", ""); d != 0 {
			t.Errorf("a minute later an attempt still takes %s", d)
		}
		for i := range 30 { // all addresses of one network count as one
			_, took = ask(t.Context(), s, fmt.Sprintf("[2001:db8::%x]:1", i+1), "GET", "/v1/versions", "")
		}
		if took == 0 {
			t.Error("another address of the same network is another caller")
		}
	})
}
