package report

import (
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"aion.dev/aion/jepsen/suite"
)

// Page writes the same as one HTML page that needs nothing else, with the course of every run drawn.
func Page(w io.Writer, results []*suite.Result) error {
	return page.Execute(w, map[string]any{"S": Summarise(results), "Runs": results})
}

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"cell":      func(s *Summary, workload, set string) *Cell { return s.Cells[[2]string{workload, set}] },
	"draw":      draw,
	"reproduce": Reproduce,
	"count":     func(r *suite.Result, outcome string) int { return r.Counts[outcome] },
	"did": func(r *suite.Result) string {
		var list []string
		for _, d := range r.Done {
			if d.End > 0 {
				list = append(list, d.Name+": "+d.Did)
			}
		}
		return strings.Join(list, "; ")
	},
}).Parse(`<!doctype html>
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>What the suite found</title>
<style>
body{font:14px/1.5 system-ui,sans-serif;margin:2em auto;max-width:76em;padding:0 1em;color:#222;background:#fff}
table{border-collapse:collapse;margin:1em 0}td,th{border:1px solid #ccc;padding:.3em .6em;text-align:left;vertical-align:top}
.ok{background:#e6f4e6}.bad{background:#fbe3e3}code{font-size:12px}figure{margin:0}details{margin:.4em 0}summary{cursor:pointer}
</style>
<h1>What the suite found</h1>
<p>{{.S.Runs}} runs ({{.S.Passed}} passed, {{.S.Failed}} failed, {{.S.NotMade}} could not be made), {{.S.Ops}} operations, {{.S.Faults}} faults.
Commits {{range .S.Commits}}<code>{{.}}</code> {{end}}</p>
<table><tr><th>workload{{range .S.Sets}}<th>{{.}}{{end}}</tr>
{{range $w := .S.Workloads}}<tr><th>{{$w}}{{range $f := $.S.Sets}}{{with cell $.S $w $f}}<td class="{{if .Failed}}bad{{else}}ok{{end}}">{{.Runs}} runs, {{.Ops}} operations<br>
{{.OK}} ok, {{.Refused}} refused, {{.Failure}} failed, {{.Unknown}} unknown<br>{{.Faults}} faults{{if .Failed}}<br><b>{{.Failed}} failed</b>{{end}}{{else}}<td>-{{end}}{{end}}</tr>
{{end}}</table>
<h2>Runs</h2>
<p>Acknowledged calls a second (green), calls without a known outcome (red), the 99th percentile of latency (line, up to 5 s), and faults (grey).</p>
{{range .Runs}}<details{{if not .Passed}} open{{end}}><summary class="{{if .Passed}}ok{{else}}bad{{end}}">{{.Workload}} under {{.Faults}}, seed {{.Seed}}, {{.Nodes}} nodes: {{.Ops}} operations
({{count . "ok"}} ok, {{count . "refused"}} refused, {{count . "failed"}} failed, {{count . "unknown"}} unknown){{if not .Passed}}, did not pass{{end}}</summary>
{{draw .}}
<p>{{did .}}</p>{{if .Error}}<p class="bad">{{.Error}}</p>{{end}}{{range .Violations}}<p class="bad"><b>{{.Checker}}</b>: {{.What}}{{if .Shown}} ({{.Shown}} in the run's folder){{end}}</p>{{end}}
<p><code>{{reproduce .}}</code></p></details>
{{end}}`))

// draw is the course of a run as SVG.
func draw(r *suite.Result) template.HTML {
	const width, height = 900.0, 120.0
	n := max(len(r.Seconds), 1)
	most := 1
	for _, s := range r.Seconds {
		most = max(most, s.OK, s.Unknown)
	}
	x := func(ns int64) float64 { return float64(ns) / float64(time.Second) / float64(n) * width }
	var b strings.Builder
	fmt.Fprintf(&b, `<figure><svg viewBox="0 0 %g %g" width="100%%" role="img" aria-label="course of the run">`, width, height)
	for _, d := range r.Done {
		if d.End > 0 {
			fmt.Fprintf(&b, `<rect x="%.1f" y="0" width="%.1f" height="%g" fill="#ddd"><title>%s</title></rect>`, x(d.Begin), max(2, x(d.End-d.Begin)), height, template.HTMLEscapeString(d.Did))
		}
	}
	step := width / float64(n)
	var line []string
	for i, s := range r.Seconds {
		at := float64(i) * step
		if s.OK > 0 {
			h := height * float64(s.OK) / float64(most)
			fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="#7b7" />`, at, height-h, step*0.8, h)
			line = append(line, fmt.Sprintf("%.1f,%.1f", at+step/2, height-min(height, height*s.P99.Seconds()/5)))
		}
		if s.Unknown > 0 {
			h := height * float64(s.Unknown) / float64(most)
			fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="#c44" fill-opacity=".7"/>`, at+step*0.4, height-h, step*0.4, h)
		}
	}
	fmt.Fprintf(&b, `<polyline points="%s" fill="none" stroke="#225"/></svg></figure>`, strings.Join(line, " "))
	return template.HTML(b.String())
}
