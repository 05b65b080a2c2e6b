package catalog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// inexact returns a number of a JSON text whose value RFC 8785 would change, because no IEEE 754
// double has exactly that value; "" if there is none. raw is valid JSON.
func inexact(raw []byte) string {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	for {
		token, err := dec.Token()
		if err != nil {
			return ""
		}
		if number, ok := token.(json.Number); ok && !isExact(string(number)) {
			return string(number)
		}
	}
}

func isExact(number string) bool {
	f, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return false
	}
	if f == 0 { // a value below all doubles still has nonzero digits
		mantissa, _, _ := strings.Cut(strings.ToLower(number), "e")
		return strings.Trim(mantissa, "-.0") == ""
	}
	if _, exponent, ok := strings.Cut(strings.ToLower(number), "e"); ok {
		if n, err := strconv.Atoi(exponent); err != nil || n < -1000 || n > 1000 {
			return false // very long numbers take time to compare and are never meant
		}
	}
	exact, ok := new(big.Rat).SetString(number)
	kept, _ := new(big.Rat).SetString(strconv.FormatFloat(f, 'g', -1, 64))
	return ok && exact.Cmp(kept) == 0
}

// rounded describes the first number in the workflows' schemas that canonical JSON does not
// preserve.
func rounded(manifest []byte) string {
	var m struct {
		Workflows []struct {
			InputSchema  json.RawMessage `json:"input_schema"`
			OutputSchema json.RawMessage `json:"output_schema"`
		} `json:"workflows"`
	}
	if json.Unmarshal(manifest, &m) != nil {
		return ""
	}
	for i, w := range m.Workflows {
		for _, s := range []struct {
			key  string
			text json.RawMessage
		}{{"input_schema", w.InputSchema}, {"output_schema", w.OutputSchema}} {
			if number := inexact(s.text); number != "" {
				return fmt.Sprintf("workflows[%d].%s holds %s", i, s.key, inexactReason(number))
			}
		}
	}
	return ""
}

func inexactReason(number string) string {
	if len(number) > 80 {
		number = number[:77] + "..."
	}
	return fmt.Sprintf("the number %s, which canonical JSON (RFC 8785) cannot keep to the digit: it reads numbers as 64-bit floats", number)
}
