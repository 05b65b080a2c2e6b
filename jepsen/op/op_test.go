package op

import (
	"fmt"
	"testing"

	"aion.dev/aion/transport/wire"
)

// A refusal of one node for lack of room is not a refusal of the cluster.
func TestClassify(t *testing.T) {
	full := map[string]any{"setting": "disk.full_bytes"}
	for _, c := range []struct {
		err  error
		want Outcome
	}{
		{nil, OK},
		{fmt.Errorf("connection refused"), Unknown},
		{&wire.Problem{Code: "not_found", Outcome: wire.Rejected}, Refused},
		{&wire.Problem{Code: "resource_exhausted", Outcome: wire.Rejected}, Refused},
		{fmt.Errorf("start: %w", &wire.Problem{Code: "resource_exhausted", Outcome: wire.Rejected, Facts: full}), Failed},
		{&wire.Problem{Code: "unavailable", Outcome: wire.Retry}, Failed},
		{&wire.Problem{Code: "internal"}, Unknown},
	} {
		if got, _ := Classify(c.err); got != c.want {
			t.Errorf("%v: %s, want %s", c.err, got, c.want)
		}
	}
}
