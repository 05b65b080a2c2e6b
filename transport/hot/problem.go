package hot

import (
	"bytes"
	"encoding/json"
	"net/http"

	"aion.dev/aion/transport/hot/pb"
	"aion.dev/aion/transport/wire"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// FromProblem returns p as it crosses the network.
func FromProblem(p *wire.Problem) *pb.Problem {
	m := &pb.Problem{Status: uint32(p.Status), Code: p.Code, Title: p.Title, Detail: clean(p.Detail), Outcome: string(p.Outcome), Hint: clean(p.Hint)}
	if len(p.Facts) > 0 {
		facts, err := json.Marshal(p.Facts)
		if err != nil {
			return FromProblem(wire.New("internal", "the facts of "+p.Code+" cannot be encoded"))
		}
		m.Facts = facts
	}
	return m
}

// ToProblem reverses FromProblem. Numbers among the facts are json.Number, as over HTTP.
func ToProblem(m *pb.Problem) *wire.Problem {
	p := &wire.Problem{Status: int(m.GetStatus()), Code: m.GetCode(), Title: m.GetTitle(), Detail: m.GetDetail(), Outcome: wire.Outcome(m.GetOutcome()), Hint: m.GetHint()}
	if len(m.GetFacts()) > 0 {
		d := json.NewDecoder(bytes.NewReader(m.GetFacts()))
		d.UseNumber()
		if d.Decode(&p.Facts) != nil {
			p.Facts = nil
		}
	}
	return p
}

// clean replaces what is no UTF-8, which protobuf does not carry, as JSON does.
func clean(text string) string { return string(bytes.ToValidUTF8([]byte(text), []byte("\ufffd"))) }

// asStatus returns p as the error of an RPC.
func asStatus(p *wire.Problem) error {
	s := status.New(codeOf(p), clean(p.Error()))
	if with, err := s.WithDetails(FromProblem(p)); err == nil {
		s = with
	}
	return s.Err()
}

// problemOf returns the problem that an RPC's error carries; nil if it carries none.
func problemOf(err error) *wire.Problem {
	s, ok := status.FromError(err)
	if !ok {
		return nil
	}
	for _, d := range s.Details() {
		if p, ok := d.(*pb.Problem); ok {
			return ToProblem(p)
		}
	}
	return nil
}

// codeOf returns what gRPC calls such a problem, for callers that look at nothing else.
func codeOf(p *wire.Problem) codes.Code {
	switch {
	case p.Outcome == wire.Retry:
		return codes.Unavailable
	case p.Outcome == wire.Unknown:
		return codes.Unknown
	}
	switch p.Status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusUnsupportedMediaType:
		return codes.InvalidArgument
	case http.StatusUnauthorized:
		return codes.Unauthenticated
	case http.StatusForbidden, http.StatusMisdirectedRequest:
		return codes.PermissionDenied
	case http.StatusNotFound:
		return codes.NotFound
	case http.StatusMethodNotAllowed:
		return codes.Unimplemented
	case http.StatusRequestTimeout:
		return codes.DeadlineExceeded
	case http.StatusConflict:
		return codes.FailedPrecondition
	case http.StatusRequestEntityTooLarge, http.StatusTooManyRequests:
		return codes.ResourceExhausted
	}
	return codes.Internal
}
