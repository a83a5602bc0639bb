// Native addons on the engine that the tests run on, which is static.
'use strict';

const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('fs');
const os = require('os');
const path = require('path');
const { createRequire } = require('module');
const addons = require('./addons.js');

// modules writes npm packages, each one file, into a folder, and returns a require that sees them.
function modules(t, files) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'addons-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, 'node_modules', name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }
  return createRequire(folder + '/');
}

function installed(t, executable) {
  const dlopen = process.dlopen;
  t.after(() => (process.dlopen = dlopen));
  addons.install(executable);
}

const ADDON = { '@scope/fast/build/fast.node': 'not looked at' };

function thrown(load) {
  try {
    load();
  } catch (e) {
    return e;
  }
  assert.fail('nothing was thrown');
}

test('a required addon is refused with its file, its package and the way out', (t) => {
  installed(t);
  const require = modules(t, ADDON);
  const e = thrown(() => require('@scope/fast/build/fast.node'));
  assert.equal(e.name, 'Runtime.NativeAddonError');
  assert.equal(e.code, 'ERR_DLOPEN_FAILED');
  for (const part of [
    'cannot be loaded by the static engine',
    'node_modules/@scope/fast/build/fast.node of the npm package @scope/fast ',
    'make layer ENGINE=dynamic',
    /lumo-lambda-dynamic-(x86_64|arm64)\.zip/,
    'WebAssembly',
  ]) {
    assert.match(e.message, part instanceof RegExp ? part : new RegExp(part));
  }
});

// The replaced process.dlopen is only asked as long as Node's own loader of .node files calls it; and what a loader sees must
// be what Node has: this is the test that says so when Node changes.
test('require of an addon goes through process.dlopen, whose code is the one of Node', (t) => {
  const require = modules(t, ADDON);
  assert.equal(thrown(() => require('@scope/fast/build/fast.node')).code, 'ERR_DLOPEN_FAILED');
  const asked = [];
  const dlopen = process.dlopen;
  t.after(() => (process.dlopen = dlopen));
  process.dlopen = (_, file) => asked.push(path.basename(file));
  require('@scope/fast/build/fast.node');
  assert.deepEqual(asked, ['fast.node']);
});

test('a package that falls back to JavaScript goes on working', (t) => {
  installed(t);
  const require = modules(t, {
    ...ADDON,
    'kind/index.js': `try { module.exports = require('@scope/fast/build/fast.node'); } catch { module.exports = 'slow'; }`,
  });
  assert.equal(
    addons.explain(() => require('kind')),
    'slow',
  );
});

test('a loader that hides the refusal is seen through', (t) => {
  installed(t);
  const require = modules(t, {
    ...ADDON,
    'vague/index.js': `try { require('@scope/fast/build/fast.node'); } catch (e) { throw new Error('reinstall me', { cause: e }); }`,
  });
  const e = thrown(() => addons.explain(() => require('vague')));
  assert.equal(e.name, 'Runtime.NativeAddonError');
  assert.equal(e.cause.message, 'reinstall me');
  assert.equal(e.cause.cause, undefined);
});

test('a loader that asks for an addon built for musl gets the same answer', (t) => {
  installed(t);
  const require = modules(t, {
    'old/index.js': `require('@scope/fast-linux-x64-musl')`,
    'other/index.js': `require('gone')`,
  });
  const e = thrown(() => addons.explain(() => require('old')));
  assert.equal(e.name, 'Runtime.NativeAddonError');
  assert.match(e.message, /and @scope\/fast-linux-x64-musl is one/);
  assert.match(e.cause.message, /Cannot find module/);
  assert.equal(thrown(() => addons.explain(() => require('other'))).code, 'MODULE_NOT_FOUND');
});

test('a refusal that was caught is not the reason of a later failure', (t) => {
  installed(t);
  const require = modules(t, {
    ...ADDON,
    'kind/index.js': `try { require('@scope/fast/build/fast.node'); } catch {}`,
    'bad/index.js': `throw new Error('bad to the core');`,
  });
  addons.explain(() => require('kind'));
  assert.equal(thrown(() => addons.explain(() => require('bad'))).message, 'bad to the core');
});

test('an engine with a loader is left to load', (t) => {
  const asked = [];
  const dlopen = process.dlopen;
  t.after(() => (process.dlopen = dlopen));
  process.dlopen = (...args) => asked.push(args);
  installed(t, '/bin/sh'); // dynamic on every machine that runs these tests
  process.dlopen('module', 'a.node', 1);
  assert.deepEqual(asked, [['module', 'a.node', 1]]);
  assert.equal(addons.hasLoader(process.execPath), false);
});

test('the package of a file is the innermost one of its path', () => {
  assert.equal(addons.packageOf('/t/node_modules/a/node_modules/@b/c/build/x.node'), '@b/c');
  assert.equal(addons.packageOf('/t/node_modules/a/x.node'), 'a');
  assert.equal(addons.packageOf('/t/x.node'), null);
});
