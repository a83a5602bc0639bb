// Assets read from a folder, as while the snapshot is built; the shipped executable's own are tested by everything that runs
// in it.
'use strict';

const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('fs');
const os = require('os');
const path = require('path');
const assets = require('./assets.js');

function withAssets(t, files) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lumo-assets-'));
  for (const [name, content] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), content);
  }
  assets.useFolder(folder);
  t.after(() => {
    assets.useFolder(null);
    fs.rmSync(folder, { recursive: true });
  });
}

test('text is the whole asset', (t) => {
  withAssets(t, { 'code/a.js': 'const ž = "😀";\n' });
  assert.equal(assets.text('code/a.js'), 'const ž = "😀";\n');
});

test('slices are of the bytes after the first line', (t) => {
  withAssets(t, { a: 'head ž\nžluť\n{"b":1}' });
  const { head, slice } = assets.slices('a');
  assert.equal(head, 'head ž');
  assert.equal(slice(0, Buffer.byteLength('žluť')), 'žluť');
  assert.equal(slice(Buffer.byteLength('žluť\n'), 7), '{"b":1}');
});

test('an asset that is not there is an error with its name', (t) => {
  withAssets(t, {});
  assert.throws(() => assets.text('nope.js'), /nope\.js/);
});

test('outside a folder and outside the executable there are no assets', () => {
  assert.throws(() => assets.text('NOTICES'), { code: 'ERR_NOT_IN_SINGLE_EXECUTABLE_APPLICATION' });
});
