import { activities, defineSignal, workflow } from "@aion/workflow";

/** What became of an item. */
export interface Report {
  item: number;
  words?: number;
  error?: string;
}

export const done = defineSignal<Report>("done");

interface Worker {
  process_item(item: { id: number; pages: number }): { words: number };
}

const { process_item } = activities<Worker>({ timeout: "1m", retry: { backoff: "200ms", maxBackoff: "10s" } });

/** One item of a window. Whatever becomes of it, the window hears of it. */
export async function item(input: { item: number; window: string }) {
  const outcome = await process_item({ id: input.item, pages: input.item % 3 }).outcome();
  const report: Report = outcome.ok ? { item: input.item, words: outcome.value.words } : { item: input.item, error: outcome.error.kind };
  workflow(input.window).signal(done, report);
  return report;
}
