package report

import (
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"slices"
	"time"

	"aion.dev/aion/jepsen/suite"
)

// Pages writes the same as HTML that needs nothing else: an index, and beside it in a folder "runs" one page for each run, with its course drawn.
func Pages(index string, results []*suite.Result, x Extra) error {
	dir := filepath.Join(filepath.Dir(index), "runs")
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var runs []run
	taken := map[string]bool{}
	for _, r := range results {
		name := filepath.Base(r.Dir)
		for n := 2; taken[name]; n++ {
			name = fmt.Sprintf("%s.%d", filepath.Base(r.Dir), n)
		}
		taken[name] = true
		runs = append(runs, run{Result: r, Page: "runs/" + name + ".html", folder: dir})
	}
	for i := range runs {
		if err := write(filepath.Join(filepath.Dir(index), runs[i].Page), runPage, &runs[i]); err != nil {
			return err
		}
	}
	slices.SortStableFunc(runs, func(a, b run) int {
		switch {
		case a.Passed() == b.Passed():
			return 0
		case a.Passed():
			return 1
		}
		return -1
	})
	return write(index, indexPage, map[string]any{
		"S": Summarise(results), "Runs": runs, "Counted": markup(counted), "Gate": markup(x.Gate), "Sim": markup(x.Sim), "Not": markup(withoutTitle(x.Not)),
	})
}

func write(path string, t *template.Template, data any) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := t.ExecuteTemplate(f, t.Name(), data); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return f.Close()
}

// run is a run and its page.
type run struct {
	*suite.Result
	Page   string // relative to the index
	folder string // of the pages of runs
}

// Kept links to a file that the run left, from its page; nothing if it is gone.
func (r *run) Kept(name string) template.HTML {
	path := filepath.Join(r.Dir, name)
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	to, err := filepath.Rel(r.folder, path)
	if err != nil {
		to = path
	}
	return template.HTML(fmt.Sprintf(`<a href="%s">%s</a> `, text(filepath.ToSlash(to)), text(name)))
}

// Files lists what is kept of a run that people may want to read.
func (r *run) Files() []string {
	var names []string
	entries, _ := os.ReadDir(r.Dir)
	for _, e := range entries {
		if e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	return names
}

func (r *run) Verdict() string {
	switch {
	case r.Error != "":
		return "could not be made"
	case r.Passed():
		return "passed"
	}
	return fmt.Sprintf("failed: %d violations", len(r.Violations))
}

var functions = template.FuncMap{
	"cell":      func(s *Summary, workload, set string) *Count { return s.Cells[[2]string{workload, set}] },
	"latency":   func(s *Summary, workload, which string) *Latency { return s.Latency[[2]string{workload, which}] },
	"course":    course,
	"strip":     strip,
	"reproduce": Reproduce,
	"replay":    Replay,
	"number":    number,
	"outcomes":  outcomes,
	"ms":        func(ns int64) string { return fmt.Sprintf("%.1f s", seconds64(ns)) },
	"short":     short,
	"stamp":     func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") },
	"recovered": func(r *run, i int) string {
		if i >= len(r.Recovery) {
			return "-"
		}
		switch r.Recovery[i] {
		case suite.Never:
			return "never"
		case suite.Masked:
			return "-"
		}
		return short(r.Recovery[i])
	},
}

const style = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body{font:14px/1.5 system-ui,sans-serif;margin:2em auto;max-width:84em;padding:0 1em;color:#222;background:#fff}
h1,h2,h3{line-height:1.2}h2{margin-top:2em}
table{border-collapse:collapse;margin:1em 0}td,th{border:1px solid #ccc;padding:.25em .6em;text-align:left;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.wide{overflow-x:auto}
.ok{background:#e6f4e6}.bad{background:#fbe0df}.none{background:#f4f0e0}
code{font:12px/1.4 ui-monospace,monospace;background:#f4f4f4;padding:0 .2em;overflow-wrap:anywhere}small{color:#555}
.key i{display:inline-block;width:.8em;height:.8em;margin:0 .3em 0 1em}
</style>
`

var indexPage = template.Must(template.New("index").Funcs(functions).Parse(style + `<title>What the suite found</title>
<h1>What the suite found</h1>
{{with .S}}<table>
<tr><th>runs<td>{{number .Runs}}: {{number .Passed}} passed, <b>{{.Failed}} failed</b>, {{.NotMade}} could not be made
<tr><th>operations<td>{{number .Ops}}: {{number (index .Outcomes "ok")}} ok, {{number (index .Outcomes "refused")}} refused, {{number (index .Outcomes "failed")}} failed, {{number (index .Outcomes "unknown")}} unknown
<tr><th>of these under faults<td>{{number .Load}}; the others repeat what had no known outcome, and read how everything stands in the end
<tr><th>faults<td>{{number .Faults}}, {{short .Under}} in all
<tr><th>from, to<td>{{stamp .First}}, {{stamp .Last}} UTC
<tr><th>machine<td>{{range .Machines}}{{.}}<br>{{end}}nodes, proxies, workers and clients share it
</table>{{end}}
{{.Counted}}
<table><tr><th>build<th class=n>runs<th class=n>passed<th class=n>failed<th class=n>not made<th class=n>operations<th class=n>faults<th>from<th>to</tr>
{{range .S.Commits}}<tr><td><code>{{.Name}}</code><td class=n>{{.Runs}}<td class=n>{{.Passed}}<td class=n>{{.Failed}}<td class=n>{{.NotMade}}<td class=n>{{number .Ops}}<td class=n>{{number .Faults}}<td>{{stamp .First}}<td>{{stamp .Last}}</tr>
{{end}}</table>
<p><a href="#matrix">Workloads and faults</a> · <a href="#faults">Faults and recovery</a> · <a href="#latency">Latency</a> · <a href="#gate">The gate</a> · <a href="#sim">Simulation</a> · <a href="#not">Not tested</a> · <a href="#runs">All runs</a></p>

<h2 id="bad">What did not pass</h2>
{{if .S.Bad}}{{range .Runs}}{{if not .Passed}}<p class="bad"><a href="{{.Page}}">{{.Workload}} under {{.Faults}}, seed {{.Seed}}</a>, {{.Commit}}: {{with .Error}}{{.}}{{end}}{{range .Violations}}<br><b>{{.Checker}}</b>: {{.What}}{{end}}<br><code>{{reproduce .Result}}</code></p>
{{end}}{{end}}{{else}}<p>Nothing.</p>{{end}}

<h2 id="matrix">Workloads and faults</h2>
<p>Operations are told as ok / refused / failed / unknown.</p>
<div class="wide"><table><tr><th>workload{{range .S.Sets}}<th>{{.}}{{end}}<th>all</tr>
{{define "cell"}}{{if .}}<td class="{{if .Failed}}bad{{else if .NotMade}}none{{else}}ok{{end}}"><b>{{.Verdict}}</b>, {{.Runs}} runs<br>{{number .Ops}} operations<br><small>{{outcomes .Outcomes}}</small><br>{{number .Faults}} faults{{else}}<td class="none">-{{end}}{{end}}
{{range $w := .S.Workloads}}<tr><th>{{$w}}{{range $f := $.S.Sets}}{{template "cell" (cell $.S $w $f)}}{{end}}{{template "cell" (index $.S.ByWorkload $w)}}</tr>
{{end}}<tr><th>all{{range $f := .S.Sets}}{{template "cell" (index $.S.BySet $f)}}{{end}}<td><b>{{number .S.Runs}} runs</b><br>{{number .S.Ops}} operations<br><small>{{outcomes .S.Outcomes}}</small><br>{{number .S.Faults}} faults</tr></table></div>

<h2 id="faults">Faults, and how long the cluster took to recover</h2>
<p>From the end of a fault to the next acknowledged change, by any client: of a fault that the cluster can live with it is about the pause between two calls. Faults that ended while another one lasted are counted, but say
nothing of it; one that strikes before the cluster has recovered from the one before lengthens the time. Each dot is a fault, the red line is the median; the scale is logarithmic.</p>
{{strip .S.Kinds}}
<table><tr><th>family<th>fault<th class=n>struck<th class=n>came to nothing<th class=n>errors<th class=n>lasted p50<th class=n>longest<th class=n>recovery told of<th class=n>p50<th class=n>p99<th class=n>longest<th class=n>never</tr>
{{define "kind"}}<td class=n>{{number .Struck}}<td class=n>{{.Idle}}<td class=n>{{.Errors}}<td class=n>{{.Lasted.At 0.5}}<td class=n>{{.Lasted.At 1.0}}<td class=n>{{len .Recovery}}<td class=n>{{.Recovery.At 0.5}}<td class=n>{{.Recovery.At 0.99}}<td class=n>{{.Recovery.At 1.0}}<td class=n>{{.Never}}{{end}}
{{range .S.Families}}<tr><th>{{.Name}}<th>all{{template "kind" .}}</tr>
{{end}}{{range .S.Kinds}}<tr><td>{{.Family}}<td>{{.Name}}{{if .Tagged}} <small>(tagged)</small>{{end}}{{template "kind" .}}</tr>
{{end}}</table>
<p>The longest time of a run without any acknowledged change, faults included: a majority that is down acknowledges nothing.</p>
<table><tr><th>faults<th class=n>runs<th class=n>p50<th class=n>p99<th class=n>longest</tr>
{{range $f := .S.Sets}}{{$l := index $.S.Longest $f}}<tr><td>{{$f}}<td class=n>{{len $l}}<td class=n>{{$l.At 0.5}}<td class=n>{{$l.At 0.99}}<td class=n>{{$l.At 1.0}}</tr>
{{end}}</table>

<h2 id="latency">Latency of acknowledged changes</h2>
<p>The median over runs of the time that half of a run's changes took, and 99 in a hundred, and the longest of all. A caller gives up after 10 s. The load is as high as this machine bears, so this is no benchmark.</p>
<table><tr><th rowspan=2>workload<th colspan=3>without faults<th colspan=3>with faults</tr><tr><th class=n>p50<th class=n>p99<th class=n>longest<th class=n>p50<th class=n>p99<th class=n>longest</tr>
{{define "latency"}}{{if .}}<td class=n>{{.P50.At 0.5}}<td class=n>{{.P99.At 0.5}}<td class=n>{{.Max.At 1.0}}{{else}}<td>-<td>-<td>-{{end}}{{end}}
{{range $w := .S.Workloads}}<tr><td>{{$w}}{{template "latency" (latency $.S $w "none")}}{{template "latency" (latency $.S $w "faults")}}</tr>
{{end}}</table>
<p>What the time of a run went into, on average: {{range .S.Parts}}{{.Name}} {{short .Mean}}; {{end}}</p>

<h2 id="gate">The gate: seeded bugs</h2><div class="wide">{{with .Gate}}{{.}}{{else}}<p>It was not run for this report.</p>{{end}}</div>
<h2 id="sim">Simulation</h2>{{with .Sim}}{{.}}{{else}}<p>It was not run for this report.</p>{{end}}
<h2 id="not">What was not tested</h2>{{.Not}}

<h2 id="runs">All runs</h2>
<table><tr><th>run<th>verdict<th class=n>nodes<th class=n>under faults<th class=n>operations<th class=n>ok / refused / failed / unknown<th class=n>faults<th class=n>longest gap<th class=n>took<th>build<th>began, UTC</tr>
{{range .Runs}}<tr class="{{if not .Passed}}bad{{end}}"><td><a href="{{.Page}}">{{.Workload}} under {{.Faults}}, seed {{.Seed}}</a><td>{{.Verdict}}<td class=n>{{.Nodes}}<td class=n>{{short .Length}}<td class=n>{{number .Ops}}<td class=n>{{outcomes .Counts}}<td class=n>{{.Struck}}<td class=n>{{short .Longest}}<td class=n>{{short .Took}}<td><small>{{.Commit}}</small><td><small>{{stamp .Started}}</small></tr>
{{end}}</table>
`))

var runPage = template.Must(template.New("run").Funcs(functions).Parse(style + `<title>{{.Workload}} under {{.Faults}}, seed {{.Seed}}</title>
<p><a href="../index.html">All runs</a></p>
<h1>{{.Workload}} under {{.Faults}}, seed {{.Seed}}</h1>
<p class="{{if .Passed}}ok{{else}}bad{{end}}"><b>{{.Verdict}}</b>{{with .Error}}: {{.}}{{end}}</p>
{{range .Violations}}<p class="bad"><b>{{.Checker}}</b>: {{.What}}{{with .Ops}}<br>operations {{range .}}{{.}} {{end}}{{end}}{{with .Shown}}<br>drawn: {{$.Kept .}}{{end}}</p>
{{end}}
<p>{{number .Ops}} operations, {{number .Load}} of them under faults ({{outcomes .Counts}}: ok / refused / failed / unknown), {{.Nodes}} nodes, {{.Concurrency}} callers{{if .Rate}} of at most {{.Rate}} calls a second{{end}}.
The longest time without an acknowledged change was {{short .Longest}}. Acknowledged changes under faults took {{short (index .Latency 0)}} (half), {{short (index .Latency 2)}} (99 in a hundred), {{short (index .Latency 3)}} at most.</p>
<p class="key"><i style="background:#4a9d5b"></i>ok<i style="background:#8fb8de"></i>refused<i style="background:#e8a33d"></i>failed, try again<i style="background:#c8372d"></i>unknown, by the second in which the call began.
Below: half of the acknowledged calls of that second took as long as the dark dot, 99 in a hundred as long as the light one. Shaded: faults (point at them for what they did).</p>
{{course .Result}}
<table><tr><th>fault<th>did<th class=n>from<th class=n>to<th class=n>next acknowledged change<th>went wrong</tr>
{{range $i, $d := .Done}}<tr><td>{{$d.Name}}<td>{{$d.Did}}<td class=n>{{ms $d.Begin}}<td class=n>{{ms $d.End}}<td class=n>{{recovered $ $i}}<td>{{$d.Error}}</tr>
{{end}}</table>
<p><code>{{reproduce .Result}}</code>, or with the very schedule that it had: <code>{{replay .Result}}</code></p>
<table><tr><th>build<td>{{.Commit}}{{if .Tagged}}, built with <code>-tags aionfaults</code>{{end}}
<tr><th>began<td>{{stamp .Started}} UTC, took {{short .Took}}: {{range .Parts}}{{.Name}} {{short .Took}}; {{end}}
{{with .Machine}}{{if .System}}<tr><th>machine<td>{{.System}}, kernel {{.Kernel}}, {{.CPUs}} CPUs, {{.Go}}, load average {{index .Load 0}} at the start and {{index .Load 1}} at the end{{end}}{{end}}
<tr><th>nodes, before and after<td>{{range .Growth}}{{.}}<br>{{end}}
<tr><th>kept<td>{{range .Files}}{{$.Kept .}}{{end}}</table>
`))
