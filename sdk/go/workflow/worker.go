package workflow

// worker is a goroutine that runs parts of the code, one after the other. A new goroutine would let
// its stack grow step by step, which costs more than a short run computes.
type worker struct{ tasks chan func() }

// run lets f run on a goroutine of its own.
func run(f func()) {
	var w *worker
	if n := len(guest.idle); n > 0 {
		w = guest.idle[n-1]
		guest.idle = guest.idle[:n-1]
		guest.parked--
	} else {
		w = &worker{make(chan func(), 1)}
		go w.work()
	}
	w.tasks <- f
}

func (w *worker) work() {
	for f := range w.tasks {
		f()
		guest.idle = append(guest.idle, w)
		guest.parked++
	}
}

// grow makes the stack of a worker as large as most code needs.
//
//go:noinline
func grow(b byte) byte {
	var room [12 << 10]byte
	room[int(b)<<4] = b
	return room[len(room)-1-int(b)]
}
