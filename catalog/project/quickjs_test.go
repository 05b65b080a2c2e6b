package project

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// A registry that fails is not asked again at once, and is asked again later.
func TestRegistryThatFails(t *testing.T) {
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		http.Error(w, "no", http.StatusServiceUnavailable)
	}))
	defer server.Close()
	t.Setenv("npm_config_registry", server.URL)
	var r registry
	for range 3 {
		if _, err := r.get(); err == nil {
			t.Fatal("it has the interpreter")
		}
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
	r.until = time.Now()
	if _, err := r.get(); err == nil || asked.Load() != 2 {
		t.Errorf("a minute later: %v, asked %d times", err, asked.Load())
	}
}
