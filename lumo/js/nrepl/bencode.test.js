'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { encode, Decoder } = require('./bencode.js');

const VALUES = [
  ['', '0:'],
  ['abc', '3:abc'],
  ['λ', '2:λ'],
  [0, 'i0e'],
  [-42, 'i-42e'],
  [[], 'le'],
  [['a', 1, ['b']], 'l1:ai1el1:bee'],
  [{}, 'de'],
  [{ op: 'eval', code: '(+ 1 2)', id: '1' }, 'd4:code7:(+ 1 2)2:id1:12:op4:evale'],
  [JSON.parse('{"__proto__": "x"}'), 'd9:__proto__1:xe'],
];

function decode(chunks) {
  const got = [];
  const decoder = new Decoder((value) => got.push(value));
  for (const chunk of chunks) decoder.push(chunk);
  return got;
}

test('values have their bytes, both ways', () => {
  for (const [value, text] of VALUES) {
    assert.strictEqual(encode(value).toString(), text);
    assert.strictEqual(encode(decode([Buffer.from(text)])[0]).toString(), text);
  }
});

test('nothing, and what is false, is the empty list; true is 1', () => {
  assert.strictEqual(encode([null, undefined, false, true]).toString(), 'llelelei1ee');
});

test('a stream may be cut anywhere', () => {
  const bytes = Buffer.from(VALUES.map(([, text]) => text).join(''));
  const whole = decode([bytes]);
  assert.strictEqual(whole.length, VALUES.length);
  for (let at = 0; at <= bytes.length; at++) {
    assert.deepStrictEqual(decode([bytes.subarray(0, at), bytes.subarray(at)]), whole);
  }
  assert.deepStrictEqual(decode([...bytes].map((b) => Buffer.from([b]))), whole);
});

test('what is no bencode is refused, and not waited for', () => {
  for (const text of [
    'x',
    'GET / HTTP/1.1',
    'i1.5e',
    'ie',
    'i99999999999999999999',
    '-1:a',
    '1-:a',
    'di1ei2ee',
    '99999999999:',
    'l'.repeat(200),
  ]) {
    assert.throws(() => decode([Buffer.from(text)]), /bencode/, text);
  }
});

test('what has no form cannot be sent', () => {
  assert.throws(() => encode(1.5), TypeError);
  assert.throws(() => encode(() => 1), TypeError);
});
