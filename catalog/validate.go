package catalog

import (
	"fmt"
	"maps"
	"slices"
	"time"
	"unicode/utf8"
)

// Validate refuses a manifest that no package may have, with *InvalidPackage, which names the key,
// or *PackageTooLarge. It does not check Version, which only the modules can confirm.
func (m *Manifest) Validate() error {
	if m.Format != Format {
		return badField("format", "is %d, only %d is known", m.Format, Format)
	}
	if m.ABI < ABI || m.ABI > MaxABI {
		return badField("abi", "is %d, only %d to %d are known", m.ABI, ABI, MaxABI)
	}
	if m.Driver != 0 && m.Driver != Driver {
		return badField("driver", "is %d, only %d is known, and without it the first is meant", m.Driver, Driver)
	}
	if len(m.Workflows) == 0 {
		return badField("workflows", "is empty; a package carries at least one workflow type")
	}
	if len(m.Workflows) > MaxMembers {
		return &PackageTooLarge{What: "workflows", Limit: MaxMembers, Size: int64(len(m.Workflows))}
	}
	seen := make(map[string]bool, len(m.Workflows))
	for i := range m.Workflows {
		w := &m.Workflows[i]
		if key, reason := w.check(); reason != "" {
			return badField(fmt.Sprintf("workflows[%d].%s", i, key), "%s", reason)
		}
		if seen[w.Type] {
			return badField(fmt.Sprintf("workflows[%d].type", i), "repeats workflow type %q", w.Type)
		}
		seen[w.Type] = true
	}
	if err := m.checkActivities(); err != nil {
		return err
	}
	if err := m.checkNotes(); err != nil {
		return err
	}
	if n := entrySize(m.Description, m.Labels, m.Members()); n > MaxEntryBytes {
		return &PackageTooLarge{What: "entry_bytes", Limit: MaxEntryBytes, Size: n}
	}
	return nil
}

// check returns the invalid key and the reason.
func (w *Workflow) check() (key, reason string) {
	if reason := checkType(w.Type); reason != "" {
		return "type", reason
	}
	if reason := checkStem(w.EntryModule); reason != "" {
		return "entry_module", reason
	}
	if reason := checkIdentifier(w.EntryFunction); reason != "" {
		return "entry_function", reason
	}
	if w.Timeout != "" {
		if d, err := time.ParseDuration(w.Timeout); err != nil {
			return "timeout", fmt.Sprintf("%s is no duration like \"72h\" or \"90s\"", clip(w.Timeout))
		} else if d <= 0 {
			return "timeout", fmt.Sprintf("is %s; it must be more than zero", w.Timeout)
		}
	}
	if w.InputSchema != nil {
		if _, err := SchemaDigest(w.InputSchema); err != nil {
			return "input_schema", err.Error()
		}
	}
	if w.OutputSchema != nil {
		if _, err := SchemaDigest(w.OutputSchema); err != nil {
			return "output_schema", err.Error()
		}
	}
	return "", ""
}

// checkActivities requires the names in sorted order, so that equal sets of activities have equal
// versions.
func (m *Manifest) checkActivities() error {
	if m.Activities == nil {
		return badField("activities", "is missing; write [] if the code schedules none")
	}
	for i, name := range m.Activities {
		field := fmt.Sprintf("activities[%d]", i)
		if reason := checkActivity(name); reason != "" {
			return badField(field, "%s", reason)
		}
		if i > 0 && m.Activities[i-1] == name {
			return badField(field, "repeats %q", name)
		}
		if i > 0 && m.Activities[i-1] > name {
			return badField(field, "%q stands after %q; the names must be sorted", name, m.Activities[i-1])
		}
	}
	return nil
}

// checkNotes checks the texts for people. encoding/json would silently turn invalid UTF-8 into
// U+FFFD.
func (m *Manifest) checkNotes() error {
	if !utf8.ValidString(m.Description) {
		return badField("description", "is not valid UTF-8")
	}
	for _, key := range slices.Sorted(maps.Keys(m.Labels)) {
		if key == "" {
			return badField("labels", "has an empty name")
		}
		if !utf8.ValidString(key) || !utf8.ValidString(m.Labels[key]) {
			return badField("labels", "has %s, which is not valid UTF-8", clip(key))
		}
	}
	return nil
}

func badField(field, format string, args ...any) *InvalidPackage {
	return &InvalidPackage{Entry: ManifestName, Field: field, Reason: fmt.Sprintf(format, args...)}
}
