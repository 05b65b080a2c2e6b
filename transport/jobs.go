package transport

import (
	"context"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/transport/wire"
)

// JobReader is what the route of jobs needs from a node.
type JobReader interface {
	Jobs(ctx context.Context, rd engine.Read) ([]rows.Job, uint64, error)
}

type jobsInput struct{ Fresh }

func (s *Server) jobs(ctx context.Context, in *jobsInput) (*answer[wire.Jobs], error) {
	rd, err := in.read()
	if err != nil {
		return nil, err
	}
	jobs, index, err := s.cfg.JobReader.Jobs(ctx, rd)
	if err != nil {
		return nil, err
	}
	body := wire.Jobs{Jobs: make([]wire.Job, len(jobs)), Indexed: at(index)}
	for i, j := range jobs {
		job := wire.Job{ID: j.ID, Kind: j.Kind.String(), Since: j.Since.Std(), Cursor: j.First, WorkflowType: j.Type, Version: versionText(j.Version), RunsChanged: j.Changed}
		if j.Kind == rows.JobCloseTree {
			job.WorkflowID, job.RunID, job.RunsWaiting, job.RunsClosed = j.WorkflowID, j.RunID.String(), j.Waiting(), j.Closed
		}
		body.Jobs[i] = job
	}
	return &answer[wire.Jobs]{Index: index, LeaderContact: s.contact(rd), Body: body}, nil
}
