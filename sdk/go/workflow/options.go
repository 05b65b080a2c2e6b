package workflow

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// ActivityOption is an option of an activity: Queue, Timeout, Heartbeat, ScheduleTimeout,
// TotalTimeout, Retry or OnCancel.
type ActivityOption interface{ activity(record) record }

// ChildOption is an option of a child: ID, Version, OnParentClose, OnCancel, Timeout, ChainTimeout,
// Attributes or Retry.
type ChildOption interface{ child(record) record }

// WaitOption is an option of a wait for a signal or a condition: Timeout or OnCancel.
type WaitOption interface{ wait(record) record }

// ShieldOption is an option of a timer, or of a wait for another workflow: OnCancel.
type ShieldOption interface{ shield(record) record }

type (
	// Queue names the queue of an activity, instead of "default".
	Queue string
	// Timeout bounds one attempt of an activity, the whole run of a child, or a wait.
	Timeout time.Duration
	// Heartbeat is how often a worker must tell that it is at work on an activity.
	Heartbeat time.Duration
	// ScheduleTimeout bounds each wait of an activity for a worker.
	ScheduleTimeout time.Duration
	// TotalTimeout bounds all attempts of an activity and the waits between them.
	TotalTimeout time.Duration
	// ChainTimeout bounds the run of a child with all that continue it or try it again.
	ChainTimeout time.Duration
	// ID is the workflow id of a child, instead of "<run id>:<ordinal>".
	ID string
	// Version says which version of its code a child runs on.
	Version string
	// OnParentClose says what becomes of a child that is open when its parent ends.
	OnParentClose string
	// OnCancel says what becomes of an activity or a child that is to be cancelled; of a timer or a
	// wait, whether a request to cancel the run ends it at once, OnCancelAbandon, which is so
	// without the option, or not at all, OnCancelIgnore.
	OnCancel string
	// Attributes are what runs are found by: texts, numbers, booleans, times, lists of texts. Nil
	// removes one.
	Attributes map[string]any
)

// The versions of children. Without one it is the parent's, if its package has the type.
const (
	VersionParent Version = "parent"
	VersionRouted Version = "routed"
)

// What becomes of children whose parent ends.
const (
	OnParentCloseTerminate OnParentClose = "terminate" // as without the option
	OnParentCloseCancel    OnParentClose = "cancel"
	OnParentCloseAbandon   OnParentClose = "abandon" // it is left alone, by cancellations too
)

// What becomes of steps that are to be cancelled.
const (
	OnCancelWait    OnCancel = "wait"    // as without the option: it is asked to end, and waited for
	OnCancelAbandon OnCancel = "abandon" // it is asked, and not waited for
	OnCancelIgnore  OnCancel = "ignore"  // it is shielded: nobody asks it
)

// Retry says how an activity, or the whole run of a child, is tried again. Fields that are zero
// have the default.
type Retry struct {
	MaxAttempts  int           // 0 = no limit
	Backoff      time.Duration // before the second attempt; 0 = 1s
	Factor       float64       // by which it grows; 0 = 2
	MaxBackoff   time.Duration // 0 = 1m
	NonRetryable []string      // kinds of errors that end it at once
}

// Fields of the records of start. Options are appended as they come: sorted puts them in order.
const (
	activityQueue    = 2
	activityTimeout  = 4
	heartbeatField   = 5
	scheduleField    = 6
	totalField       = 7
	activityOnCancel = 8

	childID       = 2
	childTimeout  = 4
	chainField    = 5
	parentClose   = 6
	childVersion  = 7
	childOnCancel = 8
	attributeName = 9
	attributeText = 10

	waitTimeout  = 2
	waitOnCancel = 8

	retryAttempts   = 20
	retryBackoff    = 21
	retryFactor     = 22
	retryMaxBackoff = 23
	retryKinds      = 24
)

func (o Queue) activity(r record) record   { return r.text(activityQueue, string(o)) }
func (o Timeout) activity(r record) record { return limit(r, activityTimeout, "timeout", o) }
func (o Timeout) child(r record) record    { return limit(r, childTimeout, "timeout", o) }
func (o Timeout) wait(r record) record {
	return duration(r, waitTimeout, "timeout", time.Duration(o))
}
func (o Heartbeat) activity(r record) record { return limit(r, heartbeatField, "heartbeat", o) }
func (o ScheduleTimeout) activity(r record) record {
	return limit(r, scheduleField, "schedule timeout", o)
}
func (o TotalTimeout) activity(r record) record { return limit(r, totalField, "total timeout", o) }
func (o ChainTimeout) child(r record) record    { return limit(r, chainField, "chain timeout", o) }
func (o OnCancel) activity(r record) record     { return r.text(activityOnCancel, string(o)) }
func (o OnCancel) child(r record) record        { return r.text(childOnCancel, string(o)) }
func (o OnCancel) wait(r record) record         { return o.shield(r) }
func (o Version) child(r record) record         { return r.text(childVersion, string(o)) }
func (o OnParentClose) child(r record) record   { return r.text(parentClose, string(o)) }
func (o Retry) activity(r record) record        { return o.fields(r) }
func (o Retry) child(r record) record           { return o.fields(r) }
func (o Attributes) child(r record) record      { return o.fields(r, attributeName, attributeText) }

func (o OnCancel) shield(r record) record {
	if o == OnCancelWait {
		panic(misuse("a timer or a wait has nobody who could be waited for: OnCancelAbandon or OnCancelIgnore"))
	}
	return r.text(waitOnCancel, string(o))
}

func (o ID) child(r record) record {
	if o == "" {
		panic(misuse("the id is empty"))
	}
	return r.text(childID, string(o))
}

// limit adds a time that is more than 0.
func limit[D ~int64](r record, number byte, name string, d D) record {
	if d == 0 {
		panic(misuse("the " + name + " is 0: it must be more, or be left out"))
	}
	return duration(r, number, name, time.Duration(d))
}

func duration(r record, number byte, name string, d time.Duration) record {
	if d < 0 {
		panic(misuse(fmt.Sprintf("the %s is %s: it must not be negative", name, d)))
	}
	return r.number(number, int64(d))
}

func (o Retry) fields(r record) record {
	if o.MaxAttempts < 0 || o.MaxAttempts > math.MaxInt32 || o.Factor < 0 {
		panic(misuse("retry: attempts and factor must not be negative"))
	}
	r = r.number(retryAttempts, int64(o.MaxAttempts))
	if o.Backoff != 0 {
		r = duration(r, retryBackoff, "backoff", o.Backoff)
	}
	if o.Factor != 0 {
		r = r.float(retryFactor, o.Factor)
	}
	if o.MaxBackoff != 0 {
		r = duration(r, retryMaxBackoff, "longest backoff", o.MaxBackoff)
	}
	for _, kind := range o.NonRetryable {
		r = r.text(retryKinds, kind)
	}
	return r
}

// fields adds the names, in order, then the values.
func (o Attributes) fields(r record, name, value byte) record {
	names := slices.Sorted(maps.Keys(o))
	for _, n := range names {
		r = r.text(name, n)
	}
	for _, n := range names {
		b := mustEncode("attribute ", n, o[n])
		if b == nil {
			b = []byte("null")
		}
		r = r.bytes(value, b)
	}
	return r
}

// sorted returns the record with its fields in order. Of an option that was given twice the last
// counts.
func (r record) sorted() record {
	var fields []field
	for f, rest, ok := r.next(); ok; f, rest, ok = rest.next() {
		fields = append(fields, f)
	}
	slices.SortStableFunc(fields, func(a, b field) int { return int(a.number) - int(b.number) })
	out := make(record, 0, len(r))
	for i, f := range fields {
		list := f.number == retryKinds || f.number == attributeName || f.number == attributeText
		if list || i+1 == len(fields) || fields[i+1].number != f.number {
			out = out.bytes(f.number, f.value)
		}
	}
	return out
}
