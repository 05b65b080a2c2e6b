package bench

import (
	"context"
	"fmt"
	"math"
	"time"
)

// How the deletion of closed runs is watched.
const (
	purgeNoise = 1 << 20 // bytes: a change of less is none
	purgeMost  = time.Hour
	purgeSteps = 1.4 // a moment is kept if so much more time has passed than at the last one
)

// purge has all closed runs deleted, and watches until the disk falls no further.
func (m *scaling) purge(ctx context.Context) (*Purged, error) {
	ctx, cancel := context.WithTimeout(ctx, purgeMost)
	defer cancel()
	leader, err := m.own.leader(ctx)
	if err != nil {
		return nil, err
	}
	now, err := m.purgedAt(ctx, leader, time.Now())
	if err != nil {
		return nil, err
	}
	purged := &Purged{Runs: now.Closed, Course: []PurgedAt{*now}}
	if purged.Runs == 0 {
		return purged, nil
	}
	m.Progress(fmt.Sprintf("deleting %s closed runs", whole(purged.Runs)))
	began := time.Now()
	if _, err := m.client.SetRetention(ctx, typeClosed, "1s"); err != nil {
		return nil, err
	}
	last, changed := *now, time.Now()
	for kept := 0.0; time.Since(changed) < m.Settings.Still; {
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return nil, fmt.Errorf("%d closed runs are left: %w", last.Closed, ctx.Err())
		}
		if now, err = m.purgedAt(ctx, leader, began); err != nil {
			return nil, err
		}
		gone := now.Closed == 0 && last.Closed > 0
		if gone {
			purged.Seconds, purged.PerSecond = now.Seconds, rounded(float64(purged.Runs)/now.Seconds, 1)
		}
		if now.Closed > 0 || math.Abs(now.all()-last.all()) > purgeNoise {
			changed = time.Now()
		}
		if gone || now.Seconds >= max(1, kept*purgeSteps) {
			kept = now.Seconds
			purged.Course = append(purged.Course, *now)
			m.Progress(fmt.Sprintf("retention: after %s s %s closed runs, %s", figure(now.Seconds), whole(now.Closed), mebibytes(now.all())))
		}
		last = *now
	}
	purged.Course = append(purged.Course, last)
	return purged, nil
}

func (m *scaling) purgedAt(ctx context.Context, leader *process, began time.Time) (*PurgedAt, error) {
	_, closed, err := m.counted(ctx)
	if err != nil {
		return nil, err
	}
	d, err := diskOf(leader.data())
	return &PurgedAt{Seconds: rounded(time.Since(began).Seconds(), 1), Closed: closed, Disk: d}, err
}
