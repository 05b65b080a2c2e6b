package transport

import (
	"net/http/httptest"
	"net/url"
	"testing"
)

// TestTook: what usual callers send is read directly; what needs words goes to huma.
func TestTook(t *testing.T) {
	for _, c := range []struct {
		query, accept string
		in            taker
		want          bool
	}{
		{"", "", &startInput{}, true},
		{"wait=30s", "*/*", &startInput{}, true},
		{"wait=30s&run_id=5&consistency=stale&min_index=7", "application/json", &resultInput{}, true},
		{"", "", &tasksInput{}, true},
		{"", "", &pollInput{}, false}, // no queue in the path
		{"wait=30s", "", &describeInput{}, false},
		{"wait=30s", "", &tasksInput{}, false},
		{"wait=3%30s", "", &startInput{}, false},
		{"wait=3+0s", "", &startInput{}, false},
		{"consistency=fresh", "", &resultInput{}, false},
		{"min_index=-1", "", &resultInput{}, false},
		{"wait=", "", &startInput{}, false},
		{"", "application/json, */*", &startInput{}, false},
		{"", "text/html", &startInput{}, false},
	} {
		r := httptest.NewRequest("GET", "http://n/?"+c.query, nil)
		r.SetPathValue("id", "w")
		if c.accept != "" {
			r.Header.Set("Accept", c.accept)
		}
		query, err := url.ParseQuery(c.query)
		if err != nil {
			t.Fatal(err)
		}
		if got := (&exchange{r: r, query: query}).took(c.in); got != c.want {
			t.Errorf("%T with %q, accepting %q: %t", c.in, c.query, c.accept, got)
		}
	}
	r := httptest.NewRequest("GET", "http://n/?wait=30s&min_index=7&consistency=stale&run_id=5", nil)
	r.SetPathValue("id", "w")
	var in resultInput
	if want := (resultInput{Watched{Looked{Fresh{"stale", 7}, OfRun{"w", "5"}}, Waits{"30s"}}}); !(&exchange{r: r, query: r.URL.Query()}).took(&in) || in != want {
		t.Errorf("%+v, want %+v", in, want)
	}
}
