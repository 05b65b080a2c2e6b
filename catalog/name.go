package catalog

import (
	"fmt"

	"aion.dev/aion/internal/namespace"
)

// MaxNameLength bounds workflow types, activity names and entry functions, in bytes.
const MaxNameLength = 200

// checkType returns why typ cannot name a workflow type, or "". Types appear in URLs, in
// TYPE=VERSION arguments and in file names, so they have the narrow alphabet of workflow ids.
func checkType(typ string) string {
	return checkName(typ, "", "workflow type")
}

// checkStored is checkType for a type as it is stored, with its namespace.
func checkStored(typ string) string { return checkType(namespace.Bare(typ)) }

// checkActivity returns why name cannot name an activity, or "". Slashes may group activities.
func checkActivity(name string) string {
	return checkName(name, "/", "activity name")
}

func checkName(s, also, what string) string {
	switch {
	case s == "":
		return "is an empty " + what
	case len(s) > MaxNameLength:
		return fmt.Sprintf("is a %s of %d bytes, at most %d are allowed", what, len(s), MaxNameLength)
	case s[0] == '.':
		return fmt.Sprintf("%s starts with a dot", Quote(s))
	}
	for i := range len(s) {
		c := s[i]
		ok := isLetter(c) || isDigit(c) || c == '.' || c == '_' || c == ':' || c == '@' || c == '-' || also != "" && c == also[0]
		if !ok {
			return fmt.Sprintf("%s is no %s: allowed are A-Z a-z 0-9 . _ : @ -%s", Quote(s), what, pad(also))
		}
	}
	return ""
}

// checkIdentifier returns why s cannot name a function, or "".
func checkIdentifier(s string) string {
	if len(s) > MaxNameLength {
		return fmt.Sprintf("is a name of %d bytes, at most %d are allowed", len(s), MaxNameLength)
	}
	for i := range len(s) {
		if c := s[i]; !isLetter(c) && c != '_' && (i == 0 || !isDigit(c)) {
			return fmt.Sprintf("%s is no function name", Quote(s))
		}
	}
	if s == "" {
		return "is an empty function name"
	}
	return ""
}

func pad(s string) string {
	if s == "" {
		return ""
	}
	return " " + s
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
