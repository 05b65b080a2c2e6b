// names shows ids: as links to what they name, whole when they are copied.

import { h } from "../h.js";
import { link } from "../router.js";
import { path } from "../api.js";
import { copy } from "./copy.js";
import { clip, short, words } from "./text.js";

// runAddress is the page of a run; without a run id, of the latest one.
export const runAddress = (id, run, query = {}) => link(path`/console/runs/${id}`, run ? { run, ...query } : query);

// runLink is a link to a run.
export function runLink(r, { run = true, cut = 60 } = {}) {
  return h("a.id", { href: runAddress(r.workflow_id, run && r.run_id), title: r.workflow_id }, clip(visible(r.workflow_id), cut));
}

export const typeLink = type => h("a", { href: link(path`/console/versions/${type}`) }, visible(type));

// versionLink is a version of a type.
export function versionLink(type, version) {
  if (!version) return h("span.dim", {}, "none");
  return h("a.id", { href: link(path`/console/versions/${type}/${version}`), title: version }, short(version));
}

// id is an id that is no link, with a button that copies it whole.
export const id = (text, shown = text) => h("span.id", { title: text }, visible(shown), copy(text));

// visible shows characters that turn text around or are not seen, so that no id looks like another.
export function visible(text) {
  return String(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, c => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
}

const tones = {
  running: "run", paused: "warn", completed: "ok", failed: "bad", timed_out: "bad", cancelled: "off", terminated: "off", continued_as_new: "off",
  alive: "ok", suspect: "warn", left: "off", routed: "ok", canary: "run", staged: "off", draining: "warn", drained: "off",
  ok: "ok", critical: "bad", warning: "warn", info: "off", promoted: "ok", aborted: "bad", stopped: "off",
  same: "ok", diverged: "bad", differed: "warn", skipped: "off", moved: "ok", leased: "run", offered: "run", backoff: "warn", given_up: "off", accepted: "run", rejected: "bad",
};

// status is a state in a word, with a colour that agrees.
export const status = (code, shown = words(code)) => h("span.status", { class: tones[code] || "off" }, shown);
export const tone = code => tones[code] || "off";
