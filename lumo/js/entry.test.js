// Entries of the compile cache: whole, damaged, replaced, and written where nothing can be.
'use strict';

const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('fs');
const os = require('os');
const path = require('path');
const { read, write } = require('./entry.js');

function withFolder(f) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lumo-entry-'));
  try {
    f(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

const SECTIONS = { source: 'žluť\n', js: 'goog.provide("a");\n', code: Buffer.from([0, 10, 255]), map: null };

test('an entry comes back as it was written', () => {
  withFolder((folder) => {
    const file = path.join(folder, 'deep', 'er', 'a.lumo');
    assert.equal(write(file, { name: 'a', id: '1' }, SECTIONS), null);
    const entry = read(file);
    assert.equal(entry.head.name, 'a');
    assert.equal(entry.text('source'), 'žluť\n');
    assert.equal(entry.text('js'), 'goog.provide("a");\n');
    assert.deepEqual([...entry.bytes('code')], [0, 10, 255]);
    assert.equal(entry.bytes('map'), null);
    assert.equal(entry.has('map'), false);
    assert.deepEqual(fs.readdirSync(path.dirname(file)), ['a.lumo']);
  });
});

test('whatever byte is changed or missing, no wrong one is given out', () => {
  withFolder((folder) => {
    const file = path.join(folder, 'a.lumo');
    write(file, { name: 'a' }, SECTIONS);
    const whole = fs.readFileSync(file);
    const given = () => {
      const entry = read(file);
      return entry && [entry.head.name, entry.text('source'), entry.text('js'), entry.bytes('code')?.join()];
    };
    const right = given();
    for (let i = 0; i < whole.length; i++) {
      const damaged = Buffer.from(whole);
      damaged[i] ^= 0x41;
      fs.writeFileSync(file, damaged);
      const got = given();
      for (const [k, part] of (got ?? []).entries()) assert.ok(part == null || part === right[k], `byte ${i}: ${part}`);
      // A changed byte of a section takes that section away, one of the head all.
      assert.notDeepEqual(got, right, `byte ${i} changed, and nobody noticed`);
      fs.writeFileSync(file, whole.subarray(0, i));
      assert.equal(read(file), null, `cut at ${i}`);
    }
  });
});

test('a section that is read later is of the same file, or is not there', () => {
  withFolder((folder) => {
    const file = path.join(folder, 'a.lumo');
    write(file, {}, { js: 'old' });
    const entry = read(file);
    entry.drop();
    assert.equal(entry.text('js'), 'old');
    entry.drop();
    write(file, {}, { js: 'new' });
    assert.equal(entry.bytes('js'), null);
    assert.equal(read(file).text('js'), 'new');
  });
});

test('an entry larger than the first read is read whole', () => {
  withFolder((folder) => {
    const file = path.join(folder, 'a.lumo');
    const js = 'x'.repeat(300_000);
    write(file, { deps: Array(20_000).fill(['ns', 'b']) }, { source: 's', js, analysis: 'a' });
    const entry = read(file);
    assert.equal(entry.text('js'), js);
    assert.equal(entry.text('analysis'), 'a');
  });
});

test('where nothing can be written the error is returned, and nothing is left', () => {
  withFolder((folder) => {
    fs.writeFileSync(path.join(folder, 'file'), '');
    assert.equal(write(path.join(folder, 'file', 'a.lumo'), {}, SECTIONS).code, 'ENOTDIR');
    assert.ok(write('/proc/lumo/a.lumo', {}, SECTIONS) instanceof Error);
    fs.mkdirSync(path.join(folder, 'a.lumo'));
    assert.ok(write(path.join(folder, 'a.lumo'), {}, SECTIONS) instanceof Error); // a folder has its name
    assert.deepEqual(fs.readdirSync(folder).sort(), ['a.lumo', 'file']);
    assert.equal(read(path.join(folder, 'a.lumo')), null);
  });
});
