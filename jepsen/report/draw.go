package report

import (
	"fmt"
	"html/template"
	"math"
	"strings"
	"time"

	"aion.dev/aion/jepsen/suite"
)

// Sizes of a run's picture: two panels, one above the other, over the same seconds.
const (
	pictureWidth = 960.0
	leftOf       = 46.0 // for the numbers of the scales
	callsHeight  = 130.0
	delayHeight  = 110.0
	bandHeight   = 15.0 // for the names of faults
)

// course draws what became of the calls of each second of a run, how long acknowledged ones took, and the faults behind both.
func course(r *suite.Result) template.HTML {
	seconds := max(len(r.Seconds), 1)
	names := bands(r)
	top := 8 + bandHeight*float64(len(names))
	calls, delays := top+callsHeight, top+callsHeight+18+delayHeight
	height := delays + 18
	x := func(s float64) float64 { return leftOf + (pictureWidth-leftOf)*s/float64(seconds) }
	nano := func(ns int64) float64 { return x(float64(ns) / float64(time.Second)) }
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p(`<svg viewBox="0 0 %g %.0f" width="100%%" role="img" aria-label="calls and latencies of each second, with faults" font-size="10" font-family="sans-serif">`, pictureWidth, height)

	for row, list := range names {
		for _, i := range list {
			d := r.Done[i]
			from, wide := nano(d.Begin), max(1.5, nano(d.End)-nano(d.Begin))
			y := 4 + bandHeight*float64(row)
			p(`<g><title>%s: %s, from %.1f s to %.1f s</title><rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="#d6d9e6" fill-opacity=".55"/>`,
				text(d.Name), text(d.Did), seconds64(d.Begin), seconds64(d.End), from, y, wide, delays-y)
			p(`<text x="%.1f" y="%.1f" fill="#335">%s</text></g>`, min(from+2, pictureWidth-80), y+11, text(d.Name))
		}
	}
	if r.Until > 0 {
		p(`<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" stroke="#555" stroke-dasharray="4 3"/><text x="%.1f" y="%.1f" fill="#555">healed: settling and reading</text>`,
			nano(r.Until), nano(r.Until), top, delays, min(nano(r.Until)+3, pictureWidth-140), top+10)
	}

	most := 1
	for _, s := range r.Seconds {
		most = max(most, s.OK+s.Refused+s.Failed+s.Unknown)
	}
	scale := step(most)
	for v := 0; v <= most; v += scale {
		y := calls - callsHeight*float64(v)/float64(most)
		p(`<line x1="%g" x2="%g" y1="%.1f" y2="%.1f" stroke="#ddd"/><text x="%g" y="%.1f" text-anchor="end" fill="#555">%d/s</text>`, leftOf, pictureWidth, y, y, leftOf-3, y+3, v)
	}
	for i, s := range r.Seconds {
		y := calls
		for _, part := range []struct {
			n     int
			color string
		}{{s.OK, "#4a9d5b"}, {s.Refused, "#8fb8de"}, {s.Failed, "#e8a33d"}, {s.Unknown, "#c8372d"}} {
			if part.n == 0 {
				continue
			}
			h := callsHeight * float64(part.n) / float64(most)
			y -= h
			p(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`, x(float64(i))+.5, y, max(.5, x(1)-x(0)-1), h, part.color)
		}
	}

	// Latencies on a logarithmic scale, from 1 ms to 10 s.
	level := func(d time.Duration) float64 {
		return delays - delayHeight*min(1, max(0, math.Log10(max(d.Seconds(), 1e-9)*1000)/4))
	}
	for _, d := range []time.Duration{time.Millisecond, 10 * time.Millisecond, 100 * time.Millisecond, time.Second, 10 * time.Second} {
		p(`<line x1="%g" x2="%g" y1="%.1f" y2="%.1f" stroke="#ddd"/><text x="%g" y="%.1f" text-anchor="end" fill="#555">%s</text>`, leftOf, pictureWidth, level(d), level(d), leftOf-3, level(d)+3, d)
	}
	for i, s := range r.Seconds {
		if s.OK > 0 {
			at := x(float64(i) + .5)
			p(`<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" stroke="#99a" stroke-width="2"/><circle cx="%.1f" cy="%.1f" r="2.2" fill="#225"/>`, at, at, level(s.P50), level(s.P99), at, level(s.P50))
			p(`<circle cx="%.1f" cy="%.1f" r="1.6" fill="#99a"/>`, at, level(s.P99))
		}
	}
	for s := 0; s <= seconds; s += step(seconds) {
		p(`<text x="%.1f" y="%.1f" fill="#555" text-anchor="middle">%d s</text>`, x(float64(s)), height-4, s)
	}
	p(`</svg>`)
	return template.HTML(b.String())
}

// bands puts the faults of a run into rows in which they do not overlap, and their names hardly.
func bands(r *suite.Result) (rows [][]int) {
	wide := float64(max(len(r.Seconds), 1)) * 90 / (pictureWidth - leftOf) // seconds that a name takes
	var ends []float64
	for i, d := range r.Done {
		if !d.Struck() {
			continue
		}
		from, to := seconds64(d.Begin), max(seconds64(d.End), seconds64(d.Begin)+wide)
		row := 0
		for row < len(rows) && ends[row] > from {
			row++
		}
		if row == len(rows) {
			rows, ends = append(rows, nil), append(ends, 0)
		}
		rows[row], ends[row] = append(rows[row], i), to
	}
	return rows
}

// strip draws every time of recovery that a fault's kind has, one dot each, from 1 ms to 100 s.
func strip(kinds []*Kind) template.HTML {
	const row, left, right = 16.0, 150.0, 30.0
	x := func(d time.Duration) float64 {
		return left + (pictureWidth-left-right)*min(1, max(0, math.Log10(max(d.Seconds(), 1e-9)*1000)/5))
	}
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	height := row*float64(len(kinds)) + 30
	p(`<svg viewBox="0 0 %g %.0f" width="100%%" role="img" aria-label="times of recovery of each kind of fault" font-size="10" font-family="sans-serif">`, pictureWidth, height)
	for _, d := range []time.Duration{time.Millisecond, 10 * time.Millisecond, 100 * time.Millisecond, time.Second, 10 * time.Second, 100 * time.Second} {
		p(`<line x1="%.1f" x2="%.1f" y1="4" y2="%.0f" stroke="#ddd"/><text x="%.1f" y="%.0f" text-anchor="middle" fill="#555">%s</text>`, x(d), x(d), height-20, x(d), height-6, d)
	}
	for i, k := range kinds {
		y := 12 + row*float64(i)
		p(`<text x="%g" y="%.1f" text-anchor="end">%s</text>`, left-8, y+3, text(k.Name))
		for _, d := range k.Recovery {
			p(`<circle cx="%.1f" cy="%.1f" r="3" fill="#225" fill-opacity=".3"/>`, x(d), y)
		}
		if n := len(k.Recovery); n > 0 {
			p(`<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" stroke="#c8372d" stroke-width="2"/>`, x(k.Recovery[n/2]), x(k.Recovery[n/2]), y-6, y+6)
		}
	}
	p(`</svg>`)
	return template.HTML(b.String())
}

// step is the distance between the numbers of a scale, about five of them.
func step(most int) int {
	for unit := 1; ; unit *= 10 {
		for _, by := range []int{1, 2, 5} {
			if most <= unit*by*5 {
				return unit * by
			}
		}
	}
}

func seconds64(ns int64) float64 { return float64(ns) / float64(time.Second) }

func text(s string) string { return template.HTMLEscapeString(s) }
