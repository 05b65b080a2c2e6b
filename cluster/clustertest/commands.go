package clustertest

import (
	"crypto/sha256"
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// The commands that tests propose. They depend only on their arguments, so that a test can repeat a
// command.

// Load loads and routes a package with one workflow type.
func Load(typ, content string) fsm.Envelope {
	return fsm.Envelope{Actor: "test", Command: &fsm.LoadPackage{Route: true, Package: catalog.Package{
		Version:        sha256.Sum256([]byte("version " + content)),
		Blob:           sha256.Sum256([]byte("blob " + content)),
		ManifestDigest: sha256.Sum256([]byte("manifest " + content)),
		Members:        []catalog.Member{{Type: typ, EntryModule: typ, EntryFunction: "run"}},
	}}}
}

// Start starts a run of a type under a workflow id.
func Start(typ, workflowID string) fsm.Envelope {
	return fsm.Envelope{Command: &fsm.StartRun{Type: typ, WorkflowID: workflowID, RunID: history.DeriveRunID(history.RunID{}, workflowID, 1)}}
}

// WithRequest gives a command a request id.
func WithRequest(id string, e fsm.Envelope) fsm.Envelope {
	e.Request = &fsm.Request{ID: id, Print: sha256.Sum256(fmt.Appendf(nil, "%T %s", e.Command, id))}
	return e
}
