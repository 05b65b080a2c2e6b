package bench

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"aion.dev/aion/transport/client"
)

// writers write all the time, and count what became of it.
type writers struct {
	m      *failing
	cancel context.CancelFunc
	all    sync.WaitGroup
	t      tally

	once  sync.Once
	found Written

	repeated atomic.Int64 // calls whose first attempt was not answered with success
}

// startCallers starts the callers. The caller of it calls stop.
func (m *failing) startCallers(ctx context.Context) *writers {
	ctx, cancel := context.WithCancel(ctx)
	w := &writers{m: m, cancel: cancel}
	for range m.Settings.Callers {
		w.all.Go(func() {
			for ctx.Err() == nil {
				w.one(ctx)
				select {
				case <-time.After(failoverPause):
				case <-ctx.Done():
				}
			}
		})
	}
	return w
}

// one writes once. If the attempt fails, for whatever reason, the call is repeated under its
// request id by a patient client, as callers do: it failed only if that fails, too.
func (w *writers) one(ctx context.Context) {
	key := client.NewRequestID()
	w.t.call(ctx, func(ctx context.Context) error {
		err := w.m.write(ctx, w.m.hasty, key)
		if err == nil || ctx.Err() != nil {
			return err
		}
		w.repeated.Add(1)
		return w.m.write(ctx, w.m.patient, key)
	}, time.Time{})
}

// stop ends the callers, and says what they found. It may be called again.
func (w *writers) stop() Written {
	w.once.Do(func() {
		w.cancel()
		w.all.Wait()
		s := w.t.waited("write")
		w.found = Written{Waited: s, Repeated: int(w.repeated.Load())}
	})
	return w.found
}

// String tells how far they are.
func (w *writers) String() string {
	w.t.mu.Lock()
	defer w.t.mu.Unlock()
	return fmt.Sprintf("%s, %d repeated, %d failed", counted(len(w.t.latencies), "write"), w.repeated.Load(), w.t.failed)
}

// burnProcessors keeps a thread busy for each processor until cool is called.
func burnProcessors(cores int) (cool func()) {
	var over atomic.Bool
	var all sync.WaitGroup
	// The callers keep as many processors of the Go runtime as they had: it is the kernel that
	// shares out time between them, the nodes and what burns.
	before := runtime.GOMAXPROCS(0)
	runtime.GOMAXPROCS(before + cores)
	for range cores {
		all.Go(func() {
			runtime.LockOSThread()
			for n := 0; !over.Load(); n++ {
				_ = n * n
			}
		})
	}
	return func() {
		over.Store(true)
		all.Wait()
		runtime.GOMAXPROCS(before)
	}
}
