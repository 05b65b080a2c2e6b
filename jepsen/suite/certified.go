package suite

import (
	"fmt"
	"slices"
	"strings"

	"aion.dev/aion/jepsen/fault"
)

// NeedsCertificates reports whether a set of faults contains one, requested by name or family, that
// needs nodes with certificates.
func NeedsCertificates(faults string) bool {
	for word := range strings.SplitSeq(faults, "+") {
		if slices.ContainsFunc(kindsCalled(word, false), func(k fault.Kind) bool { return k.Certified }) {
			return true
		}
	}
	return false
}

// worksWithCertificates reports whether a fault is made in the same way where nodes have
// certificates. Others call nodes past the clients, or start more of them.
func worksWithCertificates(k fault.Kind) bool {
	return k.Family == "process" || k.Family == "network"
}

// certifiable are the workloads whose callers are all of this process.
var certifiable = []string{"catalog", "children", "idempotency", "pins", "readers", "schedules", "signals", "timers"}

func certified(s *Spec) error {
	if s.Certified && !slices.Contains(certifiable, s.Workload) {
		return fmt.Errorf("%s has callers that know no certificates: %s do", s.Workload, strings.Join(certifiable, ", "))
	}
	return nil
}
