// A guest in JavaScript without the SDK.
(() => {
  const waiting = new Map();
  let next = 1;
  const settle = (state, told) => {
    const value = JSON.parse(told);
    if (state === 1) return value;
    throw new Error(value[2]);
  };
  const wait = (id) => {
    const token = next++;
    if (aion.wait(token, 0, String(id)) !== -2) return Promise.resolve(settle(Number(aion.state(id)[0]), aion.state(id).slice(1)));
    return new Promise((resolve, reject) => waiting.set(token, (at, text) => { try { resolve(settle(at, text)); } catch (e) { reject(e); } }));
  };
  const activity = (name, input) => wait(aion.start(4, '{"1":' + JSON.stringify(name) + ',"3":' + JSON.stringify(input) + "}"));
  const workflows = {
    noop: async (input) => input,
    compute: async (n) => { let x = 1; for (let i = 0; i < n; i++) x = (x * 31 + i) % 1000003; return x; },
    steps: async (n) => { let sum = 0; for (let i = 0; i < n; i++) sum += await activity("add", i); return sum; },
    trace: async (n) => {
      const seen = {};
      for (let i = 0; i < n; i++) {
        const list = [0.1, 2, 3].map((x) => x * i + Math.sin(i) + aion.random());
        seen[await activity("add", list)] = [Math.random(), Date.now(), aion.now(), aion.draw()];
      }
      return seen;
    },
    ping: async (n) => { for (let i = 0; i < n; i++) { aion.now(); aion.info(); aion.cancelled(0); aion.stack("at f (test.js:1:1)"); } return n; },
  };
  const done = (result) => aion.done(0, 0, JSON.stringify(result));
  const failed = (e) => aion.done(0, 1, JSON.stringify({ 2: e.message, 3: { stack: JSON.parse(aion.stack(e.stack)) } }));
  aion.enter = (op, token, at, text, name) => {
    switch (op) {
      case 1:
        workflows[name](JSON.parse(text)).then(done, failed);
        break;
      case 2: {
        const go = waiting.get(token);
        waiting.delete(token);
        go(at, text);
        break;
      }
      case 7:
        aion.answer(0, JSON.stringify({ 1: Object.keys(workflows) }));
    }
  };
})();
