// Package workflow is for workflow code in Go, which runs inside of Aion as a WebAssembly module.
//
//	func main() { workflow.RegisterFunc(Order) }
//
//	func Order(ctx workflow.Context, in Cart) (Receipt, error) {
//		paid, err := workflow.Activity[Payment](ctx, "charge", in.Card)
//		if err != nil {
//			return Receipt{}, err
//		}
//		if err := workflow.Sleep(ctx, 24*time.Hour); err != nil {
//			return Receipt{}, err
//		}
//		return Receipt{Payment: paid.ID}, nil
//	}
//
// A workflow may wait for months, and the machine it runs on may die at any line: what it has done
// is in the history of its run, and code that is shown its history again reaches the same point.
// All of Go that does not reach outside is the same then: goroutines, channels, select, maps,
// time.Now, crypto/rand. There are no files, no network and no environment; the timers of package
// time do not wake a run.
//
// The package asks and waits; futures, order, cancellation and limits are kept by the room around
// the module (docs/GUEST.md). It never decides what happens next, and keeps nothing between runs.
//
// Begin reading with enter.go, which is where the room comes in, and guest.go, which is how
// goroutines wait for it. Options and errors are in files of their own.
package workflow
