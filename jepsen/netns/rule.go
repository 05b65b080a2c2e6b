package netns

import (
	"fmt"
	"math"
)

// Rule selects the frames of one directed link that the switch loses.
type Rule struct {
	From, To string  // ends; only frames from From to To
	Port     int     // only TCP and UDP from or to this port; 0 = every frame, including ARP
	Larger   int     // only frames of more bytes than this, including their header; 0 = of any size
	Part     float64 // fraction of those: above 0 and at most 1
}

func (r Rule) check() error {
	switch {
	case r.From == r.To:
		return fmt.Errorf("rule from %s to itself", r.From)
	case r.Port < 0 || r.Port > math.MaxUint16:
		return fmt.Errorf("port %d is not within 0 to %d", r.Port, math.MaxUint16)
	case r.Larger < 0 || r.Larger > math.MaxUint16:
		return fmt.Errorf("size %d is not within 0 to %d", r.Larger, math.MaxUint16)
	case !(r.Part > 0 && r.Part <= 1):
		return fmt.Errorf("part %v is not within 0 to 1", r.Part)
	}
	return nil
}
