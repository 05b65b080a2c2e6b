package fsm

import "aion.dev/aion/fsm/history"

// What package audit offers: it stands on this one, so tests of this one cannot import it. They get
// it from audit_import_test.go.
var (
	Audit  func(*State) error
	Retell func(turns []history.Turn, events []history.Event) (began []history.Event, ended func(history.Data) (seq uint64, over bool))
)
