package hot

import (
	"context"
	"math"
	"net"
	"net/http"
	"net/url"
	"time"

	"aion.dev/aion/internal/crowd"
	"aion.dev/aion/transport/hot/pb"
	"aion.dev/aion/transport/wire"
	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
)

// Protocol is the name by which callers with TLS ask for this face (ALPN). It is not "h2", which
// browsers offer too.
const Protocol = "aion-hot"

// MaxCall is the largest message that a node takes. Calls with larger bodies go over HTTP, where
// memory is reserved as a body arrives.
const MaxCall = 1 << 20

// Header, in answers over HTTP, says that a node has this face at the same address.
const Header = "Aion-Hot"

// Door decides who may call, and answers.
type Door interface {
	// Open begins a stream, or the one call of Do. r describes it as HTTP would: address, headers
	// and where it comes from. An error is a *wire.Problem or becomes one.
	Open(r *http.Request) (Caller, error)
	// Closing ends when the node shuts down.
	Closing() <-chan struct{}
}

// Caller is one who was let in.
type Caller interface {
	// Call answers one call. sent is called once the answer has left, or never will.
	Call(ctx context.Context, c *pb.Call) (a *pb.Answer, sent func())
	// Close is called when all calls are over.
	Close()
}

// Face serves connections that other servers hand over.
type Face struct {
	pb.UnimplementedHotServer
	door   Door
	server *grpc.Server
	handed *handed
	begun  crowd.Gate // passed by each call of a stream, before it does anything
}

const (
	idle       = 2 * time.Minute // without a call, until a stream ends
	window     = 1 << 20         // bytes that may be under way to a node, of a stream and of a connection
	connecting = 10 * time.Second
	pings      = 15 * time.Second // after a silence of this length the other side is asked whether it is there
	pinged     = 10 * time.Second // for it to answer
)

// NewFace returns a Face. It serves until Stop.
func NewFace(door Door) *Face {
	f := &Face{door: door, handed: newHanded()}
	f.server = grpc.NewServer(
		grpc.MaxRecvMsgSize(MaxCall), grpc.MaxSendMsgSize(math.MaxInt32), grpc.MaxConcurrentStreams(1000), grpc.MaxHeaderListSize(64<<10),
		grpc.InitialWindowSize(window), grpc.InitialConnWindowSize(window), grpc.ReadBufferSize(16<<10),
		grpc.ConnectionTimeout(connecting), grpc.WaitForHandlers(true),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: pings, Timeout: pinged, MaxConnectionIdle: idle}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: pings / 3, PermitWithoutStream: true}),
	)
	pb.RegisterHotServer(f.server, f)
	return f
}

// Serve serves what Handle is given, until Stop.
func (f *Face) Serve() error { return f.server.Serve(f.handed) }

// Handle serves a connection that begins with the preface of HTTP/2, and returns when it is closed.
// with adds to the context of requests that Open gets; nil adds nothing.
func (f *Face) Handle(c net.Conn, with func(context.Context) context.Context) {
	f.handed.serve(c, with)
}

// ServeHTTP serves a call that came to net/http: callers of other languages offer no other protocol
// than "h2".
func (f *Face) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.server.ServeHTTP(w, r) }

// Stop ends what Serve began: it waits for the calls under way until ctx ends.
func (f *Face) Stop(ctx context.Context) {
	cut := context.AfterFunc(ctx, f.server.Stop)
	f.server.GracefulStop()
	cut()
}

// Do implements pb.HotServer.
func (f *Face) Do(ctx context.Context, c *pb.Call) (*pb.Answer, error) {
	caller, err := f.door.Open(request(ctx))
	if err != nil {
		return nil, refusal(err)
	}
	defer caller.Close()
	a, sent := caller.Call(ctx, c)
	defer sent()
	if a.Problem != nil {
		return nil, asStatus(ToProblem(a.Problem))
	}
	return a, nil
}

// carried are the headers that HTTP and this face have in common.
var carried = []string{"Authorization", "Aion-Actor", "Aion-Forwarded", "Aion-Namespace", "Origin", "Sec-Fetch-Site"}

// request describes an RPC as a request of HTTP.
func request(ctx context.Context) *http.Request {
	path, _ := grpc.Method(ctx)
	r := newRequest(path)
	md, _ := metadata.FromIncomingContext(ctx)
	if host := md.Get(":authority"); len(host) > 0 {
		r.Host = host[0]
	}
	for _, name := range carried {
		if v := md.Get(name); len(v) > 0 {
			r.Header[name] = v
		}
	}
	if p, ok := peer.FromContext(ctx); ok {
		r.RemoteAddr = p.Addr.String()
		if p.LocalAddr != nil {
			ctx = context.WithValue(ctx, http.LocalAddrContextKey, p.LocalAddr)
		}
		if a, ok := p.Addr.(from); ok && a.lent.with != nil {
			ctx = a.lent.with(ctx)
		}
	}
	return r.WithContext(ctx)
}

func newRequest(path string) *http.Request {
	return &http.Request{Method: http.MethodPost, URL: &url.URL{Path: path}, Header: http.Header{}, Proto: "HTTP/2.0", ProtoMajor: 2, Body: http.NoBody}
}

func refusal(err error) error { return asStatus(wire.Of(err)) }
