package hot

import (
	"context"
	"io"
	"sync"
	"time"

	"aion.dev/aion/internal/crowd"
	"aion.dev/aion/transport/hot/pb"
	"aion.dev/aion/transport/wire"
	"google.golang.org/grpc/metadata"
)

const (
	maxBatch  = 256 << 10 // bytes of answers or calls that are sent together, if there is more than one
	maxUnsent = 4 << 20   // bytes of answers that may wait to be sent before no more calls are read

	maxEntering = crowd.Group // calls that may wait to be begun before no more are read
)

// served is a stream as the node sees it.
type served struct {
	stream pb.Hot_StreamServer
	begun  *crowd.Gate
	caller Caller
	calls  sync.WaitGroup
	idle   *time.Timer

	mu      sync.Mutex // guards the fields below
	active  map[uint64]context.CancelFunc
	closing bool
	out     []unsent
	unsent  int           // bytes of out
	enters  int           // calls that have not passed begun yet
	woken   chan struct{} // receives a value if there is something for the writer
	room    sync.Cond     // of mu: unsent or enters has fallen, or nothing more is read

	stuck chan struct{} // closed when the caller does not read its answers
}

type unsent struct {
	answer *pb.Answer
	size   int
	sent   func()
}

func newServed(stream pb.Hot_StreamServer, caller Caller, begun *crowd.Gate) *served {
	s := &served{stream: stream, begun: begun, caller: caller, active: map[uint64]context.CancelFunc{}, woken: make(chan struct{}, 1), stuck: make(chan struct{})}
	s.room.L = &s.mu
	return s
}

// Stream implements pb.HotServer.
func (f *Face) Stream(stream pb.Hot_StreamServer) error {
	caller, err := f.door.Open(request(stream.Context()))
	if err != nil {
		return refusal(err)
	}
	defer caller.Close()
	if err := stream.SendHeader(metadata.Pairs(Header, "1")); err != nil {
		return err
	}
	s := newServed(stream, caller, &f.begun)
	quiet := make(chan struct{})
	s.idle = time.AfterFunc(idle, func() { close(quiet) })
	defer s.idle.Stop()

	read, written, last := make(chan error, 1), make(chan struct{}), make(chan struct{})
	go func() { read <- s.read() }()
	go func() {
		defer close(written)
		s.write(last)
	}()
	gone := false
	select {
	case err = <-read:
		if gone = err != io.EOF; !gone {
			err = nil
		}
	case <-s.stuck:
		gone, err = true, asStatus(wire.New("unavailable", "the caller does not read its answers"))
	case <-quiet:
	case <-f.door.Closing():
		err = asStatus(wire.New("unavailable", "this node is shutting down"))
	}
	s.refuseMore(gone)
	s.calls.Wait()
	close(last)
	select {
	case <-written:
	case <-s.stuck: // the end of this function ends what the writer waits for
	}
	return err
}

// read begins calls until the stream ends. It begins no more while too many answers are not sent
// or too many calls wait to be begun: a message holds as many as its sender likes.
func (s *served) read() error {
	for {
		b, err := s.stream.Recv()
		if err != nil {
			return err
		}
		for _, c := range b.GetCalls() {
			s.awaitRoom()
			s.begin(c)
		}
		for _, id := range b.GetGivenUp() {
			s.giveUp(id)
		}
	}
}

func (s *served) begin(c *pb.Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closing:
		s.answer(&pb.Answer{Id: c.Id, Problem: FromProblem(wire.New("unavailable", "this node is shutting down"))}, func() {})
		return
	case s.active[c.Id] != nil:
		s.answer(&pb.Answer{Id: c.Id, Problem: FromProblem(wire.New("invalid_input", "id: a call with this id is under way on this stream"))}, func() {})
		return
	}
	if len(s.active) == 0 {
		s.idle.Stop()
	}
	ctx, cancel := context.WithCancel(s.stream.Context())
	s.active[c.Id] = cancel
	s.enters++
	s.calls.Go(func() {
		s.begun.Pass()
		s.entered()
		a, sent := s.caller.Call(ctx, c)
		a.Id = c.Id
		cancel()
		s.mu.Lock()
		defer s.mu.Unlock()
		if delete(s.active, c.Id); len(s.active) == 0 && !s.closing {
			s.idle.Reset(idle)
		}
		s.answer(a, sent)
	})
}

func (s *served) entered() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.enters--; s.enters == maxEntering-1 {
		s.room.Broadcast()
	}
}

// giveUp ends a call whose answer nobody waits for: a poll gives back what it has taken.
func (s *served) giveUp(id uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if cancel := s.active[id]; cancel != nil {
		cancel()
	}
}

// refuseMore lets no more calls begin. If the caller is gone, those under way end.
func (s *served) refuseMore(gone bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closing = true
	if gone {
		for _, cancel := range s.active {
			cancel()
		}
	}
	s.room.Broadcast()
}

// answer queues an answer for the writer. The caller holds mu.
func (s *served) answer(a *pb.Answer, sent func()) {
	size := len(a.Body) + perMessage
	s.out = append(s.out, unsent{a, size, sent})
	s.unsent += size
	wake(s.woken)
}

// perMessage is about what a call or an answer takes besides its body.
const perMessage = 128

func wake(woken chan struct{}) {
	select {
	case woken <- struct{}{}:
	default:
	}
}

func (s *served) awaitRoom() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for (s.unsent > maxUnsent || s.enters >= maxEntering) && !s.closing {
		s.room.Wait()
	}
}

// write sends answers until the last one, which is there when last is closed. Once the stream is
// broken, it only frees what they hold: whoever reads the stream ends it.
func (s *served) write(last <-chan struct{}) {
	var broken error
	for {
		batch := s.take()
		if len(batch) == 0 {
			select {
			case <-s.woken:
				continue
			case <-last:
			}
			if batch = s.take(); len(batch) == 0 {
				return
			}
		}
		if broken == nil {
			broken = s.send(batch)
		}
		for _, u := range batch {
			u.sent()
		}
	}
}

// take returns answers that fit into one message.
func (s *served) take() []unsent {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, size := 0, 0
	for n < len(s.out) && (n == 0 || size+s.out[n].size <= maxBatch) {
		size += s.out[n].size
		n++
	}
	batch := s.out[:n:n]
	if s.out = s.out[n:]; len(s.out) == 0 {
		s.out = nil
	}
	if s.unsent > maxUnsent && s.unsent-size <= maxUnsent {
		s.room.Broadcast()
	}
	s.unsent -= size
	return batch
}

// send sends answers. A caller that does not read them in time, which depends on their size, loses
// its stream: it would hold their memory.
func (s *served) send(batch []unsent) error {
	m := &pb.AnswerBatch{Answers: make([]*pb.Answer, len(batch))}
	size := 0
	for i, u := range batch {
		m.Answers[i] = u.answer
		size += u.size
	}
	slow := time.AfterFunc(30*time.Second+time.Duration(size>>16)*time.Second, func() { close(s.stuck) })
	err := s.stream.Send(m)
	if !slow.Stop() && err == nil {
		err = context.DeadlineExceeded // it was sent, but the stream ends already
	}
	return err
}
