package main

import (
	"errors"
	"fmt"
	"time"

	"aion.dev/aion/sdk/go/workflow"
)

type relatives struct {
	Told    []any  `json:"told"`
	Five    []any  `json:"five"`
	Release string `json:"release"`
}

func family(ctx workflow.Context, _ workflow.None) (relatives, error) {
	out, me := relatives{Release: release}, workflow.Info(ctx).WorkflowID
	said := func(v any, err error) {
		if err != nil {
			v = []string{workflow.Kind(err), message(err)}
		}
		out.Told = append(out.Told, v)
	}
	var kids []*workflow.Future[any]
	for n := 1; n <= 3; n++ {
		kids = append(kids, workflow.StartChild[any](ctx, "kid", number{n}, workflow.ID(fmt.Sprintf("%s-%d", me, n))))
	}
	workflow.SignalWorkflow(ctx, me+"-2", "hurry", map[string]string{"by": me})
	said(kids[0].Get(ctx))
	workflow.CancelWorkflow(ctx, me+"-3", "not needed")
	for _, k := range kids[1:] {
		said(k.Get(ctx))
	}

	workflow.StartChild[any](ctx, "kid", number{4}, workflow.OnParentCloseAbandon, workflow.Attributes{"role": "lone"})
	said(workflow.Child[any](ctx, "kid", number{-1}))
	five := workflow.StartChild[any](ctx, "kid", number{5}, workflow.ID(me+"-5"), workflow.Retry{MaxAttempts: 2})
	for _, f := range []*workflow.Future[any]{workflow.StartResult[any](ctx, me+"-5"), five} {
		v, err := f.Get(ctx)
		if err != nil {
			return out, err
		}
		out.Five = append(out.Five, v)
	}
	return out, nil
}

type child struct {
	Hurried bool   `json:"hurried"`
	Out     int    `json:"out"`
	Parent  string `json:"parent"`
}

func kid(ctx workflow.Context, in number) (child, error) {
	_, err := workflow.Signal[any](ctx, "hurry", workflow.Timeout(time.Duration(max(in.N, -in.N))*time.Hour))
	if err != nil && !errors.Is(err, workflow.ErrTimeout) {
		return child{}, err
	}
	out, failed := workflow.Activity[number](ctx, "work", in)
	return child{err == nil, out.N, workflow.Info(ctx).Parent.WorkflowID}, failed
}
