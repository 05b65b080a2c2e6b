// start_options are what a start says about a run that is open or was, when it begins, and how often
// it is tried: fields of a form, members of a body, flags of a command.

import { can } from "../session.js";

const refusal = "refuse it";

// startOptions are the fields, folded away until somebody wants them.
export function startOptions() {
  return [
    { name: "if_open", label: "If a run of this id is open", kind: "choice", more: true, value: "", options: [["", refusal], ["signal", "hand it the signal"], ["use", "go to it, and do nothing"], ["terminate", "terminate it, and start"]].filter(([v]) => v !== "terminate" || can("operate", { any: true })) },
    { name: "if_closed", label: "If the newest run of this id is closed", kind: "choice", more: true, value: "", options: [["", "start"], ["failed_only", "start unless it completed"], ["refuse", refusal]] },
    { name: "signal", label: "Signal that it receives as it starts", more: true, hint: "A name. Its code finds it waiting" },
    { name: "signal_payload", label: "Payload of the signal", kind: "json", rows: 2, more: true, hint: "JSON, or nothing" },
    { name: "delay", label: "Begins after", more: true, hint: "Such as 10m or 72h; it is open meanwhile" },
    { name: "max_attempts", label: "Tries in all, if it fails", kind: "number", min: 0, more: true, hint: "Empty: one. 0: as many as it takes" },
    { name: "backoff", label: "Wait before the second try", more: true, hint: "Such as 1s, the default. It doubles up to a minute" },
    { name: "chain_timeout", label: "Time limit over all tries and continuations", more: true, hint: "Such as 24h" },
  ];
}

const retry = v => v.max_attempts === undefined && v.backoff === undefined ? undefined : { max_attempts: v.max_attempts, backoff: v.backoff };

// startBody are the members of POST /v1/workflows.
export const startBody = v => ({
  signal: v.signal === undefined && v.signal_payload === undefined ? undefined : { name: v.signal || "", payload: v.signal_payload }, if_open: v.if_open, if_closed: v.if_closed, delay: v.delay, retry: retry(v), chain_timeout: v.chain_timeout,
});

// startFlags are the words of aion-node start.
export const startFlags = v => [
  ["--signal", v.signal], v.signal_payload !== undefined && ["--signal-payload", JSON.stringify(v.signal_payload)], ["--if-open", v.if_open], ["--if-closed", v.if_closed], ["--delay", v.delay],
  ["--retry", v.backoff === undefined ? v.max_attempts ?? "" : JSON.stringify(retry(v))], ["--chain-timeout", v.chain_timeout],
];
