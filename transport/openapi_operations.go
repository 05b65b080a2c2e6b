package transport

// operations is what /openapi.json says about each route in addition to its shapes, by id.
var operations = map[string]struct {
	text         string   // what it does, beyond its summary
	codes        []string // problems beyond those of every route of its kind: see describeProblems
	bodyOptional bool     // the body is optional
	example      string   // of the request body
	answer       string   // of the answer
}{
	// Deploy
	"load": {text: "Checks the whole archive, stores it on a majority, and in one log entry loads all its workflow types and points their routes at it. " +
		"Loading a version that is loaded changes nothing but the routes. With `gate=open` the routes move only if at that index every open run of these types replays on the version as far as it has come; turns of these types wait for at most a second while the last of them are checked.",
		codes:  []string{"invalid_package", "manifest_mismatch", "signature_required", "signature_invalid", "route_conflict", "package_too_large", "gate_failed", "gate_contended"},
		answer: `{"version":"` + aVersion + `","workflow_types":["order"],"workflow_type":"order","deployed_entry_module":"order$` + aVersion + `","entry_function":"run","freshly_loaded":true,"route_changed":true,"previous_routes":{},"loaded_at":"2026-11-28T12:00:00Z","index":41}`},
	"deploy": {text: "Carries out the changes in order in one log entry, all or none: nobody ever sees some of them without the others. A refusal is that of the first change that is refused, and names it (`change`, from 0, and `op`). " +
		"A load names an archive that PUT /v1/archives has stored. With `dry_run` it changes nothing and answers with a plan besides. It needs level 1 of the state (GET /v1/cluster).",
		codes: []string{"not_found", "invalid_package", "manifest_mismatch", "signature_required", "signature_invalid", "route_conflict", "package_too_large", "unknown_version", "unknown_workflow_type", "route_active", "version_pinned", "gate_failed", "gate_contended"},
		example: `{"changes":[{"op":"load","archive":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},{"op":"route","type":"refund","version":"4f1c9a07"},{"op":"unload","type":"order","version":"a7d3e2b1"}],` +
			`"expect":{"routes":{"order":"a7d3e2b1"}},"message":"release 12"}`},
	"store_archive": {text: "Checks the whole archive and stores it on a majority; loads nothing. It is kept for an hour, unless a log entry names it by then; storing it again begins another hour.",
		codes:  []string{"invalid_package", "package_too_large"},
		answer: `{"archive":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","version":"` + aVersion + `","workflow_types":["order"],"index":14}`},
	"start_backtest": {text: "Works on the node that is asked, from its state at one index, and changes nothing: timers, signals, children and outcomes come from the histories. It takes a bounded share of the node's CPU (`limits.backtest_cpu`). " +
		"The node that leads shows its newest state; another one what it has applied, at least `min_index`.",
		codes:   []string{"invalid_package", "unknown_version", "not_found", "resource_exhausted"},
		example: `{"archive":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","runs":"open","since":"168h","limit":10000,"where":["city=Bern"]}`,
		answer:  `{"backtest_id":"7xq2m4k6c3ysu5bv1dfa8ghw9e","runs":1843,"node":"n2","index":90412}`},
	"backtest": {text: "With `wait` it answers once the backtest has ended, or when the time is over. A node keeps what it found for an hour, and loses it when it restarts.",
		codes: []string{"not_found"},
		answer: `{"backtest_id":"7xq2m4k6c3ysu5bv1dfa8ghw9e","status":"completed","node":"n2","done":1843,"total":1843,"same":1842,"diverged":1,"differed":0,"skipped":0,"results":[{"workflow_id":"order-17","run_id":"` + aRun +
			`","version":"` + aVersion + `","verdict":"diverged","seq":5,"recorded":"TimerStarted {\"id\":2,\"duration\":\"1h0m0s\"}","asked":"TimerStarted {\"id\":2,\"duration\":\"2h0m0s\"}","where":"order.star:9"}],"left_off":842,"began_at":"2026-11-28T12:00:00Z","ended_at":"2026-11-28T12:00:02Z","index":90412}`},
	"stop_backtest": {text: "Its results stay.", codes: []string{"not_found"}},
	"start_batch": {text: "The runs are those that started before the batch and meet the conditions when it comes to them, from the newest down; each is come to once, whatever node leads. Of `cancel`, `terminate`, `pause`, `signal` and `move` they are open runs, of `resume` paused ones, of `reopen` ones that did not end well, of `reset` all but those that continued as new or were reset before. " +
		"Needs the grant of the operation by itself, too, and reaches the runs that it reaches.",
		example: `{"operation":"cancel","where":["type=order","city=Bern"],"reason":"the shop in Bern has closed","rate":50}`,
		answer:  `{"batch_id":"` + aRun + `","index":90412}`},
	"batches": {text: "Newest first, those that have ended too: the newest 1000 are kept. Without their failures."},
	"batch": {text: "Failures are listed from the first on; with `cursor`, those that came since.", codes: []string{"not_found"},
		answer: `{"batch_id":"` + aRun + `","operation":"cancel","where":["type=order","city=\"Bern\""],"status":"running","found":120,"done":119,"failed":1,"rate":50,"reason":"the shop in Bern has closed","started_by":"ada","began_at":"2026-11-28T12:00:00Z","began_index":90412,` +
			`"failures":[{"workflow_id":"order-17","run_id":"` + aRun + `","code":"resource_exhausted","detail":"events in the history: the limit is 50000"}],"index":90500}`},
	"stop_batch": {text: "What was done stays done.", codes: []string{"not_found"}},
	"stop": {text: "From the entry of the answer on no run of it starts, whoever asks for it (as a child it fails with the kind `stopped`, what a schedule fires counts as failed), and no turn of one is recorded. A job pauses those that are open. " +
		"A run that continues as new onto a version that is stopped is paused when it begins. Routes and what is loaded stay as they are. What is stopped already stays as it is.",
		codes:   []string{"unknown_workflow_type", "unknown_version", "resource_exhausted"},
		example: `{"type":"order","reason":"it starts ever more children"}`,
		answer:  `{"workflow_type":"order","reason":"it starts ever more children","stopped_by":"ada","stopped_at":"2026-11-28T12:00:00Z","stopped_index":90412,"runs_open":1200,"changed":true,"job_id":7,"index":90412}`},
	"stops":  {text: "Types first, then versions; those whose types the token may read."},
	"quotas": {text: "Those whose types the token may read. A run that continues as new takes the place of another; whatever else starts, or is opened again, is counted."},
	"set_quota": {text: "A start beyond it is refused `resource_exhausted`; a child fails in its parent with the kind `quota_reached` or `too_deep`, and what a schedule fires counts as failed. Open runs stay as they are. Zeros remove it. " +
		"Of a namespace but default `open_runs` is a quota of the namespace itself.", example: `{"open_runs":10000,"depth":5}`, answer: `{"open_runs":10000,"depth":5,"index":90412}`},
	"set_type_quota": {text: "As that of the namespace as a whole, which holds as well.", example: `{"open_runs":500}`, answer: `{"workflow_type":"order","open_runs":500,"index":90412}`},
	"unstop": {text: "Its runs stay paused. With `resume` a job resumes those that the stop has paused, or one that was lifted before, unless another stop holds them.",
		codes: []string{"unknown_workflow_type", "unknown_version"}},
	"start_move": {text: "Each open run is replayed on the new version as far as it has come. If it asks for the same, one log entry moves it, guarded by the number of turns that were proven; its pin goes along. Others stay, and are listed with the difference. " +
		"The node that leads does the work; if it ends, the same call takes up what is left.",
		codes:   []string{"unknown_version", "resource_exhausted"},
		example: `{"type":"order","from":"4f1c9a07","to":"a7d3e2b1","where":["city=Bern"]}`,
		answer:  `{"move_id":"7xq2m4k6c3ysu5bv1dfa8ghw9e","runs":12,"node":"n1","index":90412}`},
	"move": {text: "With `wait` it answers once the move has ended, or when the time is over.", codes: []string{"not_found"},
		answer: `{"move_id":"7xq2m4k6c3ysu5bv1dfa8ghw9e","status":"completed","node":"n1","done":12,"total":12,"moved":11,"same":0,"diverged":1,"differed":0,"skipped":0,"results":[{"workflow_id":"order-17","run_id":"` + aRun +
			`","version":"` + aVersion + `","verdict":"diverged","seq":5,"recorded":"TimerStarted {\"id\":2,\"duration\":\"1h0m0s\"}","asked":"TimerStarted {\"id\":2,\"duration\":\"2h0m0s\"}","where":"order.star:9"}],"left_off":0,"began_at":"2026-11-28T12:00:00Z","ended_at":"2026-11-28T12:00:02Z","index":90412}`},
	"stop_move": {text: "What was moved stays moved.", codes: []string{"not_found"}},
	"versions":  {text: "One row for each workflow type of each loaded version, with what is routed, which nodes have it compiled, and what pins it."},
	"unload": {text: "Removes a package, with all its workflow types, from every node. Refused while a route points at it or an open run pins it; the refusal names them. " +
		"With `when=drained` it is unloaded in exactly the entry after which nothing pins it: runs that start on it meanwhile make that a later one, a route to it takes the request back.",
		codes:  []string{"unknown_version", "route_active", "version_pinned"},
		answer: `{"version":"` + aVersion + `","workflow_types":["order"],"index":58}`},
	"canaries": {text: "By type, with what became of the runs of both versions since each began."},
	"canary":   {text: "With what became of the runs of both versions since it began.", codes: []string{"not_found"}},
	"set_canary": {text: "A share of new starts goes to the version, all others to the routed one. A workflow id, or a value of the attribute `key`, always gets the same; children and runs that continue as new get what the root of their tree got. " +
		"The entry in which the canary reaches `abort_failures` or `promote_after`, or its time, ends it. While there is one, the route of the type does not move.",
		codes:   []string{"unknown_version", "unknown_workflow_type", "canary_active", "not_found"},
		example: `{"version":"4f1c9a07","share":"10%","abort_failures":5,"promote_after":1000}`},
	"abort_canary": {text: "The route stays where it is; runs of the canary keep their version.", codes: []string{"not_found"}},
	"promote_canary": {text: "The route points at the canary's version from here on.", codes: []string{"not_found"}, bodyOptional: true,
		example: `{"message":"no complaints"}`},
	"cancel_unload": {text: "The version stays, whether or not it is drained later.", codes: []string{"unknown_version", "invalid_state"},
		answer: `{"version":"` + aVersion + `","workflow_types":["order"],"index":59}`},
	"version_retention": {text: "Without a rule drained versions stay."},
	"retain_versions": {text: "Versions that are drained for longer than min_age, and not among the newest `keep` that are loaded of any of their types, are unloaded in the background. " +
		"What is routed, a canary, pinned, never routed, or what a rollback goes to stays.",
		example: `{"keep":5,"min_age":"168h"}`, answer: `{"active":true,"keep":5,"min_age":"168h0m0s","index":60}`},
	"version": {text: "The row of the listing, with the manifest, labels and description as they were deployed, and the modules by name and size.", codes: []string{"unknown_version"}},
	"archive": {text: "The file that was deployed, byte for byte. It is fetched from another node if this one does not have it.", codes: []string{"unknown_version"}},
	"module":  {text: "The source of one module, or of a file that a script was made of, such as `order.ts`: its source map carries it.", codes: []string{"unknown_version", "not_found"}},
	"pins":    {text: "Counts the open runs that need the version, and names them, a page at a time.", codes: []string{"unknown_version"}},
	"route": {text: "New runs of the type start on the version from here on; runs under way keep theirs. With `expect` only if the route points there now.",
		codes:   []string{"unknown_version", "route_conflict"},
		example: `{"version":"4f1c9a07","expect":"a7d3e2b1","message":"release 12"}`},
	"unroute": {text: "New runs of the type cannot be started until it is routed again.", codes: []string{"unknown_workflow_type", "route_conflict"}},
	"rollback": {text: "Doing it twice leads back to where it was.", codes: []string{"unknown_workflow_type", "route_conflict", "version_unavailable"},
		bodyOptional: true, example: `{"message":"too many refunds"}`},
	"deploys": {text: "Every load, route, rollback and unload, refused ones too, newest first: one record for each workflow type."},

	// Runs
	"start": {text: "Starts a run of the routed version, or of the one given; or does what `if_open` says if a run of the workflow id is open. With `wait` it answers once the run has closed, or when the time is over.",
		codes:   []string{"unknown_workflow_type", "unknown_version", "already_running", "already_closed", "version_unavailable"},
		example: `{"type":"order","workflow_id":"order-17","input":{"id":17,"amount":5},"attributes":{"city":"Bern"}}`,
		answer:  `{"workflow_id":"order-17","run_id":"` + aRun + `","version":"` + aVersion + `","index":42}`},
	"start_many": {text: "Answers with one reply for each start, in the order asked. Each is accepted or refused by itself, with the problem that a call of its own would be answered with, and all that fit take effect in one entry of the log. " +
		"A caller repeats those whose outcome is retry or unknown, under the same request ids.",
		example: `{"starts":[{"type":"order","workflow_id":"order-17","input":{"id":17,"amount":5},"request_id":"import-17"},{"type":"ordr","request_id":"import-18"}]}`,
		answer: `{"results":[{"ok":true,"workflow_id":"order-17","run_id":"` + aRun + `","version":"` + aVersion + `","index":42},` +
			`{"ok":false,"problem":{"status":404,"code":"unknown_workflow_type","title":"The workflow type has no version that it is routed to","detail":"no version of \"ordr\" is routed","outcome":"rejected","index":42}}],"index":42}`},
	"list":     {text: "Filters narrow the listing together. Newest first, or as `sort` says. A listing by an attribute is `unavailable` until its index is complete."},
	"describe": {text: "How a run stands and how it ended, its input, what it waits for, its activities that have no outcome yet, its open children, and reasons that were given.", codes: []string{"not_found"}},
	"result": {text: "With `wait` it answers once the run has closed, or when the time is over. Follows a run that continued as new to the last one of its chain.",
		codes:  []string{"not_found"},
		answer: `{"status":"completed","result":{"receipt":"r-1"},"workflow_id":"order-17","run_id":"` + aRun + `","index":57}`},
	"history": {text: "The events of a run, from `from` on. With `wait` it waits for more at the end of an open run. With `record=true` it has what a replay needs, which `aion-node export` writes to a file.", codes: []string{"not_found"},
		answer: `{"events":[{"seq":1,"at":"2026-11-28T12:00:00Z","type":"WorkflowStarted","data":{"workflow_id":"order-17","run_id":"` + aRun +
			`","workflow_type":"order","version":"` + aVersion + `","input":{"id":17}}},{"seq":2,"at":"2026-11-28T12:00:00Z","type":"TimerStarted","data":{"id":1,"duration":"10s","fire_at":"2026-11-28T12:00:10Z"}}],"next":3,"index":44}`},
	"logs": {text: "The lines that the run's code logged with ctx.log, from line `from` on, as far as they are still kept (limits.log_bytes). With `wait` it waits for more at the end of an open run's.",
		codes:  []string{"not_found"},
		answer: `{"lines":[{"seq":1,"at":"2026-11-28T12:00:00Z","turn":1,"text":"charging 5"}],"logged":1,"next":2,"index":44}`},
	"audit": {text: "Who did what, from where, and what became of it. Each node keeps the log of its own callers (audit.file), and shows the end of the file that it writes to; a node without one says so. Older lines are in its files: docs/AUDIT.md.",
		answer: `{"node":"n1","kept":true,"lines":[{"id":"n1-KQ3M7ZTY2P-41","time":"2026-11-28T12:00:00Z","who":"ci","from":"10.0.3.7:51234","face":"http","operation":"start","method":"POST","path":"/v1/workflows","object":{"type":"order","workflow_id":"order-17"},"request_id":"order-17-start","outcome":"ok","status":201,"index":44}]}`},
	"turns": {text: "What each turn had seen, what its code asked for, and where the code waited then, with its variables. The turns are replayed on the version that the run is on, or on another (`on`): then `problem` says where its code asks for something else. It begins with the first turn and ends with the last that is asked for, within the time of a query. Nothing happens to the run.",
		codes:  []string{"not_found", "query_timeout", "version_unavailable", "unknown_version"},
		answer: `{"workflow_id":"order-17","run_id":"` + aRun + `","version":"` + aVersion + `","turns":[{"turn":1,"through":1,"at":"2026-11-28T12:00:00Z","seen":[],"asked":[{"seq":2,"type":"TimerStarted","data":{"id":1,"duration":"1h0m0s"}}],"stacks":[{"name":"main","frames":[{"at":"order.star:12:14","function":"run","source":"ctx.sleep(\"1h\")","locals":[{"name":"total","value":"5"}]}]}]}],"total":3,"next":2,"index":44}`},
	"signal": {text: "The body is the payload: any JSON value, or nothing for null. Signals are kept until the code takes them.",
		codes: []string{"not_found", "not_running"}, bodyOptional: true, example: `{"by":"Ada"}`},
	"update": {text: "The code's validator for the name, if it has one, is asked first, and its handler answers. With `wait` it answers once the handler has, or when the time is over. A repeated `update_id` is answered with where that update stands.",
		codes:        []string{"not_found", "not_running", "unknown_update", "resource_exhausted", "version_unavailable"},
		bodyOptional: true, example: `{"args":{"amount":5},"update_id":"pay-17"}`, answer: `{"workflow_id":"order-17","run_id":"` + aRun + `","update_id":"pay-17","name":"pay","status":"completed","result":{"paid":5},"index":43}`},
	"update_state": {text: "With `wait` it answers once the update has an answer, or when the time is over. Looks in the run and in those that it continues, at most 8.",
		codes: []string{"not_found"}, answer: `{"workflow_id":"order-17","run_id":"` + aRun + `","update_id":"pay-17","name":"pay","status":"accepted","index":43}`},
	"query": {text: "Runs a handler that the code registered with ctx.on_query. It changes nothing. Closed runs answer while their version is loaded.",
		codes:        []string{"not_found", "unknown_query", "query_failed", "query_timeout", "version_unavailable"},
		bodyOptional: true, example: `{"args":{"since":5}}`, answer: `{"result":"awaiting approval","index":43}`},
	"cancel": {text: "The code sees it at its next wait and may clean up. The run closes when the code ends.",
		codes: []string{"not_found", "not_running"}, bodyOptional: true, example: `{"reason":"customer called"}`},
	"terminate": {text: "The code sees nothing of it. Children follow their on_parent_close.",
		codes: []string{"not_found", "not_running"}, bodyOptional: true, example: `{"reason":"stuck"}`},
	"pause": {text: "Signals and due timers are still recorded, and seen after the run is resumed.",
		codes: []string{"not_found", "not_running", "invalid_state"}, bodyOptional: true, example: `{"reason":"looking into it"}`},
	"resume": {text: "Also clears the quarantine of a run whose code broke the runtime or its replay.", codes: []string{"not_found", "not_running", "invalid_state", "unknown_version"}},
	"reopen": {text: "Takes failed, cancelled, terminated and timed-out runs. Steps that had failed run again; those that had finished keep their outcome.",
		codes: []string{"not_found", "invalid_state", "already_running", "version_unavailable", "unknown_version"}, bodyOptional: true, example: `{"reason":"the bank is back"}`},
	"reset": {text: "The new run begins with the history of the old one up to a point. An open run is terminated in the same step, and the new one takes its place: for its parent, its schedule, its children from before the point and those who wait for the result of its workflow id. " +
		"A closed one is taken while no run of its workflow id is open. Steps without an outcome at the point run again.",
		codes: []string{"not_found", "invalid_state", "already_running", "version_unavailable", "unknown_version", "resource_exhausted"}, example: `{"to":"failure","reason":"the bank had given wrong rates"}`,
		answer: `{"workflow_id":"order-17","run_id":"01936f1e-7c00-7000-8000-0000000000b2","version":"4f1c9a0799d4a1b0c2e3f4a5b6c7d8e9f0a1b2c3d4e5f60718293a4b5c6d7e8f","of_workflow_id":"order-17","of_run_id":"01936f1e-7c00-7000-8000-0000000000a1","turn":2,"event":5,"dropped_events":4,"ended":true,"again":[{"kind":"activity","id":2,"name":"charge"}],"index":42}`},
	"fork": {text: "The copy begins with the history of the run up to a point, the newest turn by default, and goes on beside it under a workflow id of its own. It shares nothing with it: steps without an outcome at the point run in both, and children are started anew.",
		codes: []string{"not_found", "invalid_state", "already_running", "version_unavailable", "unknown_version", "resource_exhausted"}, example: `{"as":"order-17-copy","to":"last"}`},
	"counts":    {text: "Exact, whatever their number."},
	"jobs":      {text: "Closing a large tree of runs goes in many entries. A job goes on by itself, through any failover, and is gone when it is done."},
	"retention": {text: "The rules in force. Without any, closed runs are kept for ever."},
	"bootstrap": {text: "Once: from then on every call of every node needs a token. Callable without one over loopback, on the machine of a node, or with a token that may do everything. The token has the grant admin.",
		codes: []string{"invalid_state", "resource_exhausted"}, example: `{"name":"root"}`,
		answer: `{"token":{"name":"root","grants":["admin"],"created_at":"2026-11-28T12:00:00Z","created_by":"bootstrap@127.0.0.1"},"secret":"aion_0O1lYb3Yw2m6cVnqk1VQm8nX4v7tB5sR9pT2uK3jH6g","index":12}`},
	"self": {text: "The token that the call carries, or that none is needed."},
	"create_token": {text: "It may do what its grants say, and nothing else: see docs/ACCESS.md. The state keeps the hash of its secret.",
		codes:   []string{"invalid_state", "resource_exhausted"},
		example: `{"name":"ci","grants":["deploy:type=order","read"],"expires":"2160h"}`,
		answer:  `{"token":{"name":"ci","grants":["deploy:type=order","read"],"created_at":"2026-11-28T12:00:00Z","created_by":"root","expires_at":"2027-02-26T12:00:00Z"},"secret":"aion_0O1lYb3Yw2m6cVnqk1VQm8nX4v7tB5sR9pT2uK3jH6g","index":13}`},
	"tokens": {text: "Without their secrets, which no node has, and without those of nodes' files. One that has expired is listed for a week."},
	"revoke_token": {text: "No call that begins later succeeds with it; calls that wait end. The name may be used again, by a token that then owns the request ids of this one.", codes: []string{"not_found"},
		answer: `{"token":{"name":"ci","grants":["deploy:type=order","read"],"created_at":"2026-11-28T12:00:00Z","created_by":"root"},"index":14}`},
	"policy": {text: "Revoked keys too. Of the rules whose prefix a type has, the one with the longest decides; without any, nothing has to be signed. See docs/SIGNATURES.md.",
		answer: `{"keys":[{"name":"release","public_key":"` + aKey + `","state":"trusted","trusted_at":"2026-11-28T12:00:00Z","trusted_by":"root"}],"rules":[{"type_prefix":"order","count":1,"keys":["release"],"set_at":"2026-11-28T12:00:00Z","set_by":"root"}],"index":15}`},
	"trust_key": {text: "A key has one name, and a name stands for one key until it is forgotten.", codes: []string{"invalid_state", "resource_exhausted"},
		example: `{"public_key":"` + aKey + `"}`,
		answer:  `{"key":{"name":"release","public_key":"` + aKey + `","state":"trusted","trusted_at":"2026-11-28T12:00:00Z","trusted_by":"root"},"public_key":"` + aKey + `","index":16}`},
	"revoke_key": {text: "From this log entry on its signatures count for nothing. What is loaded stays, and is shown as signed by a revoked key. With `forget`, a revoked key that no rule names leaves the list.", codes: []string{"not_found", "invalid_state"}},
	"set_signature_rule": {text: "From this log entry on a package that carries a type with the prefix is refused (`signature_required`) unless enough of the keys have signed its version. What is loaded stays. A count of 0 is an exception from rules of shorter prefixes.",
		codes:   []string{"resource_exhausted"},
		example: `{"type_prefix":"payment","keys":["release","security"],"count":2}`,
		answer:  `{"rule":{"type_prefix":"payment","count":2,"keys":["release","security"],"set_at":"2026-11-28T12:00:00Z","set_by":"root"},"type_prefix":"payment","index":17}`},
	"drop_signature_rule": {text: "The rule of the next shorter prefix decides then, or nothing has to be signed.", codes: []string{"not_found"}},
	"retain_all":          {text: "For the types that have no rule of their own.", example: `{"age":"2160h"}`},
	"retain":              {text: "`0s` keeps them for ever.", example: `{"age":"720h"}`},
	"unretain_all":        {text: "Types that have a rule of their own keep it.", codes: []string{"not_found"}},
	"unretain":            {text: "The rule of all other types applies again.", codes: []string{"not_found"}},
	"create_namespace": {text: "Names, versions and everything else of callers that name it are its own from then on: see docs/NAMESPACES.md. It needs level 4 of the state.", codes: []string{"invalid_state", "resource_exhausted"},
		example: `{"name":"acme","description":"the shop","quotas":{"open_runs":10000},"retention":"720h"}`,
		answer:  `{"name":"acme","description":"the shop","quotas":{"open_runs":10000},"created_index":15,"created_at":"2026-11-28T12:00:00Z","created_by":"root","index":15}`},
	"namespaces": {text: "Those that the token reaches, default first."},
	"namespace":  {text: "Its quotas, and what it has of them.", codes: []string{"not_found"}},
	"set_namespace": {text: "A quota takes effect at once: what is beyond it already stays, and nothing is added.", codes: []string{"not_found"},
		example: `{"open_runs":20000}`, answer: `{"name":"acme","quotas":{"open_runs":20000},"created_index":15,"created_at":"2026-11-28T12:00:00Z","created_by":"root","index":16}`},
	"delete_namespace": {text: "Refused while it holds runs, open or closed, loaded versions, schedules, or queues with limits or tasks. Its rules, deploy history and events go with it.", codes: []string{"not_found", "invalid_state"},
		answer: `{"name":"acme","quotas":{},"created_index":15,"created_at":"2026-11-28T12:00:00Z","created_by":"root","index":17}`},

	// Activities
	"poll": {text: "Answers as soon as there is a task, at the latest after `wait`. Repeated under the same key it answers the same tasks, as far as they are still the worker's.",
		example: `{"worker_id":"w1","activities":["charge_card","ship"],"max_tasks":10,"wait":"30s","lease":"30s"}`,
		answer:  `{"tasks":[{"token":"` + aToken + `","workflow_id":"order-17","run_id":"` + aRun + `","workflow_type":"order","activity":"charge_card","activity_id":1,"attempt":1,"input":{"amount":5},"deadline":"2026-11-28T12:05:00Z","lease":"30s"}]}`},
	"complete": {text: "One reply for each token, in the order asked. What is wrong with one is in its reply, and does not touch the others.",
		example: `{"results":[{"token":"` + aToken + `","output":{"receipt":"r-1"}}]}`, answer: `{"results":[{"token":"` + aToken + `","ok":true}],"index":45}`},
	"fail": {text: "Whether another attempt follows is decided by `retryable` and by the activity's retry policy.",
		example: `{"results":[{"token":"` + aToken + `","message":"no answer from the bank","kind":"busy","retryable":true}]}`, answer: `{"results":[{"token":"` + aToken + `","ok":true}],"index":45}`},
	"heartbeat": {text: "Renews the leases. The replies say which attempts are not the worker's any more, and for which nobody waits.",
		example: `{"tokens":[{"token":"` + aToken + `","details":{"rows":1200}}]}`, answer: `{"results":[{"token":"` + aToken + `","ok":true,"cancel_requested":false}],"index":45}`},
	"later": {text: "The outcome of these attempts comes later, from anywhere: by their tokens, or by the ids of the activities. Their leases end; time limits and heartbeats that the workflow asked for hold on.", example: `{"tokens":[{"token":"` + aToken + `"}]}`},
	"complete_activity": {text: "As the worker would that holds it, from anywhere; once. It need not have been taken by a worker.", codes: []string{"not_found", "not_running", "invalid_state"}, bodyOptional: true,
		example: `{"output":{"receipt":"r-1"}}`},
	"fail_activity":      {text: "As the worker would that holds it. Whether it is tried again follows from `retryable` and its retry policy.", codes: []string{"not_found", "not_running", "invalid_state"}, bodyOptional: true, example: `{"message":"the bank said no","retryable":false}`},
	"heartbeat_activity": {text: "The heartbeat that the workflow asked for counts anew.", codes: []string{"not_found", "not_running", "invalid_state"}, bodyOptional: true, example: `{}`},
	"release":            {text: "They are offered again at once, and count as no failure.", example: `{"tokens":[{"token":"` + aToken + `"}]}`},
	"queues":             {text: "Queues that have tasks or limits."},
	"queue":              {text: "A queue that nobody has used is empty."},
	"limit_queue": {text: "Limits that are left out are taken away.",
		example: `{"concurrency":50,"rate":"10/s","burst":20}`},

	// Schedules
	"create_schedule": {text: "Its runs are named SCHEDULE_ID:FIRE_TIME. Give either `every` or `cron`.", codes: []string{"invalid_state"},
		example: `{"schedule_id":"nightly","type":"order","cron":"30 3 * * *","timezone":"Europe/Berlin","overlap":"skip","catch_up":"one","input":{"id":0}}`},
	"schedules": {text: "By id, a page at a time."},
	"schedule":  {text: "With the next five times and the first hundred open runs.", codes: []string{"not_found"}},
	"replace_schedule": {text: "The body is the whole definition: what is left out is back to its default.", codes: []string{"not_found"},
		example: `{"type":"order","cron":"0 4 * * *"}`},
	"delete_schedule": {text: "Runs that it started go on.", codes: []string{"not_found"}},
	"pause_schedule": {text: "It can still be triggered.", codes: []string{"not_found", "invalid_state"}, bodyOptional: true,
		example: `{"reason":"holidays"}`},
	"resume_schedule": {text: "Times that passed while it was paused are not made up for.", codes: []string{"not_found", "invalid_state"}},
	"trigger_schedule": {text: "Also while it is paused. `runs` says what was started, which may be nothing.", codes: []string{"not_found"}, bodyOptional: true,
		example: `{"overlap":"allow_all"}`},
	"backfill_schedule": {text: "Fires once for each time of the schedule from `from` up to, not including, `to`.", codes: []string{"not_found"},
		example: `{"from":"2026-03-01T00:00:00Z","to":"2026-03-03T00:00:00Z","overlap":"allow_all"}`},

	// Cluster
	"events": {text: "Server-sent events: deploys, leaders, members, and the ends of runs. Only the last event of an index carries an `id`, and some frames carry nothing but one. " +
		"Resume with Last-Event-ID or `after`, on any node: none is skipped, those of one index may be repeated.", codes: []string{"resource_exhausted"}},
	"backup": {text: "One consistent state, at the index that Aion-Index names, with everything that was acknowledged before the call, and every archive. Served by the node that is asked, with consistency=stale also without a leader. " +
		"If it breaks off, go on with `id` and `offset` on the same node within backup.keep. A token that only reads may not call it.", codes: []string{"not_found", "permission_denied"}},
	"note_backup": {text: "The node that is asked remembers it on its disk, and tells the age of the newest in its metrics and findings. Of an older one than it knows it remembers nothing.",
		example: `{"backup_id":"0f5a2f0e-6c3b-4a51-9d0c-6c1f4a5a7d11","index":4711,"age_ms":2140,"every_s":300}`},
	"cluster": {text: "Answered by the node that is asked, with or without a leader."},
	"transfer": {text: "Without a node: to whichever voter is most up to date.", codes: []string{"not_found", "invalid_state"}, bodyOptional: true,
		example: `{"node":"n2"}`},
	"confirm_time": {text: "For clocks that were wrong: docs/OPERATIONS.md, Clocks.", codes: []string{"invalid_state"},
		example: `{"time":"2026-11-28T12:00:00Z"}`},
	"remove":  {text: "Refused where it would lose the quorum. A removed id never comes back.", codes: []string{"not_found", "invalid_state"}, example: `{"node":"n3"}`},
	"promote": {text: "At once, and whatever an operator said before. Refused while it does not answer or lacks entries or archives.", codes: []string{"not_found", "invalid_state"}, example: `{"node":"n3"}`},
	"demote":  {text: "Refused where it would lose the quorum. The leader hands leadership on first. It needs level 3 of the state.", codes: []string{"not_found", "invalid_state"}, example: `{"node":"n3"}`},
	"replace_node": {text: "Refused while the old node answers. Repeat the call until `done`: the new node must have joined and caught up, and votes before the old one is removed.",
		codes: []string{"not_found", "invalid_state"}, example: `{"old":"n3","new":"n4"}`},
	"issue_join_token": {text: "Each call makes another one. Only this answer has the token; the cluster keeps a hash. It needs level 3 of the state.", codes: []string{"resource_exhausted"}, bodyOptional: true,
		example: `{"expires":"1h"}`},
	"join_tokens":       {text: "Those that have not expired."},
	"revoke_join_token": {text: "Nodes that have joined with it stay."},
	"restore": {text: "The cluster must have no packages, routes, runs, schedules, namespaces and unfinished jobs; `invalid_state` counts what it has. Every byte of the backup is checked before anything is changed. " +
		"The cluster keeps its id, its nodes and its settings; all else is that of the backup, tokens too. All voters have to answer; while the state is replaced, callers wait. " +
		"An answer that is lost tells nothing: repeated, the call is refused if it had succeeded.", codes: []string{"invalid_state", "resource_exhausted"}},
	"drain": {text: "Without a node: the one that is asked. It takes no deploys, does not lead, and is not ready; other nodes serve.",
		codes: []string{"not_found", "invalid_state"}, bodyOptional: true, example: `{"node":"n2"}`},
	"undrain": {text: "Without a node: the one that is asked.", codes: []string{"not_found", "invalid_state"}, bodyOptional: true, example: `{"node":"n2"}`},

	// Node
	"live":  {text: "200 as long as the process answers.", answer: `{"status":"ok"}`},
	"ready": {text: "200 while it has a leader, has applied what was committed and does not drain; else 503.", answer: `{"status":"ok"}`},
}

// Values of examples.
const (
	aKey     = "ed25519:A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg"
	aVersion = "4f1c9a07d2b85e3160fa9c7e4b1d8a25c3f6079e8b4d1a7260e5f39c81b7d4a2"
	aRun     = "01a2b3c4-d5e6-7f80-91a2-b3c4d5e6f708"
	aToken   = "BASE64-TOKEN"
)
