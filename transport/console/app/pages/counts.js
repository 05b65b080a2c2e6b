// counts adds up what /v1/counts answers.

const order = ["running", "paused", "completed", "failed", "timed_out", "cancelled", "terminated", "continued_as_new"];

// sum adds the counts that match.
export const sum = (counts, match) => counts.counts.reduce((n, c) => match(c) ? n + c.count : n, 0);

// byType has one row for each type, that with the most open runs first.
export function byType(counts) {
  const types = new Map();
  for (const c of counts.counts) {
    const row = types.get(c.workflow_type) || { type: c.workflow_type, of: {}, total: 0, open: 0 };
    row.of[c.status] = (row.of[c.status] || 0) + c.count;
    row.total += c.count;
    if (c.status === "running" || c.status === "paused") row.open += c.count;
    types.set(c.workflow_type, row);
  }
  for (const row of types.values()) row.parts = order.filter(s => row.of[s]).map(s => ({ name: s, n: row.of[s] }));
  return [...types.values()].sort((a, b) => b.open - a.open || b.total - a.total || (a.type < b.type ? -1 : 1));
}
