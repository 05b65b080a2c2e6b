package workflow

import (
	"runtime"
	"runtime/metrics"
)

// guest is the run's code, seen from inside: one memory holds one run. Goroutines of one guest
// never run at the same time, so nothing here needs a lock.
var guest struct {
	ctx     *scope // of the entry function
	know    func() // ends ctx
	known   bool   // code knows that the run is to be cancelled
	knownBy *Error // what told it; nil = code has asked

	functions  map[string]function
	signals    map[string]signalHandler
	updates    map[string]updateHandler
	queries    map[string]queryHandler
	conditions []*condition // those that are waited for, in the order in which they were started

	waits  []*wait // those that are open, by token
	free   []*wait
	idle   []*worker
	parked int // goroutines that only the room can wake, and idle workers

	traced bool            // the room wants to know where code is
	reads  string          // what runs, if it may only read: "a query handler"
	gate   chan struct{}   // before which those wait who want to ask; nil = they may
	gates  []chan struct{} // that open at the next entry at which code may ask
}

// wait is where one goroutine stands still until the room resumes it.
type wait struct {
	token  int64
	over   chan int32 // the position of the future that decided
	parked bool       // nothing else can wake it
	left   bool       // nobody stands there any more
}

// open returns a wait that nobody uses.
func openWait() *wait {
	if n := len(guest.free); n > 0 {
		w := guest.free[n-1]
		guest.free = guest.free[:n-1]
		return w
	}
	w := &wait{token: int64(len(guest.waits)), over: make(chan int32, 1)}
	guest.waits = append(guest.waits, w)
	return w
}

// wake lets the goroutine go on whose wait is over.
func wake(token int64, at int32) {
	w := guest.waits[token]
	if w.left {
		w.left = false
		guest.free = append(guest.free, w)
		return
	}
	if w.parked {
		w.parked = false
		guest.parked--
	}
	w.over <- at
}

// runnable is the metric that counts the goroutines which could run now.
var runnable = []metrics.Sample{{Name: "/sched/goroutines/runnable:goroutines"}}

func init() { metrics.Read(runnable) } // its first call builds tables, which are so part of the image

// settle lets goroutines run until each of them waits. Only the goroutine of enter calls it, which
// never waits for anything itself: a Go program all of whose goroutines wait ends.
func settle() {
	for {
		runtime.Gosched()
		if foreign() == 0 {
			return
		}
		if metrics.Read(runnable); runnable[0].Value.Uint64() == 0 {
			return
		}
	}
}

// foreign returns how many goroutines there are besides the one of enter and those that are parked:
// those that run, and those which the code itself keeps waiting.
func foreign() int { return runtime.NumGoroutine() - 1 - guest.parked }

// ask is called before code asks the room for something that changes the run.
func ask() {
	for guest.gate != nil {
		<-guest.gate
	}
	if guest.reads != "" {
		panic(misuse(guest.reads + " only reads: it cannot start, wait, send, draw random numbers or change the run"))
	}
	if guest.traced {
		tellWhere()
	}
}

// look lets a function read, and reports whether it came to its end. It may not wait.
func look(what string, f func()) (ended bool) {
	if foreign() > 0 { // timers of Go may have run out: what they wake must not be taken for f
		guest.gate = make(chan struct{})
		settle()
		guest.gates = append(guest.gates, guest.gate)
		guest.gate = nil
	}
	guest.reads = what
	run(func() {
		defer func() { ended = true }()
		f()
	})
	settle()
	guest.reads = ""
	return ended
}

// admit lets the goroutines go on that wanted to ask while code could only read.
func admit() {
	for _, gate := range guest.gates {
		close(gate)
	}
	guest.gates = nil
}

// await waits for futures, and returns the position of the one that decided, or -1. If ctx was
// derived from that of the code and ends, the futures are cancelled.
func await(ctx Context, mode int32, ids []uint64) int {
	own := scopeOf(ctx)
	if guest.reads != "" && mode == waitOne && roomState(int64(ids[0]))>>32 != 0 {
		return 0
	}
	ask()
	w := openWait()
	at := roomWait(w.token, mode, pointer(ids), int32(len(ids)))
	if at == -2 {
		at = w.park(ctx, own, ids)
	}
	guest.free = append(guest.free, w)
	return int(at)
}

func (w *wait) park(ctx Context, own *scope, ids []uint64) int32 {
	if ctx == Context(own) || ctx.Done() == own.Done() {
		w.parked = true
		guest.parked++
		return <-w.over
	}
	alarm := setAlarm(ctx)
	select {
	case at := <-w.over:
		alarm.stop()
		return at
	case <-ctx.Done():
		ask()
		alarm.stop()
	case <-alarm.over():
		ask()
		guest.free = append(guest.free, alarm.wait)
	}
	for _, id := range ids {
		roomCancel(int64(id))
	}
	select {
	case at := <-w.over:
		return at
	default:
	}
	w.parked = true
	guest.parked++
	return <-w.over
}

// start starts something, and returns its ordinal.
func start(ctx Context, kind int32, r record) uint64 {
	own := scopeOf(ctx)
	ask()
	id := roomStart(kind, pointer(r), int32(len(r)))
	if ctx != Context(own) && ctx.Err() != nil {
		roomCancel(id)
	}
	return uint64(id)
}

// learn notes that an error tells code of the request to cancel the run, if there is one.
func learn(by *Error) {
	if !guest.known && roomCancelled(0) == 1 {
		guest.known, guest.knownBy = true, by
		guest.know()
	}
}
