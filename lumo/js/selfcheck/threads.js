// Threads and their stacks. The C library chooses how large a thread's stack is; V8 believes that it is large enough. A
// recursion without end must become a RangeError before the stack ends.
'use strict';

const assert = require('assert');
const { Worker } = require('worker_threads');

// The functions below are also the text of workers: they may use nothing of this file.

// exhaust recurses without end in several ways, with small frames, with large ones, and through the engine's own C++.
function exhaust() {
  const small = (n) => 1 + small(n + 1);
  const large = (...values) => large(...values, 1).length + values.length;
  const throughSort = () => [2, 1].sort(() => throughSort());
  const throughReplace = () => 'a'.replace(/a/, () => throughReplace());
  const deep = [];
  for (let i = 0, inner = deep; i < 1_000_000; i++) {
    const next = [];
    inner.push(next);
    inner = next;
  }
  const ways = {
    small: () => small(0),
    large: () => large(...new Array(1000).fill(0)),
    sort: throughSort,
    replace: throughReplace,
    flat: () => deep.flat(Infinity),
    parse: () => new Function('('.repeat(1_000_000)),
    regexp: () => new RegExp('('.repeat(1_000_000) + ')'.repeat(1_000_000)),
  };
  for (const [way, recurse] of Object.entries(ways)) {
    try {
      recurse();
    } catch (error) {
      // A pattern that is too deep is said to be so as a SyntaxError.
      if (error instanceof RangeError || (way === 'regexp' && error instanceof SyntaxError)) continue;
      throw error;
    }
    throw new Error(`recursion through ${way} came to an end`);
  }
  return Object.keys(ways).length;
}

// inWorker runs a function in a thread of its own and returns what it returns.
function inWorker(fn, workerData, options) {
  const text = `const { parentPort, workerData } = require('worker_threads');
Promise.resolve((${fn})(workerData)).then((value) => parentPort.postMessage(value));`;
  return new Promise((resolve, reject) => {
    const worker = new Worker(text, { eval: true, workerData, ...options });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the worker exited with ${code} and no answer`)));
  });
}

async function workers() {
  const sums = await Promise.all(
    [1, 2, 3, 4, 5, 6, 7, 8].map((n) =>
      inWorker((from) => {
        let sum = 0;
        for (let i = 0; i < 1_000_000; i++) sum += from;
        return sum;
      }, n),
    ),
  );
  assert.deepEqual(sums, [1e6, 2e6, 3e6, 4e6, 5e6, 6e6, 7e6, 8e6]);
}

async function sharedMemory() {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const woken = inWorker((shared) => Atomics.wait(shared, 0, 0, 30_000), cell);
  // Until it sleeps there is nobody to wake.
  while (Atomics.notify(cell, 0) === 0) await new Promise(setImmediate);
  assert.equal(await woken, 'ok');
}

async function workerStacks() {
  await Promise.all([inWorker(exhaust), inWorker(exhaust)]);
  await inWorker(exhaust, null, { resourceLimits: { stackSizeMb: 16 } });
}

module.exports = [
  ['eight worker threads', workers],
  ['a worker waits in shared memory', sharedMemory],
  ['deep recursion on the main thread is a RangeError', () => `${exhaust()} ways`],
  ['deep recursion in worker threads is a RangeError', workerStacks],
];
