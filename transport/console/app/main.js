// main puts the console together: which page an address means, the frame around pages, and what
// happens when somebody signs in or out.

import { get, whoAmI, Problem } from "./api.js";
import { frame } from "./frame.js";
import { h, patch } from "./h.js";
import { begin, hear, onState } from "./live.js";
import { keys } from "./keys.js";
import { here, listen, route, go } from "./router.js";
import { session, onChange, expiresIn } from "./session.js";
import { open, opened } from "./view.js";
import { signin } from "./pages/signin.js";
import { lost } from "./pages/lost.js";
import { overview } from "./pages/overview.js";
import { runs } from "./pages/runs.js";
import { run } from "./pages/run.js";
import { compare } from "./pages/compare.js";
import { batches } from "./pages/batches.js";
import { versions } from "./pages/versions.js";
import { version } from "./pages/version.js";
import { deploys } from "./pages/deploys.js";
import { trials } from "./pages/trials.js";
import { schedules } from "./pages/schedules.js";
import { schedule } from "./pages/schedule.js";
import { queues } from "./pages/queues.js";
import { limits } from "./pages/limits.js";
import { cluster } from "./pages/cluster.js";
import { audit } from "./pages/audit.js";
import { tokens } from "./pages/tokens.js";

route("/console", overview);
route("/console/runs", runs);
route("/console/runs/:id", run);
route("/console/compare", compare);
route("/console/batches", batches);
route("/console/versions", versions);
route("/console/versions/:type", versions);
route("/console/versions/:type/:version", version);
route("/console/deploys", deploys);
route("/console/trials", trials);
route("/console/schedules", schedules);
route("/console/schedules/:id", schedule);
route("/console/queues", queues);
route("/console/queues/:queue", queues);
route("/console/limits", limits);
route("/console/cluster", cluster);
route("/console/audit", audit);
route("/console/tokens", tokens);

const app = document.getElementById("app");
const shell = { cluster: null, namespaces: [], failed: null };
let shown = null; // the page that is open, and its path

// draw draws the frame; the page in it is drawn by its view.
function draw() {
  const main = document.getElementById("main");
  const want = frame(shell, here());
  patch(app, h("div", { id: "app" }, want));
  if (!main) arrive(false);
}

// arrive opens the page of the present address.
function arrive(quietly) {
  const where = here();
  const space = where.query.get("ns") || "";
  if (space !== session.namespace) {
    session.namespace = space;
    begin();
    shown = null;
    draw();
  }
  const page = session.needed ? signin : where.page || lost;
  const same = shown && shown.page === page && shown.path === where.path;
  shown = { page, path: where.path };
  open(document.getElementById("main"), page, where, same);
  if (!same && !quietly) {
    scrollTo(0, 0);
    if (document.activeElement && document.activeElement !== document.body) document.getElementById("main").focus({ preventScroll: true });
  }
  draw();
}

// look asks what the frame shows: who leads, and who reads.
async function look() {
  if (session.needed) return;
  try {
    shell.cluster = (await get("/v1/cluster")).data;
    shell.failed = null;
  } catch (error) {
    shell.failed = error;
  }
  draw();
}

async function start() {
  listen(arrive);
  keys();
  session.namespace = here().query.get("ns") || "";
  try {
    session.self = await whoAmI(session.token || undefined);
  } catch (error) {
    if (error instanceof Problem && error.status === 401) {
      session.needed = true;
      session.why = session.token ? error.detail : "";
    }
  }
  onChange(() => { shown = null; draw(); arrive(true); again(); });
  onState(draw);
  hear(name => { if (["LeaderChanged", "MemberChanged", "gap"].includes(name)) look(); });
  draw();
  again();
  setInterval(() => { if (!document.hidden) look(); }, 4000);
  setInterval(() => { if (expiresIn() < 600_000) draw(); }, 10_000);
}

// again begins what depends on who reads.
async function again() {
  if (session.needed) return;
  begin();
  look();
  try { shell.namespaces = (await get("/v1/namespaces", { limit: 1000 })).data.namespaces; } catch { shell.namespaces = []; } // only an admin may list them
  draw();
}

addEventListener("error", event => console.error(event.message));
start();
export { opened, go };
