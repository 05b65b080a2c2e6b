// session knows who reads: the token, the namespace, and what the token's grants allow. A token is
// kept in memory, or in the tab's storage if its holder wants that, and never in an address.

const listeners = new Set();
const key = "aion.token";

export const session = {
  token: sessionStorage.getItem(key) || "",
  kept: sessionStorage.getItem(key) !== null,
  namespace: "", // of the page that is shown; empty = default
  self: null, // the answer of /v1/auth/self
  why: "", // what is wrong with the token
  needed: false, // calls wait until somebody signs in
};

// onChange calls fn after each change.
export function onChange(fn) { listeners.add(fn); }
export function changed() { for (const fn of listeners) fn(); }

// signIn takes a token that works.
export function signIn(token, keep, self) {
  Object.assign(session, { token, kept: keep, self, why: "", needed: false });
  keep ? sessionStorage.setItem(key, token) : sessionStorage.removeItem(key);
  changed();
}

// signOut forgets the token.
export function signOut(why = "") {
  Object.assign(session, { token: "", kept: false, self: null, why, needed: true });
  sessionStorage.removeItem(key);
  changed();
}

// can tells whether a grant of this kind reaches a workflow type or a queue; without either,
// everything. A page offers what can allows, and the node decides.
export function can(kind, of = {}) {
  const self = session.self;
  if (!self || self.kind === "none") return true;
  return self.token.grants.some(text => {
    const [has, ...rest] = text.split(":");
    if (has !== kind && has !== "admin") return false;
    const limits = Object.fromEntries(rest.join(":").split(",").filter(Boolean).map(l => [l.slice(0, l.indexOf("=")), l.slice(l.indexOf("=") + 1)]));
    if (limits.namespace !== undefined && !(session.namespace || "default").startsWith(limits.namespace)) return false;
    for (const by of ["type", "queue"]) {
      if (limits[by] === undefined || limits[by] === "") continue;
      if (of[by] === undefined ? !of.any : !of[by].startsWith(limits[by])) return false;
    }
    return true;
  });
}

// typesOf are the workflow types, or what they begin with, that grants of a kind reach; null = all.
export function typesOf(kind) {
  if (can(kind)) return null;
  const types = session.self.token.grants.filter(text => text.split(":")[0] === kind || text.split(":")[0] === "admin").map(text => /[:,]type=([^,]*)/.exec(text)?.[1]).filter(Boolean);
  return [...new Set(types)].filter(type => can(kind, { type }));
}

// expiresIn is the time that the token has left, in milliseconds; Infinity without an end.
export function expiresIn() {
  const end = session.self?.token.expires_at;
  return end ? new Date(end) - Date.now() : Infinity;
}
