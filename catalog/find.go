package catalog

import (
	"fmt"
	"slices"
	"strings"
)

// MinRefDigits is how many hex digits of a version suffice to name it, if no other loaded version
// starts with them.
const MinRefDigits = 6

// Find returns the loaded version that ref names: all 64 hex digits, or a unique prefix of at least
// MinRefDigits. Refusals: *InvalidInput (ref is malformed, or several versions start with it),
// *UnknownVersion.
func (c *Catalog) Find(ref string) (Version, error) { return c.find("", ref) }

// FindFor is Find among the versions that carry typ.
func (c *Catalog) FindFor(typ, ref string) (Version, error) {
	if reason := checkStored(typ); reason != "" {
		return Version{}, &InvalidInput{Field: "type", Reason: reason}
	}
	return c.find(typ, ref)
}

func (c *Catalog) find(typ, ref string) (Version, error) {
	if err := checkRef("version", ref); err != nil {
		return Version{}, err
	}
	found := c.matching(typ, ref)
	switch len(found) {
	case 0:
		return Version{}, c.unknownVersion(typ, ref)
	case 1:
		return found[0], nil
	}
	return Version{}, ambiguous("version", ref, found)
}

// matching lists the loaded versions that start with ref, in the order in which they were loaded:
// those that carry typ, or all if typ is "".
func (c *Catalog) matching(typ, ref string) (found []Version) {
	for _, v := range c.index.starting(ref) {
		if p := c.packages[v]; typ == "" && c.shows(p) || typ != "" && p.carries(typ) {
			found = append(found, v)
		}
	}
	slices.SortFunc(found, func(a, b Version) int { return byLoading(c.packages[a], c.packages[b]) })
	return found
}

// SeveralVersions is what a refusal says of a text with which several versions start, before it
// names some of them. What else it names, is in its fields.
const SeveralVersions = " is the start of several loaded versions: "

func ambiguous(field, ref string, found []Version) *InvalidInput {
	reason := fmt.Sprintf("%s"+SeveralVersions+"%s", Quote(ref), enumerate(short(firstOf(found)), len(found)))
	return &InvalidInput{Field: field, Reason: reason}
}

// unknownVersion returns the refusal of ref. It names the newest loaded versions first, which the
// caller is most likely to have meant.
func (c *Catalog) unknownVersion(typ, ref string) *UnknownVersion {
	loaded := c.listed()
	if typ != "" {
		loaded = c.index.carrying[typ]
	}
	return &UnknownVersion{Type: typ, Ref: ref, Loaded: newest(loaded), LoadedCount: len(loaded)}
}

// UnknownType returns the refusal to start, unroute or roll back a type without a route. It names
// the loaded versions that the type could be routed to.
func (c *Catalog) UnknownType(typ string) *UnknownWorkflowType {
	loaded := c.index.carrying[typ]
	return &UnknownWorkflowType{Type: typ, Loaded: newest(loaded), LoadedCount: len(loaded)}
}

// checkRef returns *InvalidInput for a text that cannot be the start of a version.
func checkRef(field, ref string) error {
	reason := ""
	switch {
	case len(ref) < MinRefDigits:
		reason = fmt.Sprintf("%s has %d digits; a version is named by at least %d of its hex digits", Quote(ref), len(ref), MinRefDigits)
	case len(ref) > 2*len(Version{}):
		reason = fmt.Sprintf("has %d characters; a version has %d hex digits", len(ref), 2*len(Version{}))
	case strings.IndexFunc(ref, func(r rune) bool { return r > 'f' || !isLowerHex(byte(r)) }) >= 0:
		reason = fmt.Sprintf("%s has a character that is no lower-case hex digit", Quote(ref))
	default:
		return nil
	}
	return &InvalidInput{Field: field, Reason: reason}
}
