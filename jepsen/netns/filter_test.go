package netns

import "testing"

// Programs as tc takes them, by hand.
func TestFilter(t *testing.T) {
	number := map[string]int{"a": 1, "b": 2}
	for _, c := range []struct {
		name  string
		rules []Rule
		want  string
	}{
		{"none", nil, "1,6 0 0 4294967295"},
		{"everything", []Rule{{From: "a", To: "b", Part: 1}}, "4,32 0 0 8,21 0 1 1,6 0 0 2,6 0 0 4294967295"},
		{"a half", []Rule{{From: "b", To: "a", Part: 0.5}}, "6,32 0 0 8,21 0 3 2,32 0 0 4294963256,53 1 0 2147483648,6 0 0 2,6 0 0 4294967295"},
		{"large ones", []Rule{{From: "a", To: "b", Larger: 600, Part: 1}}, "6,32 0 0 8,21 0 3 1,128 0 0 0,37 0 1 600,6 0 0 2,6 0 0 4294967295"},
		{"a port", []Rule{{From: "a", To: "b", Port: 7600, Part: 1}},
			"11,32 0 0 8,21 0 8 1,40 0 0 12,21 0 6 2048,177 0 0 14,72 0 0 14,21 2 0 7600,72 0 0 16,21 0 1 7600,6 0 0 2,6 0 0 4294967295"},
	} {
		if got := compile(c.rules, number).String(); got != c.want {
			t.Errorf("%s:\n%s, want\n%s", c.name, got, c.want)
		}
	}
}

func TestQueueSays(t *testing.T) {
	for want, q := range map[string]Queue{
		"tbf rate 65536bps burst 3000b limit 16384b":                              {Rate: 65536, Room: 16384},
		"netem limit 10000 delay 20000us 10000us duplicate 1.000% corrupt 0.100%": {Delay: 20e6, Jitter: 10e6, Duplicate: 0.01, Corrupt: 0.001},
	} {
		if got := q.String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if err := q.check(); err != nil {
			t.Error(err)
		}
	}
}
