package catalog

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestNumbersThatCanonicalJSONKeeps(t *testing.T) {
	for _, number := range []string{
		"0", "-0", "0.0", "0e99999", "1", "-1", "1.5", "0.1", "0.50", "1e3", "1E+3", "123456789012345", "9007199254740992", "-9007199254740992", "9007199254740994", "1e300", "5e-324",
		"1.7976931348623157e308", "100000000000000000000", "1e21",
	} {
		if got := inexact([]byte(`{"a":[` + number + `]}`)); got != "" {
			t.Errorf("%s is taken for one that is not kept", number)
		}
	}
	for _, number := range []string{
		"9007199254740993", "-9007199254740993", "9223372036854775807", "0.1000000000000000055511151231257827", "1e400", "-1e400", "1e-400", "123456789012345678901234567890", "1.00000000000000000001",
		"1" + strings.Repeat("0", 400), "1e-99999999", "0.1e-999999999999999999999",
	} {
		if got := inexact([]byte(`{"a":[1,` + number + `]}`)); got != number {
			t.Errorf("%s: got %q", number, got)
		}
	}
	if _, err := SchemaDigest(json.RawMessage(`{"maximum":9007199254740993}`)); err == nil || !strings.Contains(err.Error(), "the number 9007199254740993") {
		t.Errorf("a schema with such a number: %v", err)
	}
	if got := rounded([]byte(`{"workflows":[{},{"output_schema":{"enum":[1,9223372036854775807]}}]}`)); !strings.HasPrefix(got, "workflows[1].output_schema holds the number 9223372036854775807") {
		t.Errorf("got %q", got)
	}
}
