package suite

import (
	"strings"
	"testing"
	"time"
)

// Runs in namespaces meet the faults of namespaces and none of proxies, others the reverse; what is asked for by name and cannot be is refused.
func TestPlanNetworks(t *testing.T) {
	for seed := range uint64(50) {
		for _, namespaces := range []bool{false, true} {
			for _, set := range []string{"any", "pairs"} {
				s := Spec{Seed: seed, Faults: set, Length: 30 * time.Second, Netns: namespaces}
				if err := s.Plan(); err != nil {
					t.Fatal(err)
				}
				for _, item := range s.Schedule {
					if strings.HasPrefix(item.Name, "netns-") && !namespaces || item.Name == "isolate-leader" && namespaces {
						t.Errorf("namespaces %t: %s was planned", namespaces, item.Name)
					}
				}
			}
		}
	}
	for _, c := range []struct {
		set        string
		namespaces bool
		want       string
	}{
		{"netns", false, "needs --netns"}, {"netns-flap", false, "needs --netns"}, {"network", true, "proxies"}, {"halves", true, "proxies"},
		{"netns", true, ""}, {"netns-flap", true, ""}, {"network", false, ""}, {"none", true, ""}, {"process", true, ""},
	} {
		s := Spec{Faults: c.set, Length: 10 * time.Second, Netns: c.namespaces}
		err := s.Plan()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, namespaces %t: %v, want %q", c.set, c.namespaces, err, c.want)
		}
	}
}
