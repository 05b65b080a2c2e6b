// The log of the run.
import { guest } from "./guest";
import { room } from "./room";

/** Writes a line into the run's log, once, however often the run is replayed. `console.log` and its like are the same. */
export function log(...values: unknown[]): void {
  if (!guest.begun) {
    return; // while modules are loaded there is no run
  }
  room.log(values.map(show).join(" "));
}

function show(value: unknown): string {
  if (typeof value === "string") {
    return value;
  }
  try {
    if (value instanceof Error) {
      return value.stack ? `${value}\n${value.stack}` : String(value);
    }
    try {
      return JSON.stringify(value) ?? String(value);
    } catch {
      return String(value);
    }
  } catch { // to look at it fails
    return "(a value that cannot be told)";
  }
}
