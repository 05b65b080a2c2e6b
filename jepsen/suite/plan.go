package suite

import (
	"fmt"
	"slices"
	"strings"

	"aion.dev/aion/jepsen/fault"
)

// Plan fills in the schedule of a Spec from its Seed and Faults: the name of a fault or family, or
// several of them joined by "+", which then meet in pairs, "pairs" of all, "any" or "none". A fault
// requested by name that cannot be made is refused, never silently left out: a run in which nothing
// goes wrong would pass.
func (s *Spec) Plan() error {
	if s.Faults == "none" {
		return nil
	}
	every := s.Faults == "any" || s.Faults == "pairs"
	asked := strings.Split(s.Faults, "+")
	var names []string
	for _, word := range asked {
		kinds := kindsCalled(word, every)
		if len(kinds) == 0 {
			return fmt.Errorf("no fault or family is called %q; faults: %v, families: %v", word, fault.Names(), fault.Families())
		}
		var unfit error
		fits := 0
		for _, k := range kinds {
			err := k.Fits(s.Netns)
			if err == nil && k.Tagged && !s.Tagged {
				err = fmt.Errorf("%s needs a node built with -tags aionfaults", k.Name)
			}
			if err == nil && k.Mixed && !s.Mixed {
				err = fmt.Errorf("%s needs the node of another commit: --other-binary", k.Name)
			}
			if err == nil && k.Certified != s.Certified && (k.Certified || !worksWithCertificates(k)) {
				err = fmt.Errorf("%s is for nodes with certificates, or not for them", k.Name)
			}
			if err == nil && s.Workload == "callers" && slices.Contains(newcomers, k.Name) {
				err = fmt.Errorf("%s lets a node in that has no join token, and callers guards its cluster: join-token does that", k.Name)
			}
			if err != nil {
				unfit = err
				continue
			}
			fits++
			if !slices.Contains(names, k.Name) {
				names = append(names, k.Name)
			}
		}
		if fits == 0 {
			return fmt.Errorf("faults %s: %w", s.Faults, unfit)
		}
	}
	slices.Sort(names) // in the order that seeds rely on
	s.Schedule = fault.Plan(s.Seed, names, s.Length, s.Faults == "pairs" || len(asked) > 1)
	return nil
}

// newcomers are the faults that bring a node which the cluster does not know. Once callers have
// tokens it is not let in without a join token.
var newcomers = []string{"grow", "joiner-lacks", "joiner-lags", "replace-dead", "replace-one", "reuse"}

// kindsCalled lists the faults of a name or family; all if every is set.
func kindsCalled(word string, every bool) (kinds []fault.Kind) {
	for _, name := range fault.Names() {
		if k, err := fault.Get(name); err == nil && (every || k.Name == word || k.Family == word) {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// NeedsOther reports whether a set of faults contains one, requested by name or family, that needs
// a node of another commit.
func NeedsOther(faults string) bool {
	for word := range strings.SplitSeq(faults, "+") {
		if slices.ContainsFunc(kindsCalled(word, false), func(k fault.Kind) bool { return k.Mixed }) {
			return true
		}
	}
	return false
}

// NeedsTags reports whether a set of faults contains one, requested by name or family, that needs a
// node built with -tags aionfaults. It ignores those in "any" and "pairs".
func NeedsTags(faults string) bool {
	for word := range strings.SplitSeq(faults, "+") {
		kinds := kindsCalled(word, false)
		if len(kinds) > 0 && !slices.ContainsFunc(kinds, func(k fault.Kind) bool { return !k.Tagged }) {
			return true
		}
	}
	return false
}
