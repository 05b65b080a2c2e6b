package fsm

import (
	"fmt"

	"aion.dev/aion/fsm/rows"
)

// NewestLevel is the newest level that this build knows. A level is what the state machine does: a
// build that lets a command of an earlier kind do more than before, or adds a kind, does so from a
// new level on. So all nodes of a cluster in the middle of an upgrade do the same.
//
//   - 0: what it did before there were levels.
//   - 1: facts of versions, canaries, deployments, the chain of the deploy history.
//   - 2: moves, fingerprints of open runs and the gate, archives that wait, ephemeral versions,
//     canaries in deployments and of quarantined runs.
//   - 3: join tokens, demoted nodes, callers' tokens and what they may touch.
//   - 4: signatures of packages, and who has to sign; rates of tokens; updates; namespaces;
//     packages of abi 2; attributes in the order of their values; schedules that end, or are
//     spread; steps that are asked to end and waited for; batches; what code knows of its run, and
//     attributes and time limits of children.
//   - 5: starts that say what to do about an open or a closed run, that wait or are tried again;
//     activities that are ended by their ids;
//     types and versions that are stopped, quotas of open runs, the depth of trees;
//     resets and forks;
//     schedules with several definitions of their times.
//   - 6: code that asks other workflows to end, and waits for their results;
//     packages whose modules are WebAssembly.
//   - 7: changes of single quotas of a namespace; a reset takes over no child
//     whose start a reopening had taken back; request keys of calls that are no command of the log;
//     packages whose scripts have the second driver.
const NewestLevel = 7

// RaiseLevel raises the level of the state for good. The leader proposes it once every member is
// known to run a build that knows the level. A lower level changes nothing.
type RaiseLevel struct {
	Level uint64 `cbor:"1,keyasint"`
}

// Kind implements Command.
func (*RaiseLevel) Kind() Kind { return KindRaiseLevel }

// unreadable implements unreadable: a level of a newer build is an entry that this one cannot
// understand.
func (c *RaiseLevel) unreadable() error { return knownLevel(c.Level) }

func knownLevel(level uint64) error {
	if level > NewestLevel {
		return fmt.Errorf("level %d is not known to this build, whose newest is %d: the cluster has been upgraded", level, NewestLevel)
	}
	return nil
}

func (c *RaiseLevel) apply(t *step) (Answer, Refusal) {
	if before := t.level(); c.Level > before {
		t.meta.Level = c.Level
		t.Put(rows.Key(rows.FamilyLevel), rows.Encoded(rows.Level{Level: c.Level, Index: t.index, At: t.now}))
		if before < 1 {
			t.firstFacts(c.Level)
		}
		if before < 2 && c.Level >= 2 {
			t.firstFingerprints()
		}
		if before < 4 && c.Level >= 4 {
			t.firstOrdered()
		}
	}
	return new(Done), nil
}

// level is the level at which a command is applied; commands of the same entry that stand before it
// may have raised it.
func (t *step) level() uint64 { return max(t.meta.Level, t.s.cfg.Level) }

// Level implements View.
func (p *picture) Level() uint64 { return max(p.meta.Level, p.s.cfg.Level) }
