package rehearsal

import (
	"strings"
	"testing"
	"time"
)

// No test brings the runner down.
func TestHostileTests(t *testing.T) {
	r := rehearse(t, slow+`
-- slow_test.star --
def test_memory(t):
    x = "x" * 1000
    for i in range(100):
        x += x

def test_endless_activities(t):
    def think(n):
        t.start("slow", {})
    t.activity("think", think)
    t.start("slow", {})

def test_recursion(t):
    test_recursion(t)

def test_talks(t):
    for i in range(2000):
        print(i)

def test_ends_the_wrong_run(t):
    t.run("nobody").result()

def test_bad_output(t):
    t.activity("think", lambda n: "x" * 3000000)
    t.start("slow", {})
`)
	want := map[string]string{
		"test_memory": "bytes", "test_recursion": "recursively", "test_talks": "passed",
		"test_endless_activities": "activities are under way within each other", "test_ends_the_wrong_run": "nobody", "test_bad_output": "the limit is 2097152",
	}
	for _, test := range r.Files[0].Tests {
		if got := told(test.Failure); !strings.Contains(got, want[test.Test]) {
			t.Errorf("%s: got\n%s\nwant %s", test.Test, got, want[test.Test])
		}
		if test.Test == "test_talks" && len(test.Log) != maxSaid+1 {
			t.Errorf("%d lines are kept", len(test.Log))
		}
	}
}

func TestNoTestHangs(t *testing.T) {
	r := rehearse(t, chain+`
-- x_test.star --
def test_endless(t):
    while True:
        pass

def test_endless_run(t):
    run = t.start("loop", -1000000000)
    run.result()

def test_endless_stub(t):
    def think(n):
        while True:
            pass
    t.activity("think", think)
    t.start("thinker")
`, func(o *Options) { o.Timeout = 300 * time.Millisecond })
	for _, test := range r.Files[0].Tests {
		if got := told(test.Failure); !strings.HasPrefix(got, "the test takes longer than 300ms\nx_test.star:") {
			t.Errorf("%s: %s", test.Test, got)
		}
	}
}
