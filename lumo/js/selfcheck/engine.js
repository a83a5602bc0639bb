// What of the engine is easily left out or broken by how it was linked.
'use strict';

const assert = require('assert');
const inspector = require('inspector');
const util = require('util');
const vm = require('vm');

async function webAssembly() {
  // (module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))
  const bytes = Buffer.from(
    '0061736d0100000001070160027f7f017f030201000707010361646400000a09010700200020016a0b',
    'hex',
  );
  const { instance } = await WebAssembly.instantiate(bytes);
  assert.equal(instance.exports.add(40, 2), 42);
}

function compiled() {
  const fibonacci = (n) => (n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2));
  assert.equal(fibonacci(27), 196_418); // hot enough for the optimising compiler
  assert.equal(new vm.Script('[1, 2].map((x) => x + y)').runInNewContext({ y: 1 }).join(), '2,3');
}

function intl() {
  assert.equal(new Intl.NumberFormat('en').format(1234567.89), '1,234,567.89');
  const when = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeStyle: 'short', timeZone: 'Asia/Tokyo' });
  assert.match(when.format(new Date(0)), /^January 1, 1970 at 9:00\sAM$/); // its zones are its own, not the machine's
  assert.equal('ǅ'.normalize('NFKC').toLowerCase(), 'dž');
  assert.deepEqual(['b', 'á', 'a'].sort(new Intl.Collator('en').compare), ['a', 'á', 'b']);
  const others = Intl.DateTimeFormat.supportedLocalesOf(['de', 'ja', 'zh']);
  return `English${others.length ? `, ${others.join(', ')}` : ' alone'}`;
}

async function inspection() {
  const session = new inspector.Session();
  session.connect();
  try {
    const post = util.promisify(session.post.bind(session));
    const { result } = await post('Runtime.evaluate', { expression: '6 * 7' });
    assert.equal(result.value, 42);
  } finally {
    session.disconnect();
  }
}

function cloning() {
  const value = {
    map: new Map([['a', new Date(0)]]),
    bytes: new Uint8Array([1, 2]),
    big: 2n ** 64n,
    error: new TypeError('t'),
  };
  value.self = value;
  const copy = structuredClone(value);
  assert.equal(copy.self, copy);
  assert.deepEqual(copy.map, value.map);
  assert.equal(copy.error.name, 'TypeError');
  assert.equal(copy.big, value.big);
}

async function imports() {
  const path = await import('node:path');
  assert.equal(path.basename('/a/b.cljs'), 'b.cljs');
}

function sqlite() {
  const { DatabaseSync } = require('node:sqlite');
  const db = new DatabaseSync(':memory:');
  db.exec('create table t (n)');
  db.prepare('insert into t values (?)').run(42);
  assert.equal(db.prepare('select n from t').get().n, 42);
  db.close();
}

function addons() {
  // A static program loads no shared library: that is an error that names the file, not a crash.
  assert.throws(() => process.dlopen({ exports: {} }, '/no/such/addon.node'), { code: 'ERR_DLOPEN_FAILED' });
}

module.exports = [
  ['WebAssembly', webAssembly],
  ['code compiled while it runs', compiled],
  ['Intl', intl],
  ['the inspector evaluates', inspection],
  ['structuredClone', cloning],
  ['import of a built-in module', imports],
  ['SQLite in memory', sqlite],
  ['a native addon is refused with an error', addons],
];
