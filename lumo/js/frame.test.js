// The JavaScript codec against the vectors that the Go codec is tested with too.
'use strict';

const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('fs');
const path = require('path');
const frame = require('./frame.js');

const vectors = JSON.parse(fs.readFileSync(path.join(__dirname, '../../lumoproc/testdata/frames.json'), 'utf8'));
const EVERY = new Set([...frame.COMMANDS, ...frame.REPORTS]);

// field gives a field of a vector as bytes.
const field = (v, name) =>
  v[`${name}Base64`] === undefined ? Buffer.from(v[name]) : Buffer.from(v[`${name}Base64`], 'base64');

function encode(v) {
  switch (v.type) {
    case 'Invoke':
      return frame.invoke(v.request, field(v, 'context'), field(v, 'event'));
    case 'Stop':
      return frame.stop();
    case 'Ready':
      return frame.ready(JSON.parse(field(v, 'ready').toString()));
    case 'Result':
      return frame.result(v.request, field(v, 'answer'));
    case 'Fault':
      return frame.fault(v.request, v.errorType, field(v, 'body').toString());
    case 'Log':
      return frame.log(v.request, v.level, field(v, 'text'), v.record);
    case 'Credit':
      return frame.credit(v.request, v.bytes);
    case 'Cancel':
      return frame.cancel(v.request);
    case 'Begin':
      return frame.begin(v.request, v.contentType);
    case 'Chunk':
      return frame.chunk(v.request, field(v, 'data'));
    case 'End':
      return frame.end(v.request);
  }
}

function decodeAll(bytes, portion = bytes.length) {
  const messages = [];
  const decoder = new frame.Decoder(EVERY, (m) =>
    messages.push(Object.fromEntries(Object.entries(m).map(([k, x]) => [k, Buffer.isBuffer(x) ? Buffer.from(x) : x]))),
  );
  for (let i = 0; i < bytes.length; i += portion) decoder.push(bytes.subarray(i, i + portion));
  decoder.end();
  return messages;
}

function assertMessage(m, v) {
  assert.equal(m.type, v.typeCode);
  assert.equal(m.request, v.request);
  switch (v.type) {
    case 'Invoke':
      assert.deepEqual([m.context, m.event], [field(v, 'context'), field(v, 'event')]);
      break;
    case 'Ready':
      assert.deepEqual(m.info, field(v, 'ready'));
      break;
    case 'Result':
      assert.deepEqual(m.answer, field(v, 'answer'));
      break;
    case 'Fault':
      assert.deepEqual([m.errorType, m.body], [v.errorType, field(v, 'body')]);
      break;
    case 'Log':
      assert.deepEqual([m.level, m.record, m.text], [v.level, v.record === true, field(v, 'text')]);
      break;
    case 'Credit':
      assert.equal(m.bytes, v.bytes);
      break;
    case 'Begin':
      assert.equal(m.contentType, v.contentType);
      break;
    case 'Chunk':
      assert.deepEqual(m.data, field(v, 'data'));
      break;
  }
}

for (const v of vectors.good) {
  test(`encodes ${v.name}`, () => assert.equal(Buffer.concat(encode(v)).toString('hex'), v.hex));
  test(`decodes ${v.name}, whole and a byte at a time`, () => {
    for (const portion of [undefined, 1, 7]) {
      const messages = decodeAll(Buffer.from(v.hex, 'hex'), portion);
      assert.equal(messages.length, 1);
      assertMessage(messages[0], v);
    }
  });
}

for (const v of vectors.bad) {
  test(`refuses ${v.name}`, () => {
    for (const portion of [undefined, 1]) {
      assert.throws(
        () => decodeAll(Buffer.from(v.hex, 'hex'), portion),
        (e) => e instanceof frame.FrameError && e.code === v.error,
      );
    }
  });
}

test('decodes all vectors from one buffer, cut at every offset', () => {
  const small = vectors.good.filter((v) => v.hex.length < 400);
  const bytes = Buffer.concat(small.map((v) => Buffer.from(v.hex, 'hex')));
  for (let cut = 0; cut <= bytes.length; cut++) {
    const messages = [];
    const decoder = new frame.Decoder(EVERY, (m) => messages.push(m.type));
    decoder.push(bytes.subarray(0, cut));
    decoder.push(bytes.subarray(cut));
    decoder.end();
    assert.deepEqual(
      messages,
      small.map((v) => v.typeCode),
    );
  }
});

test('an error type that is no short ASCII is made one, so that the parent can read the frame', () => {
  const [message] = decodeAll(Buffer.concat(frame.fault(1, `Fehlér\n${'x'.repeat(70000)}`, '{}')));
  assert.equal(message.errorType, `Fehl?r?${'x'.repeat(248)}`.slice(0, 255));
  assert.deepEqual(message.body, Buffer.from('{}'));
});

test('refuses to encode a payload over the limit', () => {
  assert.throws(() => frame.result(1, Buffer.alloc(frame.MAX_PAYLOAD + 1)), { code: 'length' });
});
