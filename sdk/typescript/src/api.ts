// Made by scripts/generate.mjs from the contract that every node serves at /openapi.json. Do not edit.

export interface ActivityAnswer {
  /** Ordinal of the step within its run */
  activity_id: number;
  /** Its newest attempt; absent if no worker has taken it */
  attempt?: number;
  /** The activity is asked to end */
  cancel_requested?: boolean;
  /** The request id was known: this is its first answer, and nothing was done now */
  deduplicated?: boolean;
  /** It has its outcome; otherwise it goes on, or is tried again */
  ended: boolean;
  /** Log index that this answer reflects */
  index: number;
  /** One execution of a workflow id (UUID) */
  run_id: string;
  /** The caller's name for an instance: 1 to 200 characters of A-Z a-z 0-9 . _ : @ - */
  workflow_id: string;
}

export interface ActivityBeat {
  /** Only if this is the newest attempt */
  attempt?: number;
  /** Handed to the next attempt if this one is lost or fails */
  details?: unknown;
}

/** An event of type ActivityCancelRequested. */
export interface ActivityCancelRequested {
  /** When it was recorded, in log time */
  at: string;
  data: ActivityCancelRequestedData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "ActivityCancelRequested";
}

export interface ActivityCancelRequestedData {
  /** Ordinal of the step within its run */
  id: number;
}

/** An event of type ActivityCancelled. */
export interface ActivityCancelled {
  /** When it was recorded, in log time */
  at: string;
  data: ActivityCancelledData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "ActivityCancelled";
}

export interface ActivityCancelledData {
  /** Ordinal of the step within its run */
  id: number;
}

/** An event of type ActivityCompleted. */
export interface ActivityCompleted {
  /** When it was recorded, in log time */
  at: string;
  data: ActivityCompletedData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "ActivityCompleted";
}

export interface ActivityCompletedData {
  /** 1 for the first attempt */
  attempt?: number;
  /** Ordinal of the step within its run */
  id: number;
  /** What the code returned: any JSON value */
  result: unknown;
}

export interface ActivityCompletion {
  /** Only if this is the newest attempt, and it is under way; default: whatever the activity waits for */
  attempt?: number;
  /** What the activity returned: any JSON value */
  output?: unknown;
}

/** An event of type ActivityFailed. */
export interface ActivityFailed {
  /** When it was recorded, in log time */
  at: string;
  data: ActivityFailedData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "ActivityFailed";
}

export interface ActivityFailedData {
  /** 1 for the first attempt */
  attempt?: number;
  error: RunError;
  /** Ordinal of the step within its run */
  id: number;
}

export interface ActivityFailure {
  /** Only if this is the newest attempt, and it is under way; default: whatever the activity waits for */
  attempt?: number;
  /** Any JSON value, for programs */
  details?: unknown;
  /** Default: failed */
  kind?: string;
  /** For people */
  message: string;
  /** Whether the retry policy of the activity may try again */
  retryable: boolean;
}

/** An event of type ActivityScheduled. */
export interface ActivityScheduled {
  /** When it was recorded, in log time */
  at: string;
  data: ActivityScheduledData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "ActivityScheduled";
}

export interface ActivityScheduledData {
  /** Name of the activity */
  activity: string;
  /** Longest gap between heartbeats, a Go duration */
  heartbeat?: string;
  /** Ordinal of the step within its run */
  id: number;
  /** What the code gets: any JSON value */
  input: unknown;
  /** What becomes of the step when it is to be cancelled: wait (default), abandon or ignore */
  on_cancel?: string;
  /** Name of the queue */
  queue: string;
  retry?: RetryData;
  /** Longest wait for a worker, a Go duration */
  schedule_timeout?: string;
  /** A Go duration */
  timeout?: string;
  /** Longest time of an activity over all its attempts, a Go duration */
  total_timeout?: string;
}

/** An event of type ActivityStarted. */
export interface ActivityStarted {
  /** When it was recorded, in log time */
  at: string;
  data: ActivityStartedData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "ActivityStarted";
}

export interface ActivityStartedData {
  /** 1 for the first attempt */
  attempt: number;
  /** Ordinal of the step within its run */
  id: number;
  last_failure?: RunError;
  /** worker_id of the worker that holds or held the attempt */
  worker?: string;
}

export interface Archive {
  /** SHA-256 of the archive's bytes, by which other calls name it */
  archive: string;
  /** The request id was known: this is its first answer, and nothing was done now */
  deduplicated?: boolean;
  /** Log index that this answer reflects */
  index: number;
  /** Content hash of a package, 64 hex digits; of a node: the version of its binary */
  version: string;
  /** Workflow types that the package carries */
  workflow_types: string[];
}

/** An event of type AttributesUpdated. */
export interface AttributesUpdated {
  /** When it was recorded, in log time */
  at: string;
  data: AttributesUpdatedData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "AttributesUpdated";
}

export interface AttributesUpdatedData {
  /** Searchable values by name: strings, numbers, booleans, lists of strings, or null to remove a name */
  attributes: Record<string, unknown>;
}

export interface AuditLine {
  /** Of the problem */
  code?: string;
  /** Of the problem */
  detail?: string;
  /** By which it called */
  face: "http" | "hot";
  /** Address and port of the caller */
  from?: string;
  /** Of the line */
  id: string;
  /** Log index of this record */
  index?: number;
  /** Of HTTP */
  method?: string;
  /** Of the call; absent: default */
  namespace?: string;
  /** What it was about: ids, types, versions */
  object?: Record<string, string>;
  /** Its operationId; other: there is no such address */
  operation: string;
  /** ok, rejected, retry or unknown */
  outcome: string;
  /** Without the query */
  path?: string;
  /** The Idempotency-Key of the call, as far as it had one */
  request_id?: string;
  /** Of HTTP */
  status: number;
  /** By the clock of the node */
  time: string;
  /** How many calls the line stands for; absent: one */
  times?: number;
  /** Name of the caller; absent: unknown */
  who?: string;
}

export interface AuditLines {
  /** The node keeps an audit log (audit.file) */
  kept: boolean;
  /** The newest first */
  lines: AuditLine[];
  /** Whose log it is: each node keeps that of its own callers */
  node: string;
}

/** An event of type AwaitCancelled. */
export interface AwaitCancelled {
  /** When it was recorded, in log time */
  at: string;
  data: AwaitCancelledData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "AwaitCancelled";
}

export interface AwaitCancelledData {
  /** Ordinal of the step within its run */
  id: number;
}

export interface BackfillRequest {
  /** Where it begins */
  from: string;
  /** Default allow_all */
  overlap?: string;
  /** Not included */
  to: string;
}

export interface Backtest {
  /** As the start answered */
  backtest_id: string;
  /** By the clock of the node */
  began_at: string;
  /** It asks for the same and ends with another result or error */
  differed: number;
  /** It asks for something else */
  diverged: number;
  /** Histories with a verdict */
  done: number;
  /** By the clock of the node; absent while it runs */
  ended_at?: string;
  /** Log index that this answer reflects */
  index: number;
  /** Verdicts that are counted and not kept: of same ones 1000 are, of all together 10000 */
  left_off: number;
  /** Absent when there will be no more results */
  next_cursor?: string;
  /** Id of the node that runs it */
  node: string;
  /** A page of the verdicts, in the order in which they were found */
  results: BacktestResult[];
  /** The candidate asks for the same and ends the same */
  same: number;
  /** Not replayed */
  skipped: number;
  /** Current status */
  status: "running" | "completed" | "stopped" | "failed";
  /** Histories to replay; until all are found, at most so many */
  total: number;
  /** Why it failed */
  why?: string;
}

export interface BacktestRequest {
  /** Of a stored archive, as PUT /v1/archives answered; or */
  archive?: string;
  /** The newest so many; default: all */
  limit?: number;
  /** Default: all */
  runs?: "open" | "closed" | "all";
  /** Only runs that started since then: a Go duration before now, or a time in RFC 3339 */
  since?: string;
  /** Only runs of these types; default: all that the candidate carries */
  types?: string[];
  /** a loaded version, full or a prefix */
  version?: string;
  /** Conditions, as in a listing: only runs that meet all */
  where?: string[];
}

export interface BacktestResult {
  /** What the candidate asks for; absent: nothing more */
  asked?: string;
  /** What was recorded there; absent: nothing more */
  recorded?: string;
  /** One execution of a workflow id (UUID) */
  run_id: string;
  /** Of the first recorded event that was not asked for again; absent if the candidate asks for more than was recorded */
  seq?: number;
  /** What became of the history on the candidate */
  verdict: "same" | "diverged" | "differed" | "skipped";
  /** That the run is on */
  version: string;
  /** File and line of the candidate that asks, or that waits; absent: it had ended */
  where?: string;
  /** Why it was skipped */
  why?: string;
  /** The caller's name for an instance: 1 to 200 characters of A-Z a-z 0-9 . _ : @ - */
  workflow_id: string;
}

export interface BacktestStarted {
  /** Known to the node that answered alone */
  backtest_id: string;
  /** The request id was known: this is its first answer, and nothing was done now */
  deduplicated?: boolean;
  /** Log index that this answer reflects */
  index: number;
  /** Id of the node that runs it */
  node: string;
  /** How many histories will be replayed; until all are found, at most so many */
  runs: number;
}

export interface BackupKept {
  /** How long ago it was begun: what was acknowledged before is in it, what came later would be lost */
  age_ms: number;
  /** As Aion-Backup named it */
  backup_id: string;
  /** How often one is to be made; absent: nobody has said */
  every_s?: number;
  /** Of its state */
  index: number;
}

export interface Batch {
  /** Id of the batch */
  batch_id: string;
  /** In log time */
  began_at: string;
  /** Runs that started after this index are none of its own */
  began_index: number;
  /** Runs to which it was done */
  done: number;
  /** It only counts */
  dry_run?: boolean;
  /** In log time; absent while it runs */
  ended_at?: string;
  /** Runs to which it could not be done */
  failed: number;
  /** A page of the runs to which it could not be done, in the order in which they were come to */
  failures?: BatchFailure[];
  /** Runs that met the conditions so far */
  found: number;
  /** Failures that are counted and not kept: of one batch 1000 are */
  left_off?: number;
  /** Absent when there are no more failures so far */
  next_cursor?: string;
  /** What is done to each run */
  operation: "cancel" | "terminate" | "pause" | "resume" | "signal" | "reopen" | "move" | "reset";
  /** Of a reset: the turn up to which is kept, or the word for it */
  point?: string;
  /** Runs a second, at most */
  rate: number;
  /** Why, for people */
  reason?: string;
  /** Name of the signal */
  signal?: string;
  /** Name of the token that began it */
  started_by?: string;
  /** Current status */
  status: "running" | "completed" | "stopped";
  /** Version that runs are moved to, or go on with */
  to?: string;
  /** Of a reset: what is kept ends before the run was moved to this version */
  to_version?: string;
  /** Conditions that the runs meet */
  where: string[];
}

export interface BatchAnswer {
  /** Id of the batch */
  batch_id: string;
  /** In log time */
  began_at: string;
  /** Runs that started after this index are none of its own */
  began_index: number;
  /** The request id was known: this is its first answer, and nothing was done now */
  deduplicated?: boolean;
  /** Runs to which it was done */
  done: number;
  /** It only counts */
  dry_run?: boolean;
  /** In log time; absent while it runs */
  ended_at?: string;
  /** Runs to which it could not be done */
  failed: number;
  /** A page of the runs to which it could not be done, in the order in which they were come to */
  failures?: BatchFailure[];
  /** Runs that met the conditions so far */
  found: number;
  /** Log index that this answer reflects */
  index: number;
  /** Failures that are counted and not kept: of one batch 1000 are */
  left_off?: number;
  /** Absent when there are no more failures so far */
  next_cursor?: string;
  /** What is done to each run */
  operation: "cancel" | "terminate" | "pause" | "resume" | "signal" | "reopen" | "move" | "reset";
  /** Of a reset: the turn up to which is kept, or the word for it */
  point?: string;
  /** Runs a second, at most */
  rate: number;
  /** Why, for people */
  reason?: string;
  /** Name of the signal */
  signal?: string;
  /** Name of the token that began it */
  started_by?: string;
  /** Current status */
  status: "running" | "completed" | "stopped";
  /** Version that runs are moved to, or go on with */
  to?: string;
  /** Of a reset: what is kept ends before the run was moved to this version */
  to_version?: string;
  /** Conditions that the runs meet */
  where: string[];
}

export interface BatchFailure {
  /** As of the operation by itself */
  code: string;
  /** What went wrong, for people */
  detail: string;
  /** One execution of a workflow id (UUID) */
  run_id: string;
  /** The caller's name for an instance: 1 to 200 characters of A-Z a-z 0-9 . _ : @ - */
  workflow_id: string;
}

export interface BatchRequest {
  /** Of a reset: signals after the point are not delivered again */
  drop_signals?: boolean;
  /** Count the runs, and do nothing */
  dry_run?: boolean;
  /** What is done to each run */
  operation: "cancel" | "terminate" | "pause" | "resume" | "signal" | "reopen" | "move" | "reset";
  /** Of a signal: any JSON value */
  payload?: unknown;
  /** Of a reset: up to where the history of each run is kept. No to_event */
  point?: ResetPoint;
  /** Runs a second, at most; 1 to 10000, default 100 */
  rate?: number;
  /** For the histories; of cancel, terminate, pause, reopen and reset */
  reason?: string;
  /** Of a signal: its name */
  signal?: string;
  /** Of a move: the version that the runs go to, full or a prefix; of a reset: with which they go on, their own by default */
  to?: string;
  /** Conditions, as in a listing: runs that meet all, and started before the batch */
  where: string[];
}

export interface BatchStarted {
  /** Id of the batch */
  batch_id: string;
  /** The request id was known: this is its first answer, and nothing was done now */
  deduplicated?: boolean;
  /** Log index that this answer reflects */
  index: number;
}

export interface Batches {
  /** Newest first */
  batches: Batch[];
  /** Log index that this answer reflects */
  index: number;
  /** cursor of the next page; absent on the last one */
  next_cursor?: string;
}

export interface BootstrapSpec {
  /** A Go duration from now, or an RFC 3339 time; default: never */
  expires?: string;
  /** Default: bootstrap */
  name?: string;
  /** SHA-256 of the secret, 64 hex digits, if the caller has made it; default: the node makes one, and the first answer shows it */
  secret_sha256?: string;
}

export interface Canaries {
  /** By type */
  canaries: Canary[];
  /** Log index that this answer reflects */
  index: number;
}

export interface Canary {
  /** So many failed runs of the canary abort it; absent: none do */
  abort_failures?: number;
  /** Who made the call: the name of a token, or the name that the caller gave */
  actor: string;
  /** When it began, in log time */
  began_at: string;
  /** Index of the log entry that began it */
  began_index: number;
  counts: CanaryCounts;
  /** How it ended; absent while there is one */
  ended?: "promoted" | "aborted";
  /** Attribute whose value decides; absent: the workflow id */
  key?: string;
  /** So many completed runs of the canary promote it; absent: none do */
  promote_after?: number;
  /** Version that all other starts get */
  routed: string;
  /** Of new starts, such as 10% */
  share: string;
  /** It is promoted then */
  until?: string;
  /** Of the canary */
  version: string;
  /** What callers start */
  workflow_type: string;
}

export interface CanaryAnswer {
  /** So many failed runs of the canary abort it; absent: none do */
  abort_failures?: number;
  /** Who made the call: the name of a token, or the name that the caller gave */
  actor: string;
  /** When it began, in log time */
  began_at: string;
  /** Index of the log entry that began it */
  began_index: number;
  counts: CanaryCounts;
  /** The request id was known: this is its first answer, and nothing was done now */
  deduplicated?: boolean;
  /** How it ended; absent while there is one */
  ended?: "promoted" | "aborted";
  /** Log index that this answer reflects */
  index: number;
  /** Attribute whose value decides; absent: the workflow id */
  key?: string;
  /** So many completed runs of the canary promote it; absent: none do */
  promote_after?: number;
  /** Version that all other starts get */
  routed: string;
  /** Of new starts, such as 10% */
  share: string;
  /** It is promoted then */
  until?: string;
  /** Of the canary */
  version: string;
  /** What callers start */
  workflow_type: string;
}

export interface CanaryCounts {
  canary: CanaryRuns;
  routed: CanaryRuns;
}

export interface CanaryEnd {
  /** For the deploy history */
  message?: string;
}

export interface CanaryRead {
  /** So many failed runs of the canary abort it; absent: none do */
  abort_failures?: number;
  /** Who made the call: the name of a token, or the name that the caller gave */
  actor: string;
  /** When it began, in log time */
  began_at: string;
  /** Index of the log entry that began it */
  began_index: number;
  counts: CanaryCounts;
  /** How it ended; absent while there is one */
  ended?: "promoted" | "aborted";
  /** Log index that this answer reflects */
  index: number;
  /** Attribute whose value decides; absent: the workflow id */
  key?: string;
  /** So many completed runs of the canary promote it; absent: none do */
  promote_after?: number;
  /** Version that all other starts get */
  routed: string;
  /** Of new starts, such as 10% */
  share: string;
  /** It is promoted then */
  until?: string;
  /** Of the canary */
  version: string;
  /** What callers start */
  workflow_type: string;
}

export interface CanaryRequest {
  /** So many failed runs of the canary abort it */
  abort_failures?: number;
  /** It is promoted after so long, a Go duration from now */
  for?: string;
  /** Attribute whose value decides which version a run gets; absent: the workflow id. Cannot be changed later */
  key?: string;
  /** For the deploy history */
  message?: string;
  /** So many completed runs of the canary promote it */
  promote_after?: number;
  /** Of new starts: a percentage with at most two decimals, such as 10% or 0.25% */
  share: string;
  /** Full, or a unique prefix of at least 6 digits; absent: that of the canary there is */
  version?: string;
}

export interface CanaryRuns {
  /** Also those that continued as new */
  completed: number;
  /** Also those that ran out of time */
  failed: number;
  /** Runs that it started so far */
  started: number;
}

/** An event of type CancelRequested. */
export interface CancelRequested {
  /** When it was recorded, in log time */
  at: string;
  data: CancelRequestedData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "CancelRequested";
}

export interface CancelRequestedData {
  /** Where it begins */
  from?: string;
  /** Why, for people */
  reason?: string;
}

/** An event of type CancelSent. */
export interface CancelSent {
  /** When it was recorded, in log time */
  at: string;
  data: CancelSentData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "CancelSent";
}

export interface CancelSentData {
  error?: RunError;
  /** Why, for people */
  reason?: string;
  /** The caller's name for an instance: 1 to 200 characters of A-Z a-z 0-9 . _ : @ - */
  workflow_id: string;
}

export interface Change {
  /** Of a canary */
  abort_failures?: number;
  /** SHA-256 of an archive that PUT /v1/archives has stored */
  archive?: string;
  /** Searchable values by name: strings, numbers, booleans, lists of strings, or null to remove a name */
  attributes?: Record<string, unknown>;
  /** Of a schedule */
  catch_up?: "one" | "none" | "all";
  /** Of a schedule */
  cron?: string;
  /** As of POST /v1/schedules, like the members below */
  every?: string;
  /** Of a canary */
  for?: string;
  /** Of load: route only if every open run of its types replays on the version at that index */
  gate?: "open";
  /** What the code gets: any JSON value */
  input?: unknown;
  /** Of a canary */
  key?: string;
  /** What to do */
  op: "load" | "route" | "unroute" | "unload" | "schedule" | "canary";
  /** Of a schedule */
  overlap?: "skip" | "buffer_one" | "cancel_previous" | "allow_all";
  /** It does not fire by itself */
  paused?: boolean;
  /** Of a canary */
  promote_after?: number;
  /** Of load: point the routes of all its types at the version; default true */
  route?: boolean;
  /** The caller's name of the schedule */
  schedule_id?: string;
  /** As of PUT /v1/canaries/{type}, like the members below */
  share?: string;
  /** Of load: signatures of the archive's version, as lines of its signature file */
  signatures?: string[];
  /** Of a schedule */
  timezone?: string;
  /** What kind of event, or the workflow type */
  type?: string;
  /** Full, or a unique prefix of at least 6 digits */
  version?: string;
}

export interface ChildRun {
  /** One execution of a workflow id (UUID) */
  run_id: string;
  /** Current status */
  status: string;
  /** The caller's name for an instance: 1 to 200 characters of A-Z a-z 0-9 . _ : @ - */
  workflow_id: string;
  /** What callers start */
  workflow_type: string;
}

/** An event of type ChildWorkflowCancelRequested. */
export interface ChildWorkflowCancelRequested {
  /** When it was recorded, in log time */
  at: string;
  data: ChildWorkflowCancelRequestedData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "ChildWorkflowCancelRequested";
}

export interface ChildWorkflowCancelRequestedData {
  /** Ordinal of the step within its run */
  id: number;
}

/** An event of type ChildWorkflowCancelled. */
export interface ChildWorkflowCancelled {
  /** When it was recorded, in log time */
  at: string;
  data: ChildWorkflowCancelledData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "ChildWorkflowCancelled";
}

export interface ChildWorkflowCancelledData {
  /** The parent's own code gave up the child; absent: the child closed as cancelled */
  asked?: boolean;
  /** Ordinal of the step within its run */
  id: number;
}

/** An event of type ChildWorkflowCompleted. */
export interface ChildWorkflowCompleted {
  /** When it was recorded, in log time */
  at: string;
  data: ChildWorkflowCompletedData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "ChildWorkflowCompleted";
}

export interface ChildWorkflowCompletedData {
  /** Ordinal of the step within its run */
  id: number;
  /** What the code returned: any JSON value */
  result: unknown;
}

/** An event of type ChildWorkflowFailed. */
export interface ChildWorkflowFailed {
  /** When it was recorded, in log time */
  at: string;
  data: ChildWorkflowFailedData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "ChildWorkflowFailed";
}

export interface ChildWorkflowFailedData {
  error: RunError;
  /** Ordinal of the step within its run */
  id: number;
}

/** An event of type ChildWorkflowStarted. */
export interface ChildWorkflowStarted {
  /** When it was recorded, in log time */
  at: string;
  data: ChildWorkflowStartedData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "ChildWorkflowStarted";
}

export interface ChildWorkflowStartedData {
  /** Searchable values by name: strings, numbers, booleans, lists of strings, or null to remove a name */
  attributes?: Record<string, unknown>;
  /** Time limit of the child with all runs that continue it, or try again */
  chain_timeout?: string;
  /** Ordinal of the step within its run */
  id: number;
  /** What the code gets: any JSON value */
  input: unknown;
  /** What becomes of the step when it is to be cancelled: wait (default), abandon or ignore */
  on_cancel?: string;
  /** What happens to the child when its parent closes; absent means terminate */
  on_parent_close?: "terminate" | "cancel" | "abandon";
  retry?: RetryData;
  /** One execution of a workflow id (UUID) */
  run_id?: string;
  /** A Go duration */
  timeout?: string;
  /** Content hash of a package, 64 hex digits; of a node: the version of its binary */
  version?: string;
  /** Which version the child starts on; absent means the parent's if its package carries the type, else the routed one */
  version_choice?: "parent" | "routed";
  /** The caller's name for an instance: 1 to 200 characters of A-Z a-z 0-9 . _ : @ - */
  workflow_id: string;
  /** What callers start */
  workflow_type: string;
}

export interface Cluster {
  /** Index of the newest log entry that the node has applied */
  applied_index: number;
  /** What the voters' clocks say about that of the node that answered: too few were heard, no majority of them agrees, a majority agrees with it, a majority agrees and it differs */
  clocks: "unknown" | "split" | "right" | "wrong";
  /** Id of the cluster, generated when it was founded */
  cluster_id: string;
  /** Index of the newest log entry that this node knows to be on a majority */
  commit_index: number;
  /** Chain of the newest act of the deploy history, as this node has applied it: docs/DEPLOY_HISTORY.md */
  deploy_chain?: string;
  /** Running digest of the state at digest_index: equal on all nodes at the same digest_index */
  digest: string;
  /** Index of the newest entry that changed the state; applied_index may be ahead of it */
  digest_index: number;
  /** Free space on the node that answered */
  disk?: Disk;
  /** This node was told to drain */
  draining?: boolean;
  /** What an operator should know about the cluster, the worst first */
  findings: Finding[];
  /** None of the findings is critical or a warning */
  healthy: boolean;
  /** Id of the leader; empty if none is known */
  leader: string;
  /** Level of the state: what its state machine does. It rises once every member runs a build that knows the next one, and never falls */
  level: number;
  /** The cluster's clock, which timers follow */
  log_time: string;
  /** On the leader: how far log time stays behind its clock, which no majority of the voters' clocks agrees with and nobody has confirmed */
  log_time_held?: string;
  /** The nodes of the cluster, by id */
  members: Member[];
  /** Id of the node that answered */
  node: string;
  /** Raft term */
  term: number;
}

export interface CodeFrame {
  /** Module, line and column, such as order.star:12:9 */
  at: string;
  /** Name of the function */
  function: string;
  /** Its variables */
  locals: CodeLocal[];
  /** The line of source */
  source: string;
}

export interface CodeLocal {
  /** Name of the signal, query, activity or child workflow type */
  name: string;
  /** As code writes it */
  value: string;
}

export interface CodeStack {
  /** The innermost call last */
  frames: CodeFrame[];
  /** Which part of the code: its main function, or a handler */
  name: string;
}

export interface CompleteRequest {
  /** One for each token */
  results: TaskCompletion[];
}

export interface Deploy {
  /** Who made the call: the name of a token, or the name that the caller gave */
  actor: string;
  /** When it was recorded, in log time */
  at: string;
  /** SHA-256 of the chain of the act before and of this record: docs/DEPLOY_HISTORY.md. Absent: a refusal, or from before there were chains */
  chain?: string;
  /** The load registered the version; until then it was not loaded */
  freshly_loaded?: boolean;
  /** Log index of this record */
  index: number;
  /** For people */
  message?: string;
  /** Order among the records of the same index */
  n: number;
  /** deployment: one that was refused as a whole; schedule: one that was refused for it */
  operation: "load" | "route" | "unroute" | "rollback" | "unload" | "unload_when_drained" | "cancel_unload" | "canary" | "canary_promote" | "canary_abort" | "deployment" | "schedule";
  /** ok, or the code of the refusal */
  outcome: string;
  /** Version routed before */
  previous?: string;
  /** The Idempotency-Key of the call, as far as it had one */
  request_id: string;
  /** The type's route points elsewhere since */
  route_changed?: boolean;
  /** Of a route that changed: what was routed until then; absent = nothing was */
  routed_before?: string;
  /** Of a load: the trusted keys that had signed the version, each as its name, a space and the public key */
  signed_by?: string[];
  /** Content hash of a package, 64 hex digits; of a node: the version of its binary */
  version?: string;
  /** What callers start */
  workflow_type: string;
}

export interface DeployCondition {
  /** By workflow type: the version (or prefix) that is routed, or none */
  routes?: Record<string, string>;
}

export interface Deployment {
  /** Carried out in order, all or none; 1 to deploy.max_changes (100) */
  changes: Change[];
  /** Check everything, say what would happen, change nothing */
  dry_run?: boolean;
  /** What must be so before the first change */
  expect?: DeployCondition;
  /** For the deploy history */
  message?: string;
}

export interface DeploymentAnswer {
  /** For each change, in order, what the operation alone would be answered: a load as POST /v1/packages, a route and an unroute as PUT /v1/routes/{type}, an unload as DELETE /v1/versions/{type}/{version}, a schedule as PUT /v1/schedules/{id}, a canary as PUT /v1/canaries/{type} */
  changes: unknown[];
  /** The request id was known: this is its first answer, and nothing was done now */
  deduplicated?: boolean;
  /** Nothing was changed; this is what would have happened */
  dry_run?: boolean;
  /** Log index that this answer reflects */
  index: number;
  /** Of a dry run: what would change, as of index */
  plan?: Plan;
}

export interface Deploys {
  /** That of the newest act of all, whatever the page shows */
  chain?: string;
  /** Newest first */
  deploys: Deploy[];
  /** Log index that this answer reflects */
  index: number;
  /** cursor of the next page; absent on the last one */
  next_cursor?: string;
}

export interface Described {
  /** 1 for the first run, one more for each that continues as new or tries again */
  attempt: number;
  /** Searchable values by name: strings, numbers, booleans, lists of strings, or null to remove a name */
  attributes: Record<string, unknown>;
  /** When the delay of a run is over that has not begun, in log time */
  begins_at?: string;
  /** Reason of the request to cancel it */
  cancel_reason?: string;
  /** The run was asked to end */
  cancel_requested?: boolean;
  /** Time limit of the run with all runs that continue it, or try again */
  chain_timeout?: string;
  /** The first 100 that are open */
  children: ChildRun[];
  /** Total, if more are open than are listed */
  children_total?: number;
  /** When the run closed, in log time */
  closed_at?: string;
  /** The run that it continues */
  continued_from?: string;
  /** The run that continues it, or tries again */
  continued_to?: string;
  /** Present if the run ended in another way; for a terminated or cancelled run, with the given reason */
  error?: RunError;
  /** Length of the history */
  events: number;
  /** First run of the chain, if this run continues another */
  first_run_id?: string;
  /** Log index that this answer reflects */
  index: number;
  /** Input with which it was started */
  input: unknown;
  parent?: RunName;
  /** Why the run was paused or quarantined */
  pause_reason?: string;
  /** Input, result, details and the texts of errors are left out, because the token lacks the grant payload */
  payload_withheld?: boolean;
  /** The first 100, by activity_id */
  pending_activities: PendingActivity[];
  /** Total, if there are more than are listed */
  pending_activities_total?: number;
  /** Paused because its code broke the runtime or its replay; resume clears it */
  quarantined?: boolean;
  /** The run that took its place when it was reset */
  reset_as?: string;
  /** The run whose history it begins with, if it is a reset or a fork */
  reset_of?: Origin;
  /** Present if the run completed */
  result?: unknown;
  /** How it is tried again */
  retry?: RetryPolicy;
  /** One execution of a workflow id (UUID) */
  run_id: string;
  /** Id of the schedule that started it */
  schedule?: string;
  /** When it started, in log time */
  started_at: string;
  /** Current status */
  status: "running" | "paused" | "completed" | "failed" | "cancelled" | "terminated" | "timed_out" | "continued_as_new";
  /** Paused because its type or its version was stopped */
  stopped?: boolean;
  /** Of a run with retry: 1 for the first try */
  try?: number;
  /** Number of signals that its code has not consumed; the history names them */
  unread_signals: number;
  /** Content hash of a package, 64 hex digits; of a node: the version of its binary */
  version: string;
  /** What the run waits for now */
  waiting_on: Wait[];
  /** The caller's name for an instance: 1 to 200 characters of A-Z a-z 0-9 . _ : @ - */
  workflow_id: string;
  /** What callers start */
  workflow_type: string;
}

export interface Disk {
  /** Free on the file system of the data folder */
  free_bytes: number;
  /** Free bytes below which the level is full */
  full_bytes: number;
  /** full: nothing new is begun on this node while it leads */
  level: "ok" | "warn" | "full";
  /** Size of the file system of the data folder */
  size_bytes: number;
  /** Free bytes below which the level is warn */
  warn_bytes: number;
}

export interface DroppedType {
  /** Content hash of a package, 64 hex digits; of a node: the version of its binary */
  version: string;
  /** What callers start */
  workflow_type: string;
}

/** An event of a run's history. `type` determines the shape of `data`. */
export type Event = WorkflowStarted | WorkflowCompleted | WorkflowFailed | WorkflowCancelled | WorkflowTerminated | WorkflowTimedOut | WorkflowContinuedAsNew | WorkflowReopened | WorkflowPaused | WorkflowResumed | CancelRequested | AttributesUpdated | ActivityScheduled | ActivityStarted | ActivityCompleted | ActivityFailed | ActivityCancelled | TimerStarted | TimerFired | TimerCancelled | SignalReceived | SignalSent | ChildWorkflowStarted | ChildWorkflowCompleted | ChildWorkflowFailed | ChildWorkflowCancelled | WorkflowMoved | UpdateAccepted | UpdateCompleted | ActivityCancelRequested | ChildWorkflowCancelRequested | WorkflowBegan | CancelSent | ResultAwaited | WorkflowReset | ParentReset | ResultReceived | AwaitCancelled;

export interface FailRequest {
  /** One for each token */
  results: TaskFailure[];
}

export interface Finding {
  /** Which kind of finding it is, such as voter_away: docs/OPERATIONS.md lists them */
  code: string;
  /** What to do next */
  do?: string;
  /** Whom it is about; absent: the cluster */
  node?: string;
  /** critical: the cluster does not do its work; warning: one step further it does not; info: as somebody wanted it, or on its way */
  severity: "critical" | "warning" | "info";
  /** What is so, in words */
  text: string;
}

export interface ForkRequest {
  /** Workflow id of the copy */
  as: string;
  /** Signals and updates that came after the point are not delivered to the new run */
  drop_signals?: boolean;
  /** Replay what would be kept, say what would be redone, and change nothing */
  dry_run?: boolean;
  /** Version, full or a prefix, with which the new run goes on if the turns that are kept replay on it; default: that of the run */
  on?: string;
  /** For the histories */
  reason?: string;
  /** The number of the last turn that is kept; or start (nothing but the input), last (all turns but the one that closed the run), failure (up to the turn that began the step whose failure is the newest) */
  to?: string;
  /** Seq of the last event that is kept; in the middle of what a turn asked for, the rest of that is kept, too */
  to_event?: number;
  /** The last turn before the run was moved to this version, full or a prefix */
  to_version?: string;
}

export interface Health {
  /** Current status */
  status: "ok";
}

export interface HeartbeatRequest {
  /** One for each attempt */
  tokens: TaskBeat[];
}

export interface History {
  /** In the order of seq */
  events: Event[];
  /** Log index that this answer reflects */
  index: number;
  /** First seq of the next page; absent: the run is closed and there is no more */
  next?: number;
  /** Payloads and the texts of errors are left out of all events, because the token lacks the grant payload */
  payload_withheld?: boolean;
  /** If record=true was asked for, and the token has the grant payload */
  record?: RunRecord;
}

export interface Job {
  /** Number of closed runs that it has cleaned up after */
  cursor: number;
  /** Ordinal of the step within its run */
  id: number;
  /** Kind, for programs */
  kind: string;
  /** One execution of a workflow id (UUID) */
  run_id: string;
  /** Likewise: runs that it has paused, or resumed, so far */
  runs_changed?: number;
  /** Runs that it has closed so far */
  runs_closed: number;
  /** Number of known closed runs that it still has to clean up after */
  runs_waiting: number;
  /** When it began, in log time */
  since: string;
  /** Likewise: the version */
  version?: string;
  /** The caller's name for an instance: 1 to 200 characters of A-Z a-z 0-9 . _ : @ - */
  workflow_id: string;
  /** Of a stop, or of one that is lifted: the type that is stopped */
  workflow_type?: string;
}

export interface Jobs {
  /** Log index that this answer reflects */
  index: number;
  /** Oldest first */
  jobs: Job[];
}

export interface JoinToken {
  /** Name of the token of who made it */
  by?: string;
  /** When it was created, in log time */
  created_at: string;
  /** Absent: never */
  expires_at?: string;
  /** Id of the token: what stands before its dot */
  id: string;
}

export interface JoinTokenMade {
  /** Name of the token of who made it */
  by?: string;
  /** When it was created, in log time */
  created_at: string;
  /** The request id was known: this is its first answer, and nothing was done now */
  deduplicated?: boolean;
  /** Absent: never */
  expires_at?: string;
  /** Id of the token: what stands before its dot */
  id: string;
  /** Log index that this answer reflects */
  index: number;
  /** For cluster.join_token of the nodes that join; it is shown once: a repeated call is answered without it */
  token?: string;
}

export interface JoinTokenRequest {
  /** How long it lets nodes in, a Go duration; 24h if absent, 0s: for ever */
  expires?: string;
}

export interface JoinTokenRevoked {
  /** The request id was known: this is its first answer, and nothing was done now */
  deduplicated?: boolean;
  /** Ordinal of the step within its run */
  id: string;
  /** Log index that this answer reflects */
  index: number;
}

export interface JoinTokens {
  /** Log index that this answer reflects */
  index: number;
  /** Without their secrets */
  join_tokens: JoinToken[];
}

export interface KeySpec {
  /** ed25519: and 43 characters of base64url, as key show prints it */
  public_key: string;
}

export interface LoadAnswer {
  /** The request id was known: this is its first answer, and nothing was done now */
  deduplicated?: boolean;
  /** Name by which the runtime knows the entry module: module$version */
  deployed_entry_module: string;
  /** Nothing was changed; this is what would have happened */
  dry_run?: boolean;
  /** Function that a run starts with */
  entry_function: string;
  /** False if the version was already loaded */
  freshly_loaded: boolean;
  /** Log index that this answer reflects */
  index: number;
  /** When the version was loaded, in log time */
  loaded_at: string;
  /** Of each type whose route changed, the version routed before, where rollback goes; absent if there is none */
  previous_routes: Record<string, string>;
  /** At least one member's route points elsewhere now */
  route_changed: boolean;
  /** Content hash of a package, 64 hex digits; of a node: the version of its binary */
  version: string;
  /** What callers start */
  workflow_type: string;
  /** Workflow types that the package carries */
  workflow_types: string[];
}

export interface LogLine {
  /** When it was recorded, in log time */
  at: string;
  /** Number among all lines of the run, from 1; lines that are no longer kept are counted */
  seq: number;
  /** The logged text */
  text: string;
  /** Number of the turn that logged it */
  turn: number;
}

export interface Member {
  /** Index of the newest log entry that the node has applied */
  applied_index: number;
  /** Of the voters' median (of the node that answered while no majority agrees); absent: not heard of for a minute */
  clock_ahead?: string;
  /** Its clock differs from those of most voters by more than cluster.max_clock_skew: it should not lead */
  clock_wrong: boolean;
  /** An operator made it a non-voter: it gets no vote until it is promoted */
  demoted?: boolean;
  /** Free space for its data folder, as it reports; absent: not known */
  disk?: Disk;
  /** It was told to drain: it takes no deploys and does not want to lead */
  draining?: boolean;
  /** Where other nodes and clients reach the node's HTTP */
  http_address: string;
  /** Ordinal of the step within its run */
  id: string;
  /** This node leads */
  leader: boolean;
  /** Number of archives that the node still has to fetch */
  missing_blobs: number;
  /** Where other nodes reach the node's raft */
  raft_address: string;
  /** Voters elect the leader and hold the majority */
  role: "voter" | "nonvoter";
  /** Current status */
  status: "alive" | "suspect" | "left";
  /** Version of the node's binary */
  version: string;
}

export interface Module {
  /** Size in bytes */
  bytes: number;
  /** File name below modules/, with its extension */
  name: string;
}

export interface Move {
  /** By the clock of the node */
  began_at: string;
  /** They would end differently, and stay */
  differed: number;
  /** They ask for something else on the new version, and stay */
  diverged: number;
  /** Runs with a verdict */
  done: number;
  /** By the clock of the node; absent while it runs */
  ended_at?: string;
  /** Log index that this answer reflects */
  index: number;
  /** Verdicts that are counted and not kept */
  left_off: number;
  /** As the start answered */
  move_id: string;
  /** They are on the new version now */
  moved: number;
  /** Absent when there will be no more results */
  next_cursor?: string;
  /** Id of the node that does it */
  node: string;
  /** A page of the verdicts, in the order in which they were found */
  results: MoveResult[];
  /** In a dry run: they would be moved */
  same: number;
  /** They stay for another reason, such as having closed */
  skipped: number;
  /** Current status */
  status: "running" | "completed" | "stopped" | "failed";
  /** Runs to look at; until all are found, at most so many */
  total: number;
  /** Why it failed */
  why?: string;
}

export interface MoveRequest {
  /** Prove, and move nothing */
  dry_run?: boolean;
  /** Version that the runs are on, full or a prefix */
  from: string;
  /** Workflow ids; default: every open run of the type on that version */
  ids?: string[];
  /** Version that they go to, full or a prefix; it has to be loaded */
  to: string;
  /** What kind of event, or the workflow type */
  type: string;
  /** Conditions, as in a listing: only runs that meet all */
  where?: string[];
}

export interface MoveResult {
  /** What the new version asks for; absent: nothing more */
  asked?: string;
  /** What was recorded there; absent: nothing more */
  recorded?: string;
  /** Absent: there is no such run */
  run_id?: string;
  /** Of the first recorded event that was not asked for again; absent if the new version asks for more than was recorded */
  seq?: number;
  /** What became of the run */
  verdict: "moved" | "same" | "diverged" | "differed" | "skipped";
  /** That the run is on now; absent: there is no such run */
  version?: string;
  /** File and line of the new version that asks, or that waits; absent: it had ended */
  where?: string;
  /** Why it was skipped */
  why?: string;
  /** The caller's name for an instance: 1 to 200 characters of A-Z a-z 0-9 . _ : @ - */
  workflow_id: string;
}

export interface MoveStarted {
  /** The request id was known: this is its first answer, and nothing was done now */
  deduplicated?: boolean;
  /** Log index that this answer reflects */
  index: number;
  /** Known to the node that leads alone */
  move_id: string;
  /** Id of the node that does it */
  node: string;
  /** How many runs will be looked at; until all are found, at most so many */
  runs: number;
}

export interface Namespace {
  /** Log time; likewise */
  created_at?: string;
  /** The actor; likewise */
  created_by?: string;
  /** Log index; absent: default, which nobody created */
  created_index?: number;
  /** For people */
  description?: string;
  /** Name of the signal, query, activity or child workflow type */
  name: string;
  quotas: NamespaceQuotas;
}

export interface NamespaceAnswer {
  /** Log time; likewise */
  created_at?: string;
  /** The actor; likewise */
  created_by?: string;
  /** Log index; absent: default, which nobody created */
  created_index?: number;
  /** The request id was known: this is its first answer, and nothing was done now */
  deduplicated?: boolean;
  /** For people */
  description?: string;
  /** Log index that this answer reflects */
  index: number;
  /** Name of the signal, query, activity or child workflow type */
  name: string;
  quotas: NamespaceQuotas;
}

export interface NamespaceChange {
  /** For people */
  description?: string;
  /** As in quotas; 0 takes the quota away */
  open_runs?: number;
  /** As of POST /v1/namespaces; 0s: for ever */
  retention?: string;
  /** Likewise */
  starts_per_second?: number;
  /** Likewise */
  state_bytes?: number;
}

export interface NamespaceQuotas {
  /** Open runs, whoever starts them */
  open_runs?: number;
  /** Starts that callers ask for; up to a second's at once */
  starts_per_second?: number;
  /** Bytes of the histories of its runs, open and closed; at the bound nothing is started or signalled */
  state_bytes?: number;
}

export interface NamespaceShown {
  /** Log time; likewise */
  created_at?: string;
  /** The actor; likewise */
  created_by?: string;
  /** Log index; absent: default, which nobody created */
  created_index?: number;
  /** For people */
  description?: string;
  /** Log index that this answer reflects */
  index: number;
  /** Name of the signal, query, activity or child workflow type */
  name: string;
  quotas: NamespaceQuotas;
  /** Absent: default, of which nothing is counted */
  use?: NamespaceUse;
}

export interface NamespaceSpec {
  /** For people */
  description?: string;
  /** 1 to 63 of a-z 0-9 - */
  name: string;
  quotas?: NamespaceQuotas;
  /** A Go duration: how long closed runs of types without a rule of their own are kept; default: for ever */
  retention?: string;
}

export interface NamespaceUse {
  /** Open runs */
  open_runs: number;
  /** Open and closed ones that are kept */
  runs: number;
  /** Of the histories of its runs */
  state_bytes: number;
}

export interface Namespaces {
  /** Log index that this answer reflects */
  index: number;
  /** By name */
  namespaces: Namespace[];
  /** cursor of the next page; absent on the last one */
  next_cursor?: string;
}

export interface NodeAnswer {
  /** The request id was known: this is its first answer, and nothing was done now */
  deduplicated?: boolean;
  /** Log index that this answer reflects */
  index: number;
  /** Id of a node */
  node: string;
}

export interface NodeRequest {
  /** Id of a node */
  node?: string;
}

export interface Origin {
  /** The last event that was kept */
  event: number;
  /** That run was left alone */
  fork?: boolean;
  /** One execution of a workflow id (UUID) */
  run_id: string;
  /** The last turn that was kept */
  turn: number;
  /** The caller's name for an instance: 1 to 200 characters of A-Z a-z 0-9 . _ : @ - */
  workflow_id: string;
}

export interface ParentData {
  /** Ordinal of the step within its run */
  id: number;
  /** What happens to the child when its parent closes; absent means terminate */
  on_parent_close?: "terminate" | "cancel" | "abandon";
  /** One execution of a workflow id (UUID) */
  run_id: string;
  /** The caller's name for an instance: 1 to 200 characters of A-Z a-z 0-9 . _ : @ - */
  workflow_id: string;
}

/** An event of type ParentReset. */
export interface ParentReset {
  /** When it was recorded, in log time */
  at: string;
  data: ParentResetData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "ParentReset";
}

export interface ParentResetData {
  /** Run of the same workflow id that waits for the child from here on */
  run_id: string;
}

export interface PendingActivity {
  /** Name of the activity */
  activity: string;
  /** Ordinal of the step within its run */
  activity_id: number;
  /** 1 for the first attempt */
  attempt: number;
  /** Its worker has let go of the attempt: the outcome comes later, from elsewhere */
  deferred?: boolean;
  /** Any JSON value, for programs */
  details?: unknown;
  /** When its time runs out, or when it is offered again */
  due_at?: string;
  /** Attempts that failed so far */
  failures: number;
  last_failure?: RunError;
  /** Name of the queue */
  queue: string;
  /** When it started, in log time */
  started_at?: string;
  /** offered: a worker may take it; backoff: it waits for its next attempt; leased: a worker has it; given_up: a worker has it, and nobody waits for it */
  state: "offered" | "backoff" | "leased" | "given_up";
  /** worker_id of the worker that holds or held the attempt */
  worker?: string;
}

export interface PinCounts {
  /** Runs that were started and have recorded no turn */
  in_flight_start: number;
  /** Runs that are running and have recorded a turn */
  live_run: number;
  /** Children recorded by a parent's turn that have recorded no turn */
  recorded_child: number;
  /** Runs that are paused or quarantined */
  recoverable_run: number;
}

export interface PinHolder {
  /** Kind, for programs */
  kind: "in_flight_start" | "live_run" | "recoverable_run" | "recorded_child";
  /** Who the run belongs to */
  owner?: string;
  /** The parent whose turn recorded the child */
  recorded_by?: RunName;
  /** One execution of a workflow id (UUID) */
  run_id: string;
  /** When the run took this kind */
  since: string;
  /** The caller's name for an instance: 1 to 200 characters of A-Z a-z 0-9 . _ : @ - */
  workflow_id: string;
  /** What callers start */
  workflow_type: string;
}

export interface Pins {
  counts: PinCounts;
  /** One page of the runs that pin the version */
  holders: PinHolder[];
  /** Log index that this answer reflects */
  index: number;
  /** cursor of the next page; absent on the last one */
  next_cursor?: string;
  /** A route of any member points at the version */
  route_active: boolean;
  /** How many there are in all */
  total: number;
  /** Content hash of a package, 64 hex digits; of a node: the version of its binary */
  version: string;
}

export interface Plan {
  /** Canaries that would begin or change. None would end: a route that would move, and the unload of a canary, are refused while there is one */
  canaries: PlannedCanary[];
  /** A version would be loaded, or a route or a canary would change */
  changes: boolean;
  /** Types whose version is replaced for other types and not for them: they stay on it */
  dropped: DroppedType[];
  /** Versions that types are routed away from, and that stay because open runs need them */
  pinned: PlannedPins[];
  /** Since when the leader knows of polls */
  polls_since: string;
  /** Routes that would change */
  routes: PlannedRoute[];
  /** Schedules whose input does not fit the schema of the version that they would start */
  schedules: PlannedSchedule[];
  /** Schedules that were too many to be checked */
  schedules_unchecked?: number;
  /** What is stopped of the packages and routes: it stays so */
  stopped?: Stop[];
  /** Activities of the packages that no worker has polled for within the last hour, as far as the leader knows */
  unpolled: string[];
  /** By workflow type, loaded_at and version */
  versions: PlannedVersion[];
}

export interface PlannedCanary {
  /** So many failed runs of the canary abort it; absent: none do */
  abort_failures?: number;
  /** Attribute whose value decides; absent: the workflow id */
  key?: string;
  /** So many completed runs of the canary promote it; absent: none do */
  promote_after?: number;
  /** Version that all other starts would get */
  routed: string;
  /** Share of new starts, in hundredths of a percent */
  share: string;
  /** What it has now; absent: it would begin */
  share_before?: string;
  /** It would be promoted then */
  until?: string;
  /** Of the canary */
  version: string;
  /** What callers start */
  workflow_type: string;
}

export interface PlannedPins {
  pins: PinCounts;
  /** Content hash of a package, 64 hex digits; of a node: the version of its binary */
  version: string;
  /** That are routed away from it */
  workflow_types: string[];
}

export interface PlannedRoute {
  /** What is routed now */
  from: string;
  /** What would be routed */
  to: string;
  /** What callers start */
  workflow_type: string;
}

export interface PlannedSchedule {
  /** Why, for people */
  reason: string;
  /** The caller's name of the schedule */
  schedule_id: string;
  /** What callers start */
  workflow_type: string;
}

export interface PlannedVersion {
  /** It is loaded already */
  resident: boolean;
  /** Names of the trusted keys that have signed it */
  signed_by?: string[];
  /** Content hash of a package, 64 hex digits; of a node: the version of its binary */
  version: string;
  /** Workflow types that the package carries */
  workflow_types: string[];
}

export interface Policy {
  /** Log index that this answer reflects */
  index: number;
  /** By name, revoked ones too */
  keys: TrustedKey[];
  /** By prefix */
  rules: SignatureRule[];
}

export interface PolicyAnswer {
  /** The request id was known: this is its first answer, and nothing was done now */
  deduplicated?: boolean;
  /** Log index that this answer reflects */
  index: number;
  key?: TrustedKey;
  /** That of key */
  public_key?: string;
  rule?: SignatureRule;
  /** That of rule */
  type_prefix?: string;
}

export interface PollRequest {
  /** Names that the worker can carry out */
  activities: string[];
  /** The longest that this worker is silent about a task, a Go duration; an activity's own heartbeat wins where it is shorter; default: the node's limits.lease */
  lease?: string;
  /** 1 to 1,000; default 1 */
  max_tasks?: number;
  /** How long to wait for the first task, a Go duration of at most 60s; default: not at all */
  wait?: string;
  /** The worker's name, for people */
  worker_id: string;
  /** Of the worker's own code, for people */
  worker_version?: string;
}

export interface Polled {
  /** The first 100 of them, those that polled last first */
  pollers: Poller[];
  /** Since when that node has led */
  since: string;
  /** Workers that have polled the queue within the last hour */
  total: number;
}

export interface Poller {
  /** The first 20 activities that it polls for, by name */
  activities: string[];
  /** When that began, by the clock of the node that leads */
  last_poll: string;
  /** Attempts that it has taken, or sent heartbeats for, since that node leads, and that it holds */
  leased: number;
  /** Activities beyond those */
  more_activities?: number;
  /** That took its newest poll */
  node: string;
  /** Of the worker's own code, if it tells */
  version?: string;
  /** Polls that wait for a task now */
  waiting: number;
  /** The worker's name, for people */
  worker_id: string;
}

/** An error (RFC 9457). Further members are its facts, such as workflow_id, version, limit or holders: docs/ERRORS.md lists them by code. */
export interface Problem {
  /** What kind of problem this is, for programs; docs/ERRORS.md lists them */
  code: "invalid_package" | "invalid_input" | "signature_invalid" | "signature_required" | "manifest_mismatch" | "unknown_query" | "unknown_update" | "unauthenticated" | "permission_denied" | "not_found" | "unknown_version" | "unknown_workflow_type" | "method_not_allowed" | "query_timeout" | "version_pinned" | "route_active" | "canary_active" | "route_conflict" | "gate_failed" | "gate_contended" | "already_running" | "already_closed" | "stopped" | "not_running" | "invalid_state" | "version_unavailable" | "lease_lost" | "package_too_large" | "body_too_large" | "unsupported_encoding" | "misdirected" | "request_mismatch" | "resource_exhausted" | "query_failed" | "internal" | "no_leader" | "no_quorum" | "unavailable" | "outcome_unknown";
  /** The key was known: this is the refusal that its first call got */
  deduplicated?: boolean;
  /** What went wrong here, for people */
  detail: string;
  /** The parameter, header or member of the body that is wrong, such as results[3].retryable */
  field?: string;
  /** What to do about it, for people */
  hint?: string;
  /** Of a refusal by the state machine: the log index at which it was given */
  index?: number;
  /** rejected: it did not happen. retry: it did not happen, and may succeed in a moment. unknown: it may have happened, and the same key tells */
  outcome: "rejected" | "retry" | "unknown";
  /** The HTTP status */
  status: number;
  /** The code in words, for people */
  title: string;
}

export interface QueryAnswer {
  /** Log index that this answer reflects */
  index: number;
  /** What the code returned: any JSON value */
  result: unknown;
}

export interface QueryRequest {
  /** Argument of the query's handler: any JSON value */
  args?: unknown;
}

export interface Queue {
  /** Tasks that wait for their next attempt */
  backoff: number;
  /** Attempts that workers hold */
  leased: number;
  limits: QueueLimits;
  /** Tasks that a worker may take */
  offered: number;
  /** Name of the queue */
  queue: string;
}

export interface QueueAnswer {
  /** Tasks that wait for their next attempt */
  backoff: number;
  /** The request id was known: this is its first answer, and nothing was done now */
  deduplicated?: boolean;
  /** Log index that this answer reflects */
  index: number;
  /** Attempts that workers hold */
  leased: number;
  limits: QueueLimits;
  /** Tasks that a worker may take */
  offered: number;
  /** Who polls it; absent from answers of nodes that do not lead */
  polled?: Polled;
  /** Name of the queue */
  queue: string;
}

export interface QueueLimits {
  /** Attempts begun at once after a quiet time; default: the number in rate */
  burst?: number;
  /** Attempts that workers may hold at a time; 0 stops the queue: no attempt begins */
  concurrency?: number;
  /** Attempts begun in a time, such as 10/s, 600/m or 5/1h30m */
  rate?: string;
}

export interface Queues {
  /** Log index that this answer reflects */
  index: number;
  /** cursor of the next page; absent on the last one */
  next_cursor?: string;
  /** By name */
  queues: Queue[];
}

export interface Reason {
  /** Why, for people */
  reason?: string;
}

export interface Redone {
  /** Ordinal of the step within the run */
  id: number;
  /** Kind, for programs */
  kind: "timer" | "activity" | "child";
  /** The activity; the child's workflow id, if it is not started anew */
  name?: string;
}

export interface ReplaceRequest {
  /** Id of the node that takes its place */
  new: string;
  /** Id of the dead node */
  old: string;
}

export interface Replacement {
  /** The request id was known: this is its first answer, and nothing was done now */
  deduplicated?: boolean;
  /** The new node votes and the old one is removed */
  done: boolean;
  /** Log index that this answer reflects */
  index: number;
  /** Id of the node that takes its place */
  new: string;
  /** Id of the dead node */
  old: string;
  /** What it waits for: repeat the call */
  waits?: string;
}

export interface ResetAnswer {
  /** What had no outcome at the point, and is under way in the new run */
  again?: Redone[];
  /** Open children that the new run took over; absent for a dry run */
  children?: number;
  /** The request id was known: this is its first answer, and nothing was done now */
  deduplicated?: boolean;
  /** Events of the old history that the new one does not have */
  dropped_events?: number;
  /** Nothing was changed */
  dry_run?: boolean;
  /** The old run was open, and is terminated */
  ended?: boolean;
  /** The last event that is kept */
  event: number;
  /** Log index that this answer reflects */
  index: number;
  /** Signals and updates after the point that are delivered to the new run */
  messages?: number;
  /** That run */
  of_run_id: string;
  /** Of the run whose history it begins with */
  of_workflow_id: string;
  /** That is more than to_event asked for: the rest of its turn */
  rounded?: boolean;
  /** The new run; absent for a dry run */
  run_id?: string;
  /** The last turn that is kept; 0 = none is */
  turn: number;
  /** With which it goes on */
  version: string;
  /** Of the new run */
  workflow_id: string;
}

export interface ResetPoint {
  /** The number of the last turn that is kept; or start (nothing but the input), last (all turns but the one that closed the run), failure (up to the turn that began the step whose failure is the newest) */
  to?: string;
  /** Seq of the last event that is kept; in the middle of what a turn asked for, the rest of that is kept, too */
  to_event?: number;
  /** The last turn before the run was moved to this version, full or a prefix */
  to_version?: string;
}

export interface ResetRequest {
  /** Signals and updates that came after the point are not delivered to the new run */
  drop_signals?: boolean;
  /** Replay what would be kept, say what would be redone, and change nothing */
  dry_run?: boolean;
  /** Version, full or a prefix, with which the new run goes on if the turns that are kept replay on it; default: that of the run */
  on?: string;
  /** For the histories */
  reason?: string;
  /** The number of the last turn that is kept; or start (nothing but the input), last (all turns but the one that closed the run), failure (up to the turn that began the step whose failure is the newest) */
  to?: string;
  /** Seq of the last event that is kept; in the middle of what a turn asked for, the rest of that is kept, too */
  to_event?: number;
  /** The last turn before the run was moved to this version, full or a prefix */
  to_version?: string;
}

export interface Restored {
  /** What was restored */
  backup: RestoredBackup;
  /** Of the cluster, which keeps it */
  cluster_id: string;
  /** Of that state */
  digest: string;
  /** Of the state that the cluster has now */
  index: number;
  /** That leads, and has built the state */
  node: string;
  /** That have the state: a majority at least */
  voters: string[];
  /** Other nodes that voted before: they vote again once they have the state */
  waits_for?: string[];
}

export interface RestoredBackup {
  /** How many it has */
  archives: number;
  /** As Aion-Backup named it */
  backup_id: string;
  /** Of that node */
  build: string;
  /** Of the file */
  bytes: number;
  /** How many it has */
  closed_runs: number;
  /** Of the cluster that it is of */
  cluster_id: string;
  /** cluster.name of the node that made it */
  cluster_name?: string;
  /** Of its state, as /v1/cluster showed it */
  digest: string;
  /** Of its state */
  index: number;
  /** Of its state */
  level: number;
  /** Of the entry of that index */
  log_time: string;
  /** That made it */
  node: string;
  /** How many it has */
  open_runs: number;
  /** That are loaded */
  versions: number;
}

export interface Result {
  /** The run that continues this one, or tries again, if it was requested by run id */
  continued_to?: string;
  /** Present if the run did not complete */
  error?: RunError;
  /** Log index that this answer reflects */
  index: number;
  /** Present if the run completed */
  result?: unknown;
  /** One execution of a workflow id (UUID) */
  run_id: string;
  /** Current status */
  status: string;
  /** The caller's name for an instance: 1 to 200 characters of A-Z a-z 0-9 . _ : @ - */
  workflow_id: string;
}

/** An event of type ResultAwaited. */
export interface ResultAwaited {
  /** When it was recorded, in log time */
  at: string;
  data: ResultAwaitedData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "ResultAwaited";
}

export interface ResultAwaitedData {
  /** Ordinal of the step within its run */
  id: number;
  /** One execution of a workflow id (UUID) */
  run_id?: string;
  /** The caller's name for an instance: 1 to 200 characters of A-Z a-z 0-9 . _ : @ - */
  workflow_id: string;
}

/** An event of type ResultReceived. */
export interface ResultReceived {
  /** When it was recorded, in log time */
  at: string;
  data: ResultReceivedData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "ResultReceived";
}

export interface ResultReceivedData {
  error?: RunError;
  /** Ordinal of the step within its run */
  id: number;
  /** What the code returned: any JSON value */
  result?: unknown;
  /** One execution of a workflow id (UUID) */
  run_id?: string;
}

export interface Retention {
  /** A Go duration since the run closed; 0s: for ever */
  age: string;
  /** Absent: all types without a rule of their own */
  workflow_type?: string;
}

export interface RetentionAnswer {
  /** A Go duration since the run closed; 0s: for ever */
  age: string;
  /** The request id was known: this is its first answer, and nothing was done now */
  deduplicated?: boolean;
  /** Log index that this answer reflects */
  index: number;
  /** Absent: all types without a rule of their own */
  workflow_type?: string;
}

export interface RetentionRequest {
  /** A Go duration since the run closed; 0s: for ever */
  age: string;
}

export interface RetentionRules {
  /** Log index that this answer reflects */
  index: number;
  /** By workflow type */
  rules: Retention[];
}

export interface RetryData {
  /** Wait after the first failure, a Go duration */
  backoff?: string;
  /** Factor by which the wait grows with each failure */
  factor?: number;
  /** Maximum number of attempts; absent: no limit */
  max_attempts?: number;
  /** Longest wait between attempts, a Go duration */
  max_backoff?: string;
  /** Kinds of failures that are not repeated */
  non_retryable?: string[];
}

export interface RetryPolicy {
  /** Wait before the second try, a Go duration. Default: 1s */
  backoff?: string;
  /** Factor by which the wait grows with each failure, 1 to 1,000. Default: 2 */
  factor?: number;
  /** Tries in all; 0: as many as it takes */
  max_attempts?: number;
  /** Longest wait. Default: 1m */
  max_backoff?: string;
  /** Kinds of failures after which it is not tried again; timed_out is the one of the time limit */
  non_retryable?: string[];
}

export interface Rewound {
  /** Log index that this answer reflects */
  index: number;
  /** Where the next page starts; absent: there are no more so far */
  next?: number;
  /** One execution of a workflow id (UUID) */
  run_id: string;
  /** Turns that the run has taken */
  total: number;
  /** In their order, from from on */
  turns: RewoundTurn[];
  /** On whose code it was replayed */
  version: string;
  /** The caller's name for an instance: 1 to 200 characters of A-Z a-z 0-9 . _ : @ - */
  workflow_id: string;
}

export interface RewoundEvent {
  /** Data of the event; its shape depends on its type */
  data: unknown;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: string;
}

export interface RewoundTurn {
  /** Events that the code asked for */
  asked: RewoundEvent[];
  /** When it was recorded, in log time */
  at: string;
  /** The code has ended */
  ended?: boolean;
  /** The code does not follow the record, and where */
  problem?: string;
  /** Events that came since the turn before */
  seen: RewoundEvent[];
  /** Where the code waited after the turn; none if it has ended */
  stacks: CodeStack[];
  /** The newest event that it had seen */
  through: number;
  /** 1, 2, 3 and so on */
  turn: number;
  /** A reopening made it void: the code is not shown it */
  void?: boolean;
}

export interface RootData {
  /** One execution of a workflow id (UUID) */
  run_id: string;
  /** The caller's name for an instance: 1 to 200 characters of A-Z a-z 0-9 . _ : @ - */
  workflow_id: string;
}

export interface RouteAnswer {
  /** The request id was known: this is its first answer, and nothing was done now */
  deduplicated?: boolean;
  /** Log index that this answer reflects */
  index: number;
  /** Version routed before this one, and where rollback goes; empty = none */
  previous: string;
  /** The route points elsewhere now */
  route_changed: boolean;
  /** Content hash of a package, 64 hex digits; of a node: the version of its binary */
  version: string;
  /** What callers start */
  workflow_type: string;
}

export interface RouteChange {
  /** Version (or prefix) that the route must point at now, or none */
  expect?: string;
  /** For people */
  message?: string;
}

export interface RouteRequest {
  /** Version (or prefix) that the route must point at now, or none */
  expect?: string;
  /** For the deploy history */
  message?: string;
  /** Full, or a unique prefix of at least 6 digits */
  version: string;
}

export interface RuleSpec {
  /** How many keys have to sign; 0: none has to, whatever rules of shorter prefixes say; default 1 */
  count?: number;
  /** Names of the trusted keys that count; default: all that are trusted */
  keys?: string[];
  /** Empty: every type has it */
  type_prefix: string;
}

export interface Run {
  /** Searchable values by name: strings, numbers, booleans, lists of strings, or null to remove a name */
  attributes: Record<string, unknown>;
  /** When the delay of a run is over that has not begun, in log time */
  begins_at?: string;
  /** The run was asked to end */
  cancel_requested?: boolean;
  /** When the run closed, in log time */
  closed_at?: string;
  /** Length of the history */
  events: number;
  parent?: RunName;
  /** Paused because its code broke the runtime or its replay; resume clears it */
  quarantined?: boolean;
  /** The run that took its place when it was reset */
  reset_as?: string;
  /** The run whose history it begins with, if it is a reset or a fork */
  reset_of?: Origin;
  /** One execution of a workflow id (UUID) */
  run_id: string;
  /** Id of the schedule that started it */
  schedule?: string;
  /** When it started, in log time */
  started_at: string;
  /** Current status */
  status: "running" | "paused" | "completed" | "failed" | "cancelled" | "terminated" | "timed_out" | "continued_as_new";
  /** Paused because its type or its version was stopped */
  stopped?: boolean;
  /** Content hash of a package, 64 hex digits; of a node: the version of its binary */
  version: string;
  /** What the run waits for now */
  waiting_on: Wait[];
  /** The caller's name for an instance: 1 to 200 characters of A-Z a-z 0-9 . _ : @ - */
  workflow_id: string;
  /** What callers start */
  workflow_type: string;
}

export interface RunAnswer {
  /** The run had been asked to end before; this request changed nothing */
  already_requested?: boolean;
  /** The request id was known: this is its first answer, and nothing was done now */
  deduplicated?: boolean;
  /** Log index that this answer reflects */
  index: number;
  /** One execution of a workflow id (UUID) */
  run_id: string;
  /** Current status */
  status: string;
  /** The caller's name for an instance: 1 to 200 characters of A-Z a-z 0-9 . _ : @ - */
  workflow_id: string;
}

export interface RunCount {
  /** How many runs */
  count: number;
  /** Current status */
  status: string;
  /** Content hash of a package, 64 hex digits; of a node: the version of its binary */
  version: string;
  /** What callers start */
  workflow_type: string;
}

export interface RunCounts {
  /** One row for each type, version and status that runs have */
  counts: RunCount[];
  /** Log index that this answer reflects */
  index: number;
  /** How many there are in all */
  total: number;
  /** With by: the values of the attribute, the most frequent first; counts is empty then */
  values?: ValueCount[];
}

export interface RunError {
  /** Any JSON value, for programs */
  details?: unknown;
  /** Kind, for programs */
  kind: string;
  /** For people */
  message: string;
}

export interface RunLog {
  /** Log index that this answer reflects */
  index: number;
  /** In the order in which they were logged */
  lines: LogLine[];
  /** Number of lines logged, including those no longer kept */
  logged: number;
  /** First seq of the next page; absent: the run is closed and there is no more */
  next?: number;
}

export interface RunName {
  /** One execution of a workflow id (UUID) */
  run_id: string;
  /** The caller's name for an instance: 1 to 200 characters of A-Z a-z 0-9 . _ : @ - */
  workflow_id: string;
}

export interface RunQuota {
  /** How deep below the root of its tree, which has 0, a run may be; absent: no bound */
  depth?: number;
  /** In a listing: runs that are open now */
  open?: number;
  /** Runs that may be open at a time; absent: no bound */
  open_runs?: number;
  /** Absent: the namespace as a whole */
  workflow_type?: string;
}

export interface RunQuotaAnswer {
  /** The request id was known: this is its first answer, and nothing was done now */
  deduplicated?: boolean;
  /** How deep below the root of its tree, which has 0, a run may be; absent: no bound */
  depth?: number;
  /** Log index that this answer reflects */
  index: number;
  /** In a listing: runs that are open now */
  open?: number;
  /** Runs that may be open at a time; absent: no bound */
  open_runs?: number;
  /** Absent: the namespace as a whole */
  workflow_type?: string;
}

export interface RunQuotaRequest {
  /** How deep below the root of its tree a run may be; 0: no bound */
  depth?: number;
  /** Runs that may be open at a time; 0: no bound */
  open_runs?: number;
}

export interface RunQuotas {
  /** Log index that this answer reflects */
  index: number;
  /** That of the namespace as a whole first */
  quotas: RunQuota[];
}

export interface RunRecord {
  /** The seqs of its WorkflowReopened events */
  reopened?: number[];
  /** One execution of a workflow id (UUID) */
  run_id: string;
  /** Current status */
  status: string;
  /** At most 1000, after after_turn */
  turns: Turn[];
  /** That the run is on */
  version: string;
  /** The caller's name for an instance: 1 to 200 characters of A-Z a-z 0-9 . _ : @ - */
  workflow_id: string;
  /** What callers start */
  workflow_type: string;
}

export interface Runs {
  /** Log index that this answer reflects */
  index: number;
  /** cursor of the next page; absent on the last one */
  next_cursor?: string;
  /** Newest first */
  workflows: Run[];
}

export interface Schedule {
  /** More definitions of its times, at most 9: it fires at all of them, once where they coincide */
  also?: Timing[];
  /** Searchable values by name: strings, numbers, booleans, lists of strings, or null to remove a name */
  attributes?: Record<string, unknown>;
  /** Fires that wait for open runs to close */
  buffered?: string[];
  /** Default one */
  catch_up?: "one" | "none" | "all";
  /** When it was created, in log time */
  created_at: string;
  /** Five fields, six with seconds first, or @daily and the like */
  cron?: string;
  /** It does not fire for later times; absent: without end */
  ends_at?: string;
  /** A Go duration of at least 1s; or cron */
  every?: string;
  /** Fires whose run could not start */
  failed: number;
  /** For how many of its times it has fired, if fires bounds them */
  fired?: number;
  /** For how many of its times it fires; absent: without end */
  fires?: number;
  /** What the code gets: any JSON value */
  input?: unknown;
  /** A Go duration up to 24h: each fire comes less than so much after its time; default 0s */
  jitter?: string;
  last_failure?: RunError;
  /** Newest time that it fired for */
  last_time?: string;
  /** Times without a leader that catch_up skipped */
  missed: number;
  /** At most 5 in a description, 1 elsewhere */
  next_times: string[];
  /** Oldest first: at most 100 in a description, 10 elsewhere */
  open_runs: RunName[];
  /** Total, if there are more than are listed */
  open_runs_total?: number;
  /** Default skip */
  overlap?: "skip" | "buffer_one" | "buffer_all" | "cancel_previous" | "terminate_previous" | "allow_all";
  /** A run that failed or timed out pauses it */
  pause_on_failure?: boolean;
  /** It does not fire by itself */
  paused?: boolean;
  /** The input and the text of the failure are left out, because the token lacks the grant payload */
  payload_withheld?: boolean;
  /** Reason of the pause */
  reason?: string;
  /** At most 10, newest first; those that retention deleted are left out */
  recent_runs: RunName[];
  /** The caller's name of the schedule */
  schedule_id?: string;
  /** Fires that overlapped */
  skipped: number;
  /** Runs that it started so far */
  started: number;
  /** Time zone of cron, such as Europe/Berlin; default UTC */
  timezone?: string;
  /** What kind of event, or the workflow type */
  type: string;
}

export interface ScheduleAnswer {
  /** More definitions of its times, at most 9: it fires at all of them, once where they coincide */
  also?: Timing[];
  /** Searchable values by name: strings, numbers, booleans, lists of strings, or null to remove a name */
  attributes?: Record<string, unknown>;
  /** Fires that wait for open runs to close */
  buffered?: string[];
  /** Default one */
  catch_up?: "one" | "none" | "all";
  /** When it was created, in log time */
  created_at: string;
  /** Five fields, six with seconds first, or @daily and the like */
  cron?: string;
  /** The request id was known: this is its first answer, and nothing was done now */
  deduplicated?: boolean;
  /** It does not fire for later times; absent: without end */
  ends_at?: string;
  /** A Go duration of at least 1s; or cron */
  every?: string;
  /** Fires whose run could not start */
  failed: number;
  /** For how many of its times it has fired, if fires bounds them */
  fired?: number;
  /** For how many of its times it fires; absent: without end */
  fires?: number;
  /** Log index that this answer reflects */
  index: number;
  /** What the code gets: any JSON value */
  input?: unknown;
  /** A Go duration up to 24h: each fire comes less than so much after its time; default 0s */
  jitter?: string;
  last_failure?: RunError;
  /** Newest time that it fired for */
  last_time?: string;
  /** Times without a leader that catch_up skipped */
  missed: number;
  /** At most 5 in a description, 1 elsewhere */
  next_times: string[];
  /** Oldest first: at most 100 in a description, 10 elsewhere */
  open_runs: RunName[];
  /** Total, if there are more than are listed */
  open_runs_total?: number;
  /** Default skip */
  overlap?: "skip" | "buffer_one" | "buffer_all" | "cancel_previous" | "terminate_previous" | "allow_all";
  /** A run that failed or timed out pauses it */
  pause_on_failure?: boolean;
  /** It does not fire by itself */
  paused?: boolean;
  /** The input and the text of the failure are left out, because the token lacks the grant payload */
  payload_withheld?: boolean;
  /** Reason of the pause */
  reason?: string;
  /** At most 10, newest first; those that retention deleted are left out */
  recent_runs: RunName[];
  /** Runs that this call started */
  runs?: RunName[];
  /** The caller's name of the schedule */
  schedule_id?: string;
  /** Fires that overlapped */
  skipped: number;
  /** Runs that it started so far */
  started: number;
  /** Time zone of cron, such as Europe/Berlin; default UTC */
  timezone?: string;
  /** What kind of event, or the workflow type */
  type: string;
}

export interface ScheduleSpec {
  /** More definitions of its times, at most 9: it fires at all of them, once where they coincide */
  also?: Timing[];
  /** Searchable values by name: strings, numbers, booleans, lists of strings, or null to remove a name */
  attributes?: Record<string, unknown>;
  /** Default one */
  catch_up?: "one" | "none" | "all";
  /** Five fields, six with seconds first, or @daily and the like */
  cron?: string;
  /** It does not fire for later times; absent: without end */
  ends_at?: string;
  /** A Go duration of at least 1s; or cron */
  every?: string;
  /** For how many of its times it fires; absent: without end */
  fires?: number;
  /** What the code gets: any JSON value */
  input?: unknown;
  /** A Go duration up to 24h: each fire comes less than so much after its time; default 0s */
  jitter?: string;
  /** Default skip */
  overlap?: "skip" | "buffer_one" | "buffer_all" | "cancel_previous" | "terminate_previous" | "allow_all";
  /** A run that failed or timed out pauses it */
  pause_on_failure?: boolean;
  /** It does not fire by itself */
  paused?: boolean;
  /** The caller's name of the schedule */
  schedule_id?: string;
  /** Time zone of cron, such as Europe/Berlin; default UTC */
  timezone?: string;
  /** What kind of event, or the workflow type */
  type: string;
}

export interface Schedules {
  /** Log index that this answer reflects */
  index: number;
  /** cursor of the next page; absent on the last one */
  next_cursor?: string;
  /** By id */
  schedules: Schedule[];
}

export interface Self {
  /** Log index that this answer reflects */
  index: number;
  /** none: there are no tokens; file: of the node's file; token: of the cluster's state; jwt, certificate: somebody whom the node's settings name has issued it */
  kind: "none" | "file" | "token" | "jwt" | "certificate";
  token: Token;
}

/** An event of type SignalReceived. */
export interface SignalReceived {
  /** When it was recorded, in log time */
  at: string;
  data: SignalReceivedData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "SignalReceived";
}

export interface SignalReceivedData {
  /** Where it begins */
  from?: string;
  /** Name of the signal, query, activity or child workflow type */
  name: string;
  /** Any JSON value */
  payload: unknown;
}

/** An event of type SignalSent. */
export interface SignalSent {
  /** When it was recorded, in log time */
  at: string;
  data: SignalSentData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "SignalSent";
}

export interface SignalSentData {
  error?: RunError;
  /** Name of the signal, query, activity or child workflow type */
  name: string;
  /** Any JSON value */
  payload: unknown;
  /** The caller's name for an instance: 1 to 200 characters of A-Z a-z 0-9 . _ : @ - */
  workflow_id: string;
}

export interface SignatureRule {
  /** How many keys have to sign; 0: none has to */
  count: number;
  /** Names of the keys that count, sorted; empty: all that are trusted */
  keys: string[];
  /** When it was set */
  set_at: string;
  /** The actor */
  set_by?: string;
  /** Empty: every type has it. Of the rules whose prefix a type has, the one with the longest decides */
  type_prefix: string;
}

export interface StartAnswer {
  /** When the run's delay is over, in log time */
  begins_at?: string;
  /** The request id was known: this is its first answer, and nothing was done now */
  deduplicated?: boolean;
  /** With archive: the version is unloaded in the entry in which the last run on it closes */
  ephemeral?: boolean;
  /** With ?wait= only, if the run did not complete */
  error?: RunError;
  /** With archive: this start loaded the version */
  freshly_loaded?: boolean;
  /** Log index that this answer reflects */
  index: number;
  /** Of a start with signal, if_open, if_closed or delay: the run was started, or it was open and has received the signal, or it was open and nothing has happened */
  outcome?: "started" | "signalled" | "used";
  /** With ?wait= only: result and error are left out, because the token lacks the grant payload */
  payload_withheld?: boolean;
  /** With ?wait= only, if the run completed */
  result?: unknown;
  /** One execution of a workflow id (UUID) */
  run_id: string;
  /** With ?wait= only */
  status?: string;
  /** With if_open terminate: the run in whose place it was started */
  terminated_run_id?: string;
  /** With update: where that stands */
  update?: UpdateAnswer;
  /** Why it was not started, or that nobody knows; present unless ok */
  update_problem?: Problem;
  /** Content hash of a package, 64 hex digits; of a node: the version of its binary */
  version: string;
  /** The caller's name for an instance: 1 to 200 characters of A-Z a-z 0-9 . _ : @ - */
  workflow_id: string;
}

export interface StartBatch {
  /** 1 to 1,000, unless limits.batch_starts says otherwise */
  starts: StartItem[];
}

export interface StartItem {
  /** SHA-256 of an archive that PUT /v1/archives has stored, in place of version: it is loaded, without a route, and the run starts on it, in one step. Not in a batch */
  archive?: string;
  /** Searchable values by name: strings, numbers, booleans, lists of strings, or null to remove a name */
  attributes?: Record<string, unknown>;
  /** Time limit of the run with all runs that continue it, or try again, a Go duration */
  chain_timeout?: string;
  /** A Go duration after which the run begins. It is open meanwhile */
  delay?: string;
  /** With archive: a version that this loads is unloaded in the entry in which the last run on it closes */
  ephemeral?: boolean;
  /** Whether to start after the newest run of this workflow id, if that is closed and still kept: allow (default), failed_only (unless it completed), refuse */
  if_closed?: "allow" | "failed_only" | "refuse";
  /** What to do if a run of this workflow id and type is open: refuse (default), hand it the signal, answer with it, or terminate it and start */
  if_open?: "refuse" | "signal" | "use" | "terminate";
  /** What the code gets: any JSON value */
  input?: unknown;
  /** 1 to 200 printable characters: it has at most one effect, whichever batch it is in. Default: the key of the call with / and the item's place, from 0 */
  request_id?: string;
  /** Start the run anew when it fails or times out: as another run of the workflow id, with the same input and all signals */
  retry?: RetryPolicy;
  /** Signal that the run receives as it starts or, with if_open signal, the run that is open */
  signal?: StartSignal;
  /** With archive: signatures of its version, as lines of its signature file */
  signatures?: string[];
  /** Time limit of the whole run, a Go duration; default: the package's */
  timeout?: string;
  /** What kind of event, or the workflow type */
  type: string;
  /** Update of the run that the start came to: of the new one or, as if_open is use then unless it is given, of the open one. With wait the answer waits for the update's, not for the run's end. Not with delay, and not in a batch */
  update?: StartUpdate;
  /** Full or prefix; default: the routed one */
  version?: string;
  /** Default: a generated one */
  workflow_id?: string;
}

export interface StartReplies {
  /** Log index that this answer reflects */
  index: number;
  /** One for each token */
  results: StartReply[];
}

export interface StartReply {
  /** When the run's delay is over, in log time */
  begins_at?: string;
  /** The request id was known: this is its first answer, and nothing was done now */
  deduplicated?: boolean;
  /** Log index at which it was started */
  index?: number;
  /** The token's call took effect */
  ok: boolean;
  /** Of a start with signal, if_open, if_closed or delay: the run was started, or it was open and has received the signal, or it was open and nothing has happened */
  outcome?: "started" | "signalled" | "used";
  /** Why it was not started, or that nobody knows; present unless ok */
  problem?: Problem;
  /** One execution of a workflow id (UUID) */
  run_id?: string;
  /** With if_open terminate: the run in whose place it was started */
  terminated_run_id?: string;
  /** Content hash of a package, 64 hex digits; of a node: the version of its binary */
  version?: string;
  /** The caller's name for an instance: 1 to 200 characters of A-Z a-z 0-9 . _ : @ - */
  workflow_id?: string;
}

export interface StartRequest {
  /** SHA-256 of an archive that PUT /v1/archives has stored, in place of version: it is loaded, without a route, and the run starts on it, in one step. Not in a batch */
  archive?: string;
  /** Searchable values by name: strings, numbers, booleans, lists of strings, or null to remove a name */
  attributes?: Record<string, unknown>;
  /** Time limit of the run with all runs that continue it, or try again, a Go duration */
  chain_timeout?: string;
  /** A Go duration after which the run begins. It is open meanwhile */
  delay?: string;
  /** With archive: a version that this loads is unloaded in the entry in which the last run on it closes */
  ephemeral?: boolean;
  /** Whether to start after the newest run of this workflow id, if that is closed and still kept: allow (default), failed_only (unless it completed), refuse */
  if_closed?: "allow" | "failed_only" | "refuse";
  /** What to do if a run of this workflow id and type is open: refuse (default), hand it the signal, answer with it, or terminate it and start */
  if_open?: "refuse" | "signal" | "use" | "terminate";
  /** What the code gets: any JSON value */
  input?: unknown;
  /** Start the run anew when it fails or times out: as another run of the workflow id, with the same input and all signals */
  retry?: RetryPolicy;
  /** Signal that the run receives as it starts or, with if_open signal, the run that is open */
  signal?: StartSignal;
  /** With archive: signatures of its version, as lines of its signature file */
  signatures?: string[];
  /** Time limit of the whole run, a Go duration; default: the package's */
  timeout?: string;
  /** What kind of event, or the workflow type */
  type: string;
  /** Update of the run that the start came to: of the new one or, as if_open is use then unless it is given, of the open one. With wait the answer waits for the update's, not for the run's end. Not with delay, and not in a batch */
  update?: StartUpdate;
  /** Full or prefix; default: the routed one */
  version?: string;
  /** Default: a generated one */
  workflow_id?: string;
}

export interface StartSignal {
  /** Name of the signal */
  name: string;
  /** Any JSON value */
  payload?: unknown;
}

export interface StartUpdate {
  /** What the handler gets: any JSON value, default null */
  args?: unknown;
  /** Name of the update */
  name: string;
  /** The same id has one effect and one answer; default: one that follows from the request id */
  update_id?: string;
}

export interface Stop {
  /** Why, for people */
  reason?: string;
  /** Runs of it that were running then */
  runs_open: number;
  /** In log time */
  stopped_at?: string;
  /** Name of the token that did it */
  stopped_by?: string;
  /** No run of it has started or made a turn after this index */
  stopped_index?: number;
  /** Absent if a type is stopped */
  version?: string;
  /** Absent if a version is stopped */
  workflow_type?: string;
  /** Of a version that is loaded: what it carries */
  workflow_types?: string[];
}

export interface StopAnswer {
  /** False: it was stopped before, or was not */
  changed: boolean;
  /** The request id was known: this is its first answer, and nothing was done now */
  deduplicated?: boolean;
  /** Log index that this answer reflects */
  index: number;
  /** Job that pauses, or resumes, runs: see /v1/jobs */
  job_id?: number;
  /** Why, for people */
  reason?: string;
  /** Runs of it that were running then */
  runs_open: number;
  /** In log time */
  stopped_at?: string;
  /** Name of the token that did it */
  stopped_by?: string;
  /** No run of it has started or made a turn after this index */
  stopped_index?: number;
  /** Absent if a type is stopped */
  version?: string;
  /** Absent if a version is stopped */
  workflow_type?: string;
  /** Of a version that is loaded: what it carries */
  workflow_types?: string[];
}

export interface StopRequest {
  /** Why: starts that are refused say it, and the histories of the runs that are paused */
  reason?: string;
  /** Workflow type to be stopped; this or version */
  type?: string;
  /** Version to be stopped with all types that it carries, full or a prefix */
  version?: string;
}

export interface Stops {
  /** Log index that this answer reflects */
  index: number;
  /** Types first, then versions */
  stops: Stop[];
}

/** The event CanaryAborted of /v1/events. */
export interface StreamCanaryAborted {
  /** Data of the event; its shape depends on its type */
  data: {
    /** One row for each type, version and status that runs have */
    counts: {
      /** Runs on the canary's version */
      canary: {
        /** Runs that completed, or continued as new */
        completed: number;
        /** Runs that failed, or ran out of time */
        failed: number;
        /** Runs that it started so far */
        started: number;
      };
      /** Runs on the routed version */
      routed: {
        /** Runs that completed, or continued as new */
        completed: number;
        /** Runs that failed, or ran out of time */
        failed: number;
        /** Runs that it started so far */
        started: number;
      };
    };
    /** Share of new starts, in hundredths of a percent */
    share: number;
    /** What kind of event, or the workflow type */
    type: string;
    /** Content hash of a package, 64 hex digits; of a node: the version of its binary */
    version: string;
  };
  /** The field `event` of the frame */
  event: "CanaryAborted";
}

/** The event CanaryChanged of /v1/events. */
export interface StreamCanaryChanged {
  /** Data of the event; its shape depends on its type */
  data: {
    /** One row for each type, version and status that runs have */
    counts: {
      /** Runs on the canary's version */
      canary: {
        /** Runs that completed, or continued as new */
        completed: number;
        /** Runs that failed, or ran out of time */
        failed: number;
        /** Runs that it started so far */
        started: number;
      };
      /** Runs on the routed version */
      routed: {
        /** Runs that completed, or continued as new */
        completed: number;
        /** Runs that failed, or ran out of time */
        failed: number;
        /** Runs that it started so far */
        started: number;
      };
    };
    /** Share of new starts, in hundredths of a percent */
    share: number;
    /** What kind of event, or the workflow type */
    type: string;
    /** Content hash of a package, 64 hex digits; of a node: the version of its binary */
    version: string;
  };
  /** The field `event` of the frame */
  event: "CanaryChanged";
}

/** The event CanaryPromoted of /v1/events. */
export interface StreamCanaryPromoted {
  /** Data of the event; its shape depends on its type */
  data: {
    /** One row for each type, version and status that runs have */
    counts: {
      /** Runs on the canary's version */
      canary: {
        /** Runs that completed, or continued as new */
        completed: number;
        /** Runs that failed, or ran out of time */
        failed: number;
        /** Runs that it started so far */
        started: number;
      };
      /** Runs on the routed version */
      routed: {
        /** Runs that completed, or continued as new */
        completed: number;
        /** Runs that failed, or ran out of time */
        failed: number;
        /** Runs that it started so far */
        started: number;
      };
    };
    /** Share of new starts, in hundredths of a percent */
    share: number;
    /** What kind of event, or the workflow type */
    type: string;
    /** Content hash of a package, 64 hex digits; of a node: the version of its binary */
    version: string;
  };
  /** The field `event` of the frame */
  event: "CanaryPromoted";
}

/** The event CanaryStarted of /v1/events. */
export interface StreamCanaryStarted {
  /** Data of the event; its shape depends on its type */
  data: {
    /** One row for each type, version and status that runs have */
    counts: {
      /** Runs on the canary's version */
      canary: {
        /** Runs that completed, or continued as new */
        completed: number;
        /** Runs that failed, or ran out of time */
        failed: number;
        /** Runs that it started so far */
        started: number;
      };
      /** Runs on the routed version */
      routed: {
        /** Runs that completed, or continued as new */
        completed: number;
        /** Runs that failed, or ran out of time */
        failed: number;
        /** Runs that it started so far */
        started: number;
      };
    };
    /** Share of new starts, in hundredths of a percent */
    share: number;
    /** What kind of event, or the workflow type */
    type: string;
    /** Content hash of a package, 64 hex digits; of a node: the version of its binary */
    version: string;
  };
  /** The field `event` of the frame */
  event: "CanaryStarted";
}

/** The event DeployRefused of /v1/events. */
export interface StreamDeployRefused {
  /** Data of the event; its shape depends on its type */
  data: {
    /** Code of the problem: docs/ERRORS.md */
    code: string;
    /** What went wrong, for people */
    detail: string;
    /** load, route, unroute, rollback, unload, unload_when_drained, cancel_unload, canary, canary_promote or canary_abort */
    operation: string;
    /** Content hash of a package, 64 hex digits; of a node: the version of its binary */
    version?: string;
    /** What callers start */
    workflow_type: string;
  };
  /** The field `event` of the frame */
  event: "DeployRefused";
}

/** An event of /v1/events: the fields `event` and `data` of its frame. */
export type StreamEvent = StreamCanaryAborted | StreamCanaryChanged | StreamCanaryPromoted | StreamCanaryStarted | StreamDeployRefused | StreamLeaderChanged | StreamMemberChanged | StreamPackageLoaded | StreamPolicyChanged | StreamRouteChanged | StreamVersionDrained | StreamVersionReadinessChanged | StreamVersionUnloaded | StreamWorkflowClosed;

/** The event LeaderChanged of /v1/events. */
export interface StreamLeaderChanged {
  /** Data of the event; its shape depends on its type */
  data: {
    /** Id of a node */
    node: string;
    /** Raft term */
    term: number;
  };
  /** The field `event` of the frame */
  event: "LeaderChanged";
}

/** The event MemberChanged of /v1/events. */
export interface StreamMemberChanged {
  /** Data of the event; its shape depends on its type */
  data: {
    /** Of a member: announced or removed. Of the policy: key_trusted, key_revoked, key_forgotten, rule_set or rule_dropped */
    change: string;
    /** Where other nodes and clients reach the node's HTTP */
    http_address?: string;
    /** Id of a node */
    node: string;
    /** Where other nodes reach the node's raft */
    raft_address?: string;
    /** Content hash of a package, 64 hex digits; of a node: the version of its binary */
    version?: string;
  };
  /** The field `event` of the frame */
  event: "MemberChanged";
}

/** The event PackageLoaded of /v1/events. */
export interface StreamPackageLoaded {
  /** Data of the event; its shape depends on its type */
  data: {
    /** False if the version was already loaded */
    freshly_loaded: boolean;
    /** Content hash of a package, 64 hex digits; of a node: the version of its binary */
    version: string;
    /** What callers start */
    workflow_type: string;
    /** Workflow types that the package carries */
    workflow_types: string[];
  };
  /** The field `event` of the frame */
  event: "PackageLoaded";
}

/** The event PolicyChanged of /v1/events. */
export interface StreamPolicyChanged {
  /** Data of the event; its shape depends on its type */
  data: {
    /** The actor */
    by?: string;
    /** Of a member: announced or removed. Of the policy: key_trusted, key_revoked, key_forgotten, rule_set or rule_dropped */
    change: string;
    /** Name of a key */
    key?: string;
    /** ed25519: and 43 characters of base64url */
    public_key?: string;
    /** Prefix of workflow types that a rule is for */
    type_prefix?: string;
  };
  /** The field `event` of the frame */
  event: "PolicyChanged";
}

/** The event RouteChanged of /v1/events. */
export interface StreamRouteChanged {
  /** Data of the event; its shape depends on its type */
  data: {
    /** Version routed before */
    previous?: string;
    /** Content hash of a package, 64 hex digits; of a node: the version of its binary */
    version?: string;
    /** What callers start */
    workflow_type: string;
  };
  /** The field `event` of the frame */
  event: "RouteChanged";
}

/** The event VersionDrained of /v1/events. */
export interface StreamVersionDrained {
  /** Data of the event; its shape depends on its type */
  data: {
    /** Log index of this record */
    index: number;
    /** Content hash of a package, 64 hex digits; of a node: the version of its binary */
    version: string;
    /** Workflow types that the package carries */
    workflow_types: string[];
  };
  /** The field `event` of the frame */
  event: "VersionDrained";
}

/** The event VersionReadinessChanged of /v1/events. */
export interface StreamVersionReadinessChanged {
  /** Data of the event; its shape depends on its type */
  data: {
    /** Id of a node */
    node: string;
    /** Why the node cannot compile the version */
    problem?: string;
    /** The node has the version compiled */
    ready: boolean;
    /** Content hash of a package, 64 hex digits; of a node: the version of its binary */
    version: string;
  };
  /** The field `event` of the frame */
  event: "VersionReadinessChanged";
}

/** The event VersionUnloaded of /v1/events. */
export interface StreamVersionUnloaded {
  /** Data of the event; its shape depends on its type */
  data: {
    /** Content hash of a package, 64 hex digits; of a node: the version of its binary */
    version: string;
    /** Workflow types that the package carries */
    workflow_types: string[];
  };
  /** The field `event` of the frame */
  event: "VersionUnloaded";
}

/** The event WorkflowClosed of /v1/events. */
export interface StreamWorkflowClosed {
  /** Data of the event; its shape depends on its type */
  data: {
    /** Retention has deleted the run since: only its run id and status are known */
    purged?: boolean;
    /** One execution of a workflow id (UUID) */
    run_id: string;
    /** Current status */
    status: string;
    /** Content hash of a package, 64 hex digits; of a node: the version of its binary */
    version?: string;
    /** The caller's name for an instance: 1 to 200 characters of A-Z a-z 0-9 . _ : @ - */
    workflow_id?: string;
    /** What callers start */
    workflow_type?: string;
  };
  /** The field `event` of the frame */
  event: "WorkflowClosed";
}

export interface Task {
  /** Name of the activity */
  activity: string;
  /** Ordinal of the step within its run */
  activity_id: number;
  /** 1 for the first; (run_id, activity_id, attempt) is a ready idempotency key */
  attempt: number;
  /** End of this attempt */
  deadline?: string;
  /** Details of the previous attempt's last heartbeat */
  details?: unknown;
  /** Longest gap between heartbeats that the workflow asked for */
  heartbeat?: string;
  /** What the code gets: any JSON value */
  input: unknown;
  /** Longest silence before the task is offered again; each heartbeat renews it. Absent: only the deadline counts */
  lease?: string;
  /** One execution of a workflow id (UUID) */
  run_id: string;
  /** Names this attempt in every answer */
  token: string;
  /** W3C Trace Context of this attempt, to pass on to what the worker calls; absent unless the node traces */
  traceparent?: string;
  /** The caller's name for an instance: 1 to 200 characters of A-Z a-z 0-9 . _ : @ - */
  workflow_id: string;
  /** What callers start */
  workflow_type: string;
}

export interface TaskBeat {
  /** Handed to the next attempt if this one is lost or fails */
  details?: unknown;
  /** Token of the attempt, from the poll that handed it out */
  token: string;
}

export interface TaskCompletion {
  /** What the activity returned: any JSON value */
  output?: unknown;
  /** Token of the attempt, from the poll that handed it out */
  token: string;
}

export interface TaskFailure {
  /** Any JSON value, for programs */
  details?: unknown;
  /** Default "failed" */
  kind?: string;
  /** For people */
  message: string;
  /** Whether a retry may succeed. Required */
  retryable: boolean;
  /** Token of the attempt, from the poll that handed it out */
  token: string;
}

export interface TaskReplies {
  /** The request id was known: this is its first answer, and nothing was done now */
  deduplicated?: boolean;
  /** Log index that this answer reflects */
  index: number;
  /** One for each token */
  results: TaskReply[];
}

export interface TaskReply {
  /** In replies to heartbeats: the activity is to end, and its outcome counts; or nobody waits for it any more */
  cancel_requested?: boolean;
  /** lease_lost, invalid_input */
  code?: string;
  /** What went wrong, for people */
  detail?: string;
  /** The token's call took effect */
  ok: boolean;
  /** Token of the attempt, from the poll that handed it out */
  token: string;
}

export interface Tasks {
  /** Attempts that the worker now holds; none if the wait ended */
  tasks: Task[];
}

export interface TimeAnswer {
  /** The request id was known: this is its first answer, and nothing was done now */
  deduplicated?: boolean;
  /** Log index that this answer reflects */
  index: number;
  /** The cluster's clock, which timers follow */
  log_time: string;
}

export interface TimeRequest {
  /** RFC 3339; what time it is, by another clock than the leader's */
  time: string;
}

/** An event of type TimerCancelled. */
export interface TimerCancelled {
  /** When it was recorded, in log time */
  at: string;
  data: TimerCancelledData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "TimerCancelled";
}

export interface TimerCancelledData {
  /** Ordinal of the step within its run */
  id: number;
}

/** An event of type TimerFired. */
export interface TimerFired {
  /** When it was recorded, in log time */
  at: string;
  data: TimerFiredData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "TimerFired";
}

export interface TimerFiredData {
  /** Ordinal of the step within its run */
  id: number;
}

/** An event of type TimerStarted. */
export interface TimerStarted {
  /** When it was recorded, in log time */
  at: string;
  data: TimerStartedData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "TimerStarted";
}

export interface TimerStartedData {
  /** A Go duration */
  duration: string;
  /** When the timer is due, in log time */
  fire_at?: string;
  /** Ordinal of the step within its run */
  id: number;
  /** Name of the signal whose wait the timer limits */
  signal?: string;
}

export interface Timing {
  /** Five fields, six with seconds first, or @daily and the like */
  cron?: string;
  /** A Go duration of at least 1s; or cron */
  every?: string;
  /** Time zone of cron, such as Europe/Berlin; default UTC */
  timezone?: string;
}

export interface Token {
  /** Bytes a second on each node, of calls and answers; absent: as many as it will */
  byte_rate?: number;
  /** Absent: the token is one of the node's file, or there are no tokens */
  created_at?: string;
  /** The actor who made it */
  created_by?: string;
  /** Its time is over; it goes a week later */
  expired?: boolean;
  /** Absent: never */
  expires_at?: string;
  /** What it may do: KIND or KIND:KEY=PREFIX each, sorted */
  grants: string[];
  /** Name of the signal, query, activity or child workflow type */
  name: string;
  /** Calls a second on each node; absent: as many as it will */
  rate?: number;
  /** Calls that wait at a time on each node, and streams; absent: as many as it will */
  waits?: number;
}

export interface TokenAnswer {
  /** The request id was known: this is its first answer, and nothing was done now */
  deduplicated?: boolean;
  /** Log index that this answer reflects */
  index: number;
  /** Of a token that was just made, if the node made it. It is shown once */
  secret?: string;
  token: Token;
}

export interface TokenSpec {
  /** Bytes a second on each node, of calls and answers; absent: as many as it will */
  byte_rate?: number;
  /** A Go duration from now, or an RFC 3339 time; default: never */
  expires?: string;
  /** KIND or KIND:KEY=PREFIX each, such as read, start:type=order or work:queue=gpu- */
  grants: string[];
  /** Printable characters without space and /; it is the actor of what is done with the token */
  name: string;
  /** Calls a second on each node; absent: as many as it will */
  rate?: number;
  /** SHA-256 of the secret, 64 hex digits, if the caller has made it; default: the node makes one, and the first answer shows it */
  secret_sha256?: string;
  /** Calls that wait at a time on each node, and streams; absent: as many as it will */
  waits?: number;
}

export interface Tokens {
  /** Log index that this answer reflects */
  index: number;
  /** cursor of the next page; absent on the last one */
  next_cursor?: string;
  /** One for each attempt */
  tokens: Token[];
}

export interface TriggerRequest {
  /** Default: the schedule's */
  overlap?: string;
}

export interface TrustedKey {
  /** Name of the signal, query, activity or child workflow type */
  name: string;
  /** ed25519: and 43 characters of base64url */
  public_key: string;
  /** Absent: it is trusted */
  revoked_at?: string;
  /** The actor */
  revoked_by?: string;
  /** offered: a worker may take it; backoff: it waits for its next attempt; leased: a worker has it; given_up: a worker has it, and nobody waits for it */
  state: "trusted" | "revoked";
  /** Since when */
  trusted_at: string;
  /** The actor */
  trusted_by?: string;
}

export interface Turn {
  /** When it was recorded, in log time */
  at: string;
  /** How many it asked for */
  count: number;
  /** The next turn goes on in the middle of the code's work */
  cut?: boolean;
  /** Of the first event that it asked for, were there one */
  first_seq: number;
  /** 1, 2, 3 and so on */
  n: number;
  /** By workflow type */
  rules?: number;
  /** The newest event that it had seen */
  through: number;
  /** It was cut at the wait of this number, of those that could go on at once */
  waits?: number;
}

export interface UnloadAnswer {
  /** The request id was known: this is its first answer, and nothing was done now */
  deduplicated?: boolean;
  /** Log index that this answer reflects */
  index: number;
  /** It is still there, and goes in the entry that drains it */
  pending?: boolean;
  /** Content hash of a package, 64 hex digits; of a node: the version of its binary */
  version: string;
  /** Workflow types that the package carries */
  workflow_types: string[];
}

export interface UnloadAsked {
  /** Who made the call: the name of a token, or the name that the caller gave */
  actor: string;
  /** When it was recorded, in log time */
  at: string;
  /** Log index of this record */
  index: number;
  /** For people */
  message?: string;
}

/** An event of type UpdateAccepted. */
export interface UpdateAccepted {
  /** When it was recorded, in log time */
  at: string;
  data: UpdateAcceptedData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "UpdateAccepted";
}

export interface UpdateAcceptedData {
  /** Argument of the query's handler: any JSON value */
  args: unknown;
  /** Name of the signal, query, activity or child workflow type */
  name: string;
  /** The caller's name of the update: the same one has one effect and one answer */
  update_id: string;
}

export interface UpdateAnswer {
  /** The request id was known: this is its first answer, and nothing was done now */
  deduplicated?: boolean;
  /** Why it was rejected, or what the handler failed with; beside accepted: why there will be no answer */
  error?: RunError;
  /** Log index that this answer reflects */
  index: number;
  /** Name of the signal, query, activity or child workflow type */
  name: string;
  /** Present if the handler returned */
  result?: unknown;
  /** The run that accepted it; absent if it was rejected */
  run_id?: string;
  /** accepted: the run has it and has not answered; completed: it has; rejected: a validator did not agree, and nothing has happened */
  status: "accepted" | "completed" | "rejected";
  /** The caller's name of the update: the same one has one effect and one answer */
  update_id: string;
  /** The caller's name for an instance: 1 to 200 characters of A-Z a-z 0-9 . _ : @ - */
  workflow_id: string;
}

/** An event of type UpdateCompleted. */
export interface UpdateCompleted {
  /** When it was recorded, in log time */
  at: string;
  data: UpdateCompletedData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "UpdateCompleted";
}

export interface UpdateCompletedData {
  error?: RunError;
  /** What the code returned: any JSON value */
  result: unknown;
  /** The caller's name of the update: the same one has one effect and one answer */
  update_id: string;
}

export interface UpdateRequest {
  /** What the handler gets: any JSON value, default null */
  args?: unknown;
  /** The same id has one effect and one answer; default: a new one */
  update_id?: string;
}

export interface ValueCount {
  /** How many runs */
  count: number;
  /** As the attribute has it */
  value: unknown;
}

export interface Version {
  /** Absent with at, for what was unloaded since */
  deployed_entry_module?: string;
  /** When that was, in log time */
  drained_at?: string;
  /** Index of the entry since which nothing pins the package and no type is routed to it; absent while that is not so, or never was otherwise */
  drained_index?: number;
  /** Likewise */
  entry_function?: string;
  /** It came along with a run, and is unloaded in the entry in which the last run on it closes */
  ephemeral?: boolean;
  /** Absent with at, for what was unloaded since and whose load is no longer in the deploy history */
  loaded_at?: string;
  /** Likewise */
  loaded_index?: number;
  /** The open run that has pinned the package for the longest time */
  oldest_pin?: PinHolder;
  /** Pins of the whole package; absent with at */
  pins?: PinCounts;
  /** Nodes that have the version compiled; absent with at */
  ready_nodes?: string[];
  /** New runs of the type start on this version */
  route_active: boolean;
  /** What the version is to the type: it was never routed to it, a share of its starts goes to it, it is routed to it, it was and something still pins the package or is routed to it, nothing does any more */
  state?: "staged" | "canary" | "routed" | "draining" | "drained";
  /** Since when, in log time */
  state_at?: string;
  /** Since which index it is in that state; what was loaded before the cluster reached level 1: that index */
  state_index?: number;
  /** Nothing of the type starts on this version: the type, or the version, is stopped */
  stopped?: Stop;
  /** Time limit of the whole run, a Go duration */
  timeout?: string;
  /** It is unloaded as soon as it is drained */
  unload_when_drained?: UnloadAsked;
  /** With at: when it was unloaded, after that */
  unloaded_at?: string;
  /** With at: likewise */
  unloaded_index?: number;
  /** Content hash of a package, 64 hex digits; of a node: the version of its binary */
  version: string;
  /** What callers start */
  workflow_type: string;
}

export interface VersionRetentionAnswer {
  /** There is a rule; without one drained versions stay */
  active: boolean;
  /** The request id was known: this is its first answer, and nothing was done now */
  deduplicated?: boolean;
  /** Log index that this answer reflects */
  index: number;
  /** Of each type the newest so many that are loaded stay */
  keep: number;
  /** A version stays for so long after it was drained, a Go duration */
  min_age: string;
}

export interface VersionRetentionRead {
  /** There is a rule; without one drained versions stay */
  active: boolean;
  /** Log index that this answer reflects */
  index: number;
  /** Of each type the newest so many that are loaded stay */
  keep: number;
  /** A version stays for so long after it was drained, a Go duration */
  min_age: string;
}

export interface VersionRetentionRequest {
  /** Of each type the newest so many that are loaded stay, drained or not */
  keep?: number;
  /** A version stays for so long after it was drained, a Go duration; 0s if absent */
  min_age?: string;
  /** Take the rule away: drained versions stay */
  off?: boolean;
}

export interface VersionShown {
  /** Absent with at, for what was unloaded since */
  deployed_entry_module?: string;
  /** From the manifest; not part of the version */
  description: string;
  /** When that was, in log time */
  drained_at?: string;
  /** Index of the entry since which nothing pins the package and no type is routed to it; absent while that is not so, or never was otherwise */
  drained_index?: number;
  /** Likewise */
  entry_function?: string;
  /** It came along with a run, and is unloaded in the entry in which the last run on it closes */
  ephemeral?: boolean;
  /** Log index that this answer reflects */
  index: number;
  /** From the manifest; not part of the version */
  labels: Record<string, string>;
  /** Absent with at, for what was unloaded since and whose load is no longer in the deploy history */
  loaded_at?: string;
  /** Likewise */
  loaded_index?: number;
  /** The manifest as it was deployed: docs/PACKAGE.md */
  manifest: unknown;
  /** In the order of their names */
  modules: Module[];
  /** The open run that has pinned the package for the longest time */
  oldest_pin?: PinHolder;
  /** Pins of the whole package; absent with at */
  pins?: PinCounts;
  /** Nodes that have the version compiled; absent with at */
  ready_nodes?: string[];
  /** New runs of the type start on this version */
  route_active: boolean;
  /** Of the version, in the order in which they came */
  signatures: VersionSignature[];
  /** What the version is to the type: it was never routed to it, a share of its starts goes to it, it is routed to it, it was and something still pins the package or is routed to it, nothing does any more */
  state?: "staged" | "canary" | "routed" | "draining" | "drained";
  /** Since when, in log time */
  state_at?: string;
  /** Since which index it is in that state; what was loaded before the cluster reached level 1: that index */
  state_index?: number;
  /** Nothing of the type starts on this version: the type, or the version, is stopped */
  stopped?: Stop;
  /** Time limit of the whole run, a Go duration */
  timeout?: string;
  /** It is unloaded as soon as it is drained */
  unload_when_drained?: UnloadAsked;
  /** With at: when it was unloaded, after that */
  unloaded_at?: string;
  /** With at: likewise */
  unloaded_index?: number;
  /** Content hash of a package, 64 hex digits; of a node: the version of its binary */
  version: string;
  /** What callers start */
  workflow_type: string;
}

export interface VersionSignature {
  /** When it was brought */
  at: string;
  /** The actor who brought it */
  by?: string;
  /** Name of the key, if the policy knows it */
  key?: string;
  /** The key itself: ed25519: and 43 characters of base64url */
  public_key: string;
  /** As a line of a signature file */
  signature: string;
  /** Of the key now: only signatures by trusted keys count */
  state: "trusted" | "revoked" | "unknown";
}

export interface Versions {
  /** Log index that this answer reflects */
  index: number;
  /** By workflow type, loaded_at and version */
  versions: Version[];
}

export interface Wait {
  /** Ordinal of the wait within the run */
  id: number;
  /** Kind, for programs */
  kind: "timer" | "signal" | "child" | "activity" | "condition";
  /** Name of the signal, query, activity or child workflow type */
  name?: string;
}

/** An event of type WorkflowBegan. */
export interface WorkflowBegan {
  /** When it was recorded, in log time */
  at: string;
  data: WorkflowBeganData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "WorkflowBegan";
}

export type WorkflowBeganData = Record<string, unknown>;

/** An event of type WorkflowCancelled. */
export interface WorkflowCancelled {
  /** When it was recorded, in log time */
  at: string;
  data: WorkflowCancelledData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "WorkflowCancelled";
}

export interface WorkflowCancelledData {
  /** Why, for people */
  reason?: string;
}

/** An event of type WorkflowCompleted. */
export interface WorkflowCompleted {
  /** When it was recorded, in log time */
  at: string;
  data: WorkflowCompletedData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "WorkflowCompleted";
}

export interface WorkflowCompletedData {
  /** What the code returned: any JSON value */
  result: unknown;
}

/** An event of type WorkflowContinuedAsNew. */
export interface WorkflowContinuedAsNew {
  /** When it was recorded, in log time */
  at: string;
  data: WorkflowContinuedAsNewData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "WorkflowContinuedAsNew";
}

export interface WorkflowContinuedAsNewData {
  /** Seqs of the signals that were seen but not consumed, which the next run gets */
  carry?: number[];
  /** What the code gets: any JSON value */
  input: unknown;
  /** The run that continues this one */
  new_run_id?: string;
  /** The next run stays on this version */
  same_version?: boolean;
  /** Content hash of a package, 64 hex digits; of a node: the version of its binary */
  version?: string;
}

/** An event of type WorkflowFailed. */
export interface WorkflowFailed {
  /** When it was recorded, in log time */
  at: string;
  data: WorkflowFailedData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "WorkflowFailed";
}

export interface WorkflowFailedData {
  error: RunError;
  /** The run that continues this one */
  new_run_id?: string;
}

/** An event of type WorkflowMoved. */
export interface WorkflowMoved {
  /** When it was recorded, in log time */
  at: string;
  data: WorkflowMovedData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "WorkflowMoved";
}

export interface WorkflowMovedData {
  /** Version that the run was on */
  from: string;
  /** Version that it is on from here on */
  to: string;
  /** The newest turn that was replayed on the new version */
  turn: number;
}

/** An event of type WorkflowPaused. */
export interface WorkflowPaused {
  /** When it was recorded, in log time */
  at: string;
  data: WorkflowPausedData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "WorkflowPaused";
}

export interface WorkflowPausedData {
  /** Paused because its code broke the runtime or its replay; resume clears it */
  quarantined?: boolean;
  /** Why, for people */
  reason?: string;
  /** Its type or its version was stopped */
  stopped?: boolean;
  /** What is left of the run's time limit, a Go duration */
  time_left?: string;
}

/** An event of type WorkflowReopened. */
export interface WorkflowReopened {
  /** When it was recorded, in log time */
  at: string;
  data: WorkflowReopenedData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "WorkflowReopened";
}

export interface WorkflowReopenedData {
  /** Ordinals of the steps that run again */
  forget?: number[];
  /** The request to cancel is void: turns had seen it, but code did not know of it */
  forget_cancel?: boolean;
  /** Why, for people */
  reason?: string;
  /** The turn that is void; absent: no turn had closed the run */
  turn?: number;
}

/** An event of type WorkflowReset. */
export interface WorkflowReset {
  /** When it was recorded, in log time */
  at: string;
  data: WorkflowResetData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "WorkflowReset";
}

export interface WorkflowResetData {
  /** Who asked for it */
  by?: string;
  /** The run that was copied goes on beside this one */
  fork?: boolean;
  /** Run that was copied */
  of_run_id: string;
  /** Workflow id of the run that was copied */
  of_workflow_id: string;
  parent?: ParentData;
  /** Why, for people */
  reason?: string;
  /** Id of this run: the events before tell the one that was copied */
  run_id: string;
  /** The newest turn that was kept; 0 = none was */
  turn: number;
  /** Workflow id of this run, from here on */
  workflow_id: string;
}

/** An event of type WorkflowResumed. */
export interface WorkflowResumed {
  /** When it was recorded, in log time */
  at: string;
  data: WorkflowResumedData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "WorkflowResumed";
}

export type WorkflowResumedData = Record<string, unknown>;

/** An event of type WorkflowStarted. */
export interface WorkflowStarted {
  /** When it was recorded, in log time */
  at: string;
  data: WorkflowStartedData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "WorkflowStarted";
}

export interface WorkflowStartedData {
  /** 1 for the first attempt */
  attempt?: number;
  /** Searchable values by name: strings, numbers, booleans, lists of strings, or null to remove a name */
  attributes?: Record<string, unknown>;
  /** How long this try waited before it began */
  backoff?: string;
  /** When the delay of the run is over, in log time */
  begins_at?: string;
  /** What was left of it when this run began */
  chain_left?: string;
  /** Time limit of the run with all that continue it, or try again */
  chain_timeout?: string;
  /** The run that continued as this one */
  continued_from?: string;
  /** Time for which the schedule of the run fired */
  fire_time?: string;
  /** The first run of the chain */
  first_run_id?: string;
  /** What the code gets: any JSON value */
  input: unknown;
  parent?: ParentData;
  retry?: RetryData;
  root?: RootData;
  /** One execution of a workflow id (UUID) */
  run_id: string;
  /** Id of the schedule that started the run */
  schedule?: string;
  /** A Go duration */
  timeout?: string;
  /** Of a run with retry: 1 for the first try, one more for each after a failure. A run that continues as new begins anew */
  try?: number;
  /** Content hash of a package, 64 hex digits; of a node: the version of its binary */
  version: string;
  /** The caller's name for an instance: 1 to 200 characters of A-Z a-z 0-9 . _ : @ - */
  workflow_id: string;
  /** What callers start */
  workflow_type: string;
}

/** An event of type WorkflowTerminated. */
export interface WorkflowTerminated {
  /** When it was recorded, in log time */
  at: string;
  data: WorkflowTerminatedData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "WorkflowTerminated";
}

export interface WorkflowTerminatedData {
  /** Why, for people */
  reason?: string;
}

/** An event of type WorkflowTimedOut. */
export interface WorkflowTimedOut {
  /** When it was recorded, in log time */
  at: string;
  data: WorkflowTimedOutData;
  /** Number of the event within its run, from 1, without gaps */
  seq: number;
  /** What kind of event, or the workflow type */
  type: "WorkflowTimedOut";
}

export interface WorkflowTimedOutData {
  /** The run that continues this one */
  new_run_id?: string;
  /** A Go duration */
  timeout: string;
}
