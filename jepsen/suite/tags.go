package suite

import (
	"debug/buildinfo"
	"fmt"
	"slices"
	"strings"
)

// fits refuses a run whose faults the node's binary does not support: it would find nothing, and
// pass.
func (o *Options) fits(s *Spec) error {
	if s.Mixed && o.Other == "" {
		return fmt.Errorf("%s under %s needs the node of another commit: --other-binary", s.Workload, s.Faults)
	}
	if err := certified(s); err != nil {
		return err
	}
	if !s.Tagged {
		return nil
	}
	binary := o.binary(s)
	tags, err := tagsOf(binary)
	if err != nil {
		return err
	}
	if !slices.Contains(tags, "aionfaults") {
		return fmt.Errorf("%s under %s needs a node built with -tags aionfaults (--tagged-binary); %s was built with %q",
			s.Workload, s.Faults, binary, strings.Join(tags, ","))
	}
	return nil
}

// tagsOf lists the tags that a Go binary was built with.
func tagsOf(binary string) ([]string, error) {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return nil, fmt.Errorf("how %s was built: %w", binary, err)
	}
	for _, s := range info.Settings {
		if s.Key == "-tags" {
			return strings.Split(s.Value, ","), nil
		}
	}
	return nil, nil
}
