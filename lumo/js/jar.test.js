// The JAR reader against real files, whole and damaged.
'use strict';

const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('fs');
const os = require('os');
const path = require('path');
const zlib = require('zlib');
const { Jar, JarError } = require('./jar.js');

// header writes [offset, width in bytes, value] fields into a record.
function header(size, fields) {
  const buffer = Buffer.alloc(size);
  for (const [offset, width, value] of fields) buffer.writeUIntLE(value, offset, width);
  return buffer;
}

// zip makes an archive of entries {name, content, method = 8, localExtra}; the local headers carry no sizes, as those of a
// streaming writer, since the central directory is what counts.
function zip(entries, { comment = '', count = entries.length, directoryOffset } = {}) {
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const { name, content = '', method = 8, localExtra = '' } of entries) {
    const raw = Buffer.from(content);
    const data = method === 8 ? zlib.deflateRawSync(raw) : raw;
    const n = Buffer.from(name);
    const local = header(30, [
      [0, 4, 0x04034b50],
      [8, 2, method],
      [26, 2, n.length],
      [28, 2, localExtra.length],
    ]);
    parts.push(local, n, Buffer.from(localExtra), data);
    directory.push(
      header(46, [
        [0, 4, 0x02014b50],
        [10, 2, method],
        [20, 4, data.length],
        [24, 4, raw.length],
        [28, 2, n.length],
        [42, 4, offset],
      ]),
      n,
    );
    offset += local.length + n.length + localExtra.length + data.length;
  }
  const central = Buffer.concat(directory);
  const end = header(22, [
    [0, 4, 0x06054b50],
    [8, 2, count],
    [10, 2, count],
    [12, 4, central.length],
    [16, 4, directoryOffset ?? offset],
    [20, 2, comment.length],
  ]);
  return Buffer.concat([...parts, central, end, Buffer.from(comment)]);
}

// open writes the bytes to a file and opens it as a JAR; the folder goes with the test.
function open(t, bytes) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lumo-jar-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'x.jar');
  fs.writeFileSync(file, bytes);
  const jar = new Jar(file);
  t.after(() => jar.close());
  return jar;
}

const text = (jar, name) => jar.read(name).toString();

test('reads deflated and stored entries, empty ones and names in Unicode', (t) => {
  const long = 'příliš '.repeat(50_000);
  const jar = open(
    t,
    zip([
      { name: 'a/b.cljs', content: '(ns a.b)' },
      { name: 'stored.txt', content: 'as it is', method: 0 },
      { name: 'empty.cljs' },
      { name: 'ž/λ.cljs', content: long },
    ]),
  );
  assert.equal(text(jar, 'a/b.cljs'), '(ns a.b)');
  assert.equal(text(jar, 'stored.txt'), 'as it is');
  assert.equal(text(jar, 'empty.cljs'), '');
  assert.equal(text(jar, 'ž/λ.cljs'), long);
});

test('knows which entries there are, without folders', (t) => {
  const jar = open(t, zip([{ name: 'a/' }, { name: 'a/b.cljs' }]));
  assert.deepEqual(jar.names(), ['a/b.cljs']);
  assert.equal(jar.has('a/b.cljs'), true);
  assert.equal(jar.has('a/'), false);
  assert.equal(jar.has('toString'), false);
  assert.equal(jar.read('nope'), null);
});

test('reads an archive with a comment, local extra fields and no entries', (t) => {
  const jar = open(t, zip([{ name: 'x', content: 'y', localExtra: 'extra' }], { comment: 'c'.repeat(60_000) }));
  assert.equal(text(jar, 'x'), 'y');
  assert.deepEqual(open(t, zip([])).names(), []);
});

test('refuses what is no archive, or cut short at any byte of its end', (t) => {
  const whole = zip([{ name: 'a', content: 'aaaa' }]);
  assert.throws(() => open(t, Buffer.alloc(0)), JarError);
  assert.throws(() => open(t, Buffer.from('PK but no archive')), /x\.jar as a JAR: no central directory/);
  for (let cut = whole.length - 22; cut < whole.length; cut++) {
    assert.throws(() => open(t, whole.subarray(0, cut)), JarError);
  }
});

test('refuses a directory that is not where the end says, or has fewer entries', (t) => {
  assert.throws(
    () => open(t, zip([{ name: 'a' }], { directoryOffset: 3 })),
    /entry 1 of its central directory is damaged/,
  );
  assert.throws(() => open(t, zip([{ name: 'a' }], { count: 2 })), /entry 2 of its central directory is damaged/);
  assert.throws(() => open(t, zip([{ name: 'a' }], { directoryOffset: 1_000_000 })), JarError);
});

test('refuses zip64 and unknown compression by name', (t) => {
  assert.throws(() => open(t, zip([], { count: 0xffff })), /zip64/);
  const jar = open(t, zip([{ name: 'a', content: 'x', method: 12 }]));
  assert.throws(() => jar.read('a'), /entry a uses compression method 12/);
});

test('names the entry whose bytes are damaged', (t) => {
  const bytes = zip([{ name: 'a', content: 'text '.repeat(100) }]);
  bytes.fill(0xff, 31, 40);
  assert.throws(
    () => open(t, bytes).read('a'),
    (e) => e instanceof JarError && /entry a is damaged/.test(e.message),
  );
});
