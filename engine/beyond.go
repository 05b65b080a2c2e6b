package engine

import (
	"bytes"
	"fmt"
	"math/big"
	"strconv"

	"aion.dev/aion/internal/clip"
)

// Limits on JSON values that workflow code cannot handle. Without this check, the run would fail
// when its code first reads the value, and the caller would learn about it too late.
const (
	maxNesting = 200  // levels of a value below the outermost one
	maxIntBits = 4096 // of a whole number
)

// between holds the bytes that separate or end JSON values.
var between = []byte(" \t\r\n,:]}")

// beyondCode reports why workflow code cannot handle p, which must be valid JSON. The reason is ""
// if it can.
func beyondCode(p []byte) (reason string) {
	depth := 0
	for at := 0; at < len(p); {
		c := p[at]
		if depth > maxNesting && bytes.IndexByte(between, c) < 0 {
			return fmt.Sprintf("is nested deeper than %d levels, at byte %d", maxNesting, at+1)
		}
		switch {
		case c == '"':
			at = afterText(p, at)
			continue
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			depth--
		case c == '-' || c >= '0' && c <= '9':
			end := at + len(p[at:]) - len(bytes.TrimLeft(p[at:], "+-.0123456789eE"))
			if beyondNumber(string(p[at:end])) {
				return fmt.Sprintf("has a number out of range, at byte %d: %s", at+1, clip.Short(string(p[at:end])))
			}
			at = end
			continue
		}
		at++
	}
	return ""
}

// afterText returns the position after the string that begins at at.
func afterText(p []byte, at int) int {
	for at++; p[at] != '"'; at++ {
		if p[at] == '\\' {
			at++
		}
	}
	return at + 1
}

// beyondNumber reports whether a number is a float beyond 64 bits, or an integer beyond maxIntBits.
func beyondNumber(text string) bool {
	const surelyFits = maxIntBits / 4 // digits
	for i := range len(text) {
		if c := text[i]; c == '.' || c == 'e' || c == 'E' {
			_, err := strconv.ParseFloat(text, 64)
			return err != nil
		}
	}
	if len(text) <= surelyFits {
		return false
	}
	if len(text) > maxIntBits {
		return true
	}
	i, ok := new(big.Int).SetString(text, 10)
	return !ok || i.BitLen() > maxIntBits
}
