// The Closure library's names, from assets in a folder; that the real library loads is tested on the finished lumo.
'use strict';

const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('fs');
const os = require('os');
const path = require('path');
const vm = require('vm');
const assets = require('./assets.js');
const closure = require('./closure.js');

const FILES = {
  'goog.one':
    "goog.provide('goog.one');\ngoog.provide('goog.one.Two');\ngoog.require('goog.base');\nconst {\n  a,\n  b,\n} = goog.require('goog.there');\n// goog.require('goog.comment')\n",
  'goog.part':
    "goog.module('goog.part');\nconst there = goog.require('goog.there');\nexports.value = there.value + 1;\n",
  'goog.Whole': "goog.module('goog.Whole');\nexports = class Whole {};\n",
};

// Files that the compiler's snapshot has, and that of packaged functions has not.
const COMPILERS = {
  'goog.first': "goog.module('goog.first');\nexports.value = 1;\n",
  'goog.second': "goog.provide('goog.second');\ngoog.require('goog.first');\ngoog.require('goog.there');\n",
};

function install(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lumo-closure-'));
  const index = { 'goog.there': 0 };
  let offset = 0;
  const texts = [...Object.values(FILES), ...Object.values(COMPILERS)];
  for (const text of texts) {
    const mark = Object.values(COMPILERS).includes(text) ? [1] : [];
    for (const name of closure.provides(text)) index[name] = [offset, Buffer.byteLength(text), ...mark];
    offset += Buffer.byteLength(text) + 1;
  }
  fs.writeFileSync(path.join(folder, 'goog'), `${JSON.stringify(index)}\n${texts.join('\n')}\n`);
  assets.useFolder(folder);
  globalThis.goog = {
    there: { value: 1 },
    getObjectByName: (name) => name.split('.').reduce((o, part) => o?.[part], globalThis) ?? null,
  };
  globalThis.$lumo = { closure };
  closure.install();
  t.after(() => {
    assets.useFolder(null);
    fs.rmSync(folder, { recursive: true });
    delete globalThis.goog;
    delete globalThis.$lumo;
  });
}

test('a file is found by each name that it provides, and says what it requires', (t) => {
  install(t);
  assert.equal(closure.read('goog.one.Two'), FILES['goog.one']);
  assert.deepEqual(closure.requires(FILES['goog.one']), ['goog.base', 'goog.there']);
  assert.equal(closure.read('goog.none'), null);
  assert.equal(closure.read('other.name'), null);
});

test('what the snapshot has is loaded, anything else when its file has run', (t) => {
  install(t);
  assert.equal(closure.read('goog.there'), null);
  assert.equal(closure.loaded('goog.there'), true);
  assert.equal(closure.loaded('goog.one'), false);
  closure.markLoaded(FILES['goog.one']);
  assert.equal(closure.loaded('goog.one'), true);
  assert.equal(closure.loaded('goog.one.Two'), true);
});

test('what packaged functions are without comes behind what it requires, once, and only that', (t) => {
  install(t);
  assert.equal(closure.read('goog.second'), null);
  assert.equal(closure.loaded('goog.second'), true);
  const texts = closure.missing(['goog.second', 'goog.one', 'goog.there', 'goog.first', 'goog.none']);
  assert.deepEqual(texts, [closure.script(COMPILERS['goog.first']), COMPILERS['goog.second']]);
  assert.deepEqual(closure.provides(texts[0]), ['goog.first']);
});

test("a module's exports are the object of its name, and keep what is below it", (t) => {
  install(t);
  goog.part = { inner: 1 };
  vm.runInThisContext(closure.script(FILES['goog.part']));
  assert.equal(goog.part.value, 2);
  assert.equal(goog.part.inner, 1);
  assert.equal(goog.require('goog.part').value, 2);
  vm.runInThisContext(closure.script(FILES['goog.Whole']));
  assert.equal(typeof goog.Whole, 'function');
  assert.equal(goog.module.get('goog.Whole'), goog.Whole);
});

test('a script runs as it is, and a module keeps its lines', () => {
  assert.equal(closure.script(FILES['goog.one']), FILES['goog.one']);
  assert.equal(
    closure.script(FILES['goog.part']).indexOf('\n'),
    closure.script(FILES['goog.part']).indexOf(';\nconst') + 1,
  );
});
