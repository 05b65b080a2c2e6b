// places are the pages that the frame lists, with the letter that goes there after g.

export const places = [
  ["/console", "Overview", "o"], ["/console/runs", "Runs", "r"], ["/console/versions", "Versions", "v"], ["/console/schedules", "Schedules", "s"],
  ["/console/queues", "Queues", "q"], ["/console/limits", "Limits", "l"], ["/console/cluster", "Cluster", "c"], ["/console/deploys", "Deploys", "d"], ["/console/batches", "Batches", "b"],
  ["/console/trials", "Backtests", "k"], ["/console/audit", "Audit", "a"], ["/console/tokens", "Tokens", "t"],
];
