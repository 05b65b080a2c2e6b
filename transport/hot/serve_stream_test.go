package hot

import (
	"context"
	"io"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/internal/crowd"
	"aion.dev/aion/transport/hot/pb"
	"google.golang.org/grpc"
)

// one is a stream of one message.
type one struct {
	grpc.ServerStream
	ctx context.Context
	b   *pb.CallBatch
}

func (o *one) Context() context.Context { return o.ctx }
func (*one) Send(*pb.AnswerBatch) error { return nil }
func (o *one) Recv() (*pb.CallBatch, error) {
	b := o.b
	if o.b = nil; b == nil {
		return nil, io.EOF
	}
	return b, nil
}

// counted counts the calls that have begun.
type counted struct{ begun int }

func (c *counted) Close() {}
func (c *counted) Call(context.Context, *pb.Call) (*pb.Answer, func()) {
	c.begun++
	return &pb.Answer{}, func() {}
}

// TestAMessageOfManyCallsLetsOthersRun: a message holds ten thousand calls, and what the node does
// besides does not stand behind all of them at each step.
func TestAMessageOfManyCallsLetsOthersRun(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // so that who may run waits for who does
	synctest.Test(t, func(t *testing.T) {
		const calls = 20 * crowd.Group
		b := &pb.CallBatch{}
		for id := range uint64(calls) {
			b.Calls = append(b.Calls, &pb.Call{Id: id})
		}
		c := &counted{}
		s := newServed(&one{ctx: t.Context(), b: b}, c, new(crowd.Gate))
		s.idle = time.AfterFunc(idle, func() {})
		behind := make(chan int, 1)
		go func() {
			for range 3 {
				runtime.Gosched()
			}
			behind <- c.begun
		}()
		if err := s.read(); err != io.EOF {
			t.Fatal(err)
		}
		s.calls.Wait()
		s.idle.Stop()
		if n := <-behind; c.begun != calls || n > 8*crowd.Group {
			t.Errorf("%d of %d calls had begun when another goroutine got its third turn", n, c.begun)
		}
	})
}
