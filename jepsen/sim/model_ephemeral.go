package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
)

// startPackage executes a start on code that comes along: both the load and the start, or neither.
func (m *Model) startPackage(c *fsm.StartPackage, r *fsm.Result) (code, why string) {
	if code, why, done := m.meet(&c.Start, r); done {
		return code, why
	}
	_, types := m.concerns(&fsm.LoadPackage{Package: c.Package})
	refuse := func(code string) (string, string) {
		m.recordDeploy("load", types, code)
		return code, ""
	}
	resident := m.loaded[c.Package.Version]
	if resident != nil && resident.ManifestDigest != c.Package.ManifestDigest {
		return refuse("manifest_mismatch")
	}
	member, carried := c.Package.Member(c.Start.Type)
	if !carried {
		return "invalid_input", ""
	}
	if _, code := m.inTheWay(&c.Start); code != "" {
		return code, ""
	}
	if m.runs[c.Start.RunID] != nil {
		return "invalid_input", ""
	}
	if member.InputSchema != c.Start.CheckedSchema {
		return recheck, ""
	}
	if m.stopped(c.Start.Type, c.Package.Version) {
		return "stopped", ""
	}
	if !m.within(c.Start.Type, 0, m.givesWay(&c.Start)) {
		return "resource_exhausted", ""
	}
	signers, refused := m.unsigned(&c.Package, c.Signatures)
	if refused != "" {
		return refuse(refused)
	}
	goes := c.Ephemeral && (resident == nil || m.facts[resident.Version].owners != nil)
	if c.Allowed != nil && !goes {
		return refuse("permission_denied")
	}
	if goes && c.Allowed != nil && (resident == nil || !slices.Contains(m.facts[resident.Version].owners, c.Owner)) {
		bytes, versions := c.Bytes, uint64(1)
		if resident != nil {
			bytes = m.facts[resident.Version].bytes
		}
		for _, f := range m.facts { // any order: added up
			if slices.Contains(f.owners, c.Owner) {
				versions, bytes = versions+1, bytes+f.bytes
			}
		}
		if versions > c.Allowed.Versions || bytes > c.Allowed.Bytes {
			return refuse("resource_exhausted")
		}
	}

	if resident == nil {
		m.load(&fsm.LoadPackage{Package: c.Package, Signatures: c.Signatures}, new(fsm.Result))
		m.recordDeploy("load", types, ok)
	}
	if len(signers) > 0 {
		m.signers[c.Package.Version] = signers
	}
	f := m.facts[c.Package.Version]
	switch {
	case !goes && !c.Ephemeral:
		f.owners = nil
	case goes && !slices.Contains(f.owners, c.Owner):
		f.owners = append(slices.Clone(f.owners), c.Owner)
		if resident == nil {
			f.bytes = c.Bytes
		}
	}
	want := m.startWith(&c.Start, &run{id: c.Start.RunID, workflowID: c.Start.WorkflowID, typ: c.Start.Type, input: c.Start.Input, version: c.Package.Version, timeout: c.Start.Timeout, attrs: labelled(nil, c.Start.Attributes)})
	if a, is := r.Answer.(*fsm.PackageStarted); is && (a.Run.Version != c.Package.Version || a.Run.RunID != c.Start.RunID || a.FreshlyLoaded != (resident == nil) || a.Ephemeral != goes) {
		return ok, fmt.Sprintf("started %+v, want freshly loaded %v, ephemeral %v", a, resident == nil, goes)
	}
	return ok, answersStart(r, want)
}

// drawPackage draws a start on code that comes along.
func (w *World) drawPackage(rng *rand.Rand) fsm.Command {
	p := one(rng, packages)
	c := &fsm.StartPackage{
		Package: p, Start: fsm.StartRun{WorkflowID: one(rng, ids), RunID: w.mint(rng), Type: one(rng, p.Members).Type, Options: w.drawOptions(rng)}, Ephemeral: !odds(rng, 5),
		Bytes: 100, Owner: one(rng, []string{"", "ci", "ci", "ops"}),
	}
	c.Signatures = w.drawSignatures(p.Version, rng)
	switch rng.IntN(12) {
	case 0:
		c.Package.ManifestDigest[0] ^= 1
	case 1:
		c.Start.Type = one(rng, types)
	case 2, 3, 4, 5, 6:
		c.Allowed = &fsm.Allowance{Versions: rng.Uint64N(3), Bytes: 100 + 100*rng.Uint64N(4)}
	}
	if odds(rng, 4) {
		c.Start.Timeout = 5e9
	}
	return c
}

// ephemeralIsNot compares whether a loaded version goes with its last run, and who is charged.
func (m *Model) ephemeralIsNot(v fsm.View, version catalog.Version, want *facts) string {
	got, is := v.Ephemeral(version)
	if is != (want.owners != nil) || is && (!slices.Equal(got.Owners, want.owners) || got.Bytes != want.bytes) {
		return fmt.Sprintf("version %s is ephemeral: %v (%+v), want owners %q, %d bytes", version.Short(), is, got, want.owners, want.bytes)
	}
	return ""
}
