// The runner: the checks in order, a line each.
//
// A check is [name, function]: it fails by throwing or rejecting, and what it returns, if anything, is said behind its
// name. They want nothing but this executable: no network, no file, no home. A fault that ends the process ends it here
// too: the line that is missing tells which check it was.
'use strict';

const groups = ['./names.js', './network.js', './cryptography.js', './threads.js', './process.js', './engine.js'];

const LIMIT_MS = 180_000; // many times what the slowest needs, on an emulated processor too

function limited(check) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no end after ${LIMIT_MS} ms`)), LIMIT_MS);
    Promise.resolve()
      .then(check)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}

function reason(error) {
  const text = error instanceof AggregateError ? error.errors.map(String).join('; ') : String(error?.message ?? error);
  return text.replace(/\s+/g, ' ');
}

function say(line) {
  require('fs').writeSync(1, `${line}\n`); // at once, whatever comes after
}

module.exports.run = async () => {
  process.env.UV_THREADPOOL_SIZE ??= '16'; // read when the pool is first used; half of it may look names up
  let total = 0;
  let failed = 0;
  for (const group of groups) {
    for (const [name, check] of require(group)) {
      total++;
      try {
        const detail = await limited(check);
        say(`ok ${name}${detail ? `: ${detail}` : ''}`);
      } catch (error) {
        failed++;
        say(`not ok ${name}: ${reason(error)}`);
      }
    }
  }
  say(failed ? `${failed} of ${total} checks failed` : `all ${total} checks passed`);
  process.exit(failed ? 1 : 0);
};
