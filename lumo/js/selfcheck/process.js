// Processes, signals and time.
'use strict';

const assert = require('assert');
const { execFile } = require('child_process');
const fs = require('fs');
const util = require('util');

async function child() {
  const { stdout } = await util.promisify(execFile)(process.execPath, ['-e', '(reduce + (range 10))']);
  assert.equal(stdout, '45\n');
}

async function signals() {
  for (const signal of ['SIGTERM', 'SIGUSR2', 'SIGHUP']) {
    const came = new Promise((resolve) => process.once(signal, resolve));
    process.kill(process.pid, signal);
    assert.equal(await came, signal);
  }
}

async function timers() {
  const order = [];
  await new Promise((resolve) => {
    const interval = setInterval(() => {
      order.push('interval');
      clearInterval(interval);
      resolve();
    }, 5);
    setTimeout(() => order.push('timeout'), 1);
    queueMicrotask(() => order.push('microtask'));
    process.nextTick(() => order.push('tick'));
  });
  assert.deepEqual(order.sort(), ['interval', 'microtask', 'tick', 'timeout']);
  const before = process.hrtime.bigint();
  assert.ok(process.hrtime.bigint() >= before);
  assert.ok(Date.now() > Date.UTC(2026, 0));
}

async function files() {
  const names = await fs.promises.readdir('/');
  assert.deepEqual(names.sort(), fs.readdirSync('/').sort());
  await assert.rejects(fs.promises.readFile('/no/such/file'), { code: 'ENOENT' });
}

module.exports = [
  ['a child process, this executable again', child],
  ['signals to itself', signals],
  ['timers and clocks', timers],
  ['files in the thread pool', files],
];
