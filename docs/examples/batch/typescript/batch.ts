// Fan-out and fan-in: processes many items, at most a few at a time, and gathers what became of each. One bad item does not
// spoil the others.
import { type Future, activities, defineQuery, setHandler, settled } from "@aion/workflow";

interface Item {
  id: unknown;
  pages: number;
}

interface Worker {
  process_item(item: Item): { id: unknown; words: number };
}

// A worker that dies in the middle of an item has told with its heartbeats how far it was: the next one goes on from there. An
// item that kills every worker ends with its total time.
const { process_item } = activities<Worker>({ retry: { backoff: "200ms", maxBackoff: "10s" }, heartbeat: "10s", totalTimeout: "1h" });

export async function batch({ items, width = 10 }: { items: Item[]; width?: number }) {
  const futures: Future<{ words: number }>[] = [];
  setHandler(defineQuery<object>("progress"), () => ({ items: items.length, begun: futures.length, done: futures.filter((f) => f.done).length }));

  for (const [i, item] of items.entries()) {
    await futures[i - width]?.outcome(); // a window of width: it moves on when its oldest item is over
    futures.push(process_item(item));
  }

  const outcomes = await settled(futures); // waits for all, and fails and cancels nothing
  const good = outcomes.flatMap((o) => o.ok ? [o.value] : []);
  return {
    processed: good.length,
    words: good.reduce((sum, { words }) => sum + words, 0),
    failed: outcomes.flatMap((o, i) => o.ok ? [] : [{ id: items[i]!.id, kind: o.error.kind }]),
  };
}
