'use strict';

const test = require('node:test');
const assert = require('node:assert/strict');
const { writer } = require('./streams.js');

test('a character cut between two chunks of bytes arrives whole', () => {
  const texts = [];
  const write = writer((text) => texts.push(text));
  const bytes = Buffer.from('größer');
  write(bytes.subarray(0, 3));
  write(bytes.subarray(3));
  assert.equal(texts.join(''), 'größer');
});

test('strings and typed arrays are taken, and the callback is called later', async () => {
  const texts = [];
  const write = writer((text) => texts.push(text));
  assert.equal(write('a', 'utf8'), true);
  write(new Uint8Array([98]));
  await new Promise((resolve) => write('c', resolve));
  await new Promise((resolve) => write('d', 'utf8', resolve));
  assert.deepEqual(texts, ['a', 'b', 'c', 'd']);
});
