// Answer against a channel in memory.
'use strict';

const test = require('node:test');
const assert = require('node:assert/strict');
const { Readable } = require('stream');
const { pipeline } = require('stream/promises');
const frame = require('./frame.js');
const { Answer, WINDOW } = require('./answer.js');

// channel collects what is sent, as messages.
function channel() {
  const c = { messages: [], waiting: 0, sent: 0 };
  const decoder = new frame.Decoder(frame.REPORTS, (m) => {
    if (m.data) c.sent += m.data.length;
    c.messages.push({ ...m, data: m.data && Buffer.from(m.data) });
  });
  c.send = (buffers) => decoder.push(Buffer.concat(buffers));
  c.stalled = (yes) => (c.waiting += yes ? 1 : -1);
  c.text = () => Buffer.concat(c.messages.filter((m) => m.data).map((m) => m.data)).toString();
  return c;
}

const written = (answer, chunk) =>
  new Promise((resolve, reject) => answer.write(chunk, (e) => (e ? reject(e) : resolve())));

test('nothing is sent before the first byte, then the content type and the chunks', async () => {
  const c = channel();
  const answer = new Answer(c, 7);
  answer.setContentType('text/plain');
  assert.equal(c.messages.length, 0);
  await written(answer, 'ž');
  await written(answer, Buffer.from('b'));
  assert.deepEqual(
    c.messages.map((m) => [m.type, m.request]),
    [
      [frame.Type.Begin, 7],
      [frame.Type.Chunk, 7],
      [frame.Type.Chunk, 7],
    ],
  );
  assert.equal(c.messages[0].contentType, 'text/plain');
  assert.equal(c.text(), 'žb');
  assert.throws(() => answer.setContentType('text/html'), /too late/);
  assert.throws(() => answer.setResponse({}), /too late/);
});

test('an HTTP response is a prelude, eight NULs and the body', async () => {
  const c = channel();
  const answer = new Answer(c, 1);
  answer.setResponse({ statusCode: 201, headers: { a: 'nul \0' } });
  await written(answer, 'body');
  assert.equal(c.messages[0].contentType, 'application/vnd.awslambda.http-integration-response');
  assert.equal(c.text(), `${JSON.stringify({ statusCode: 201, headers: { a: 'nul \0' } })}${'\0'.repeat(8)}body`);
});

test('an HTTP response without a body has its prelude', async () => {
  const c = channel();
  const answer = new Answer(c, 1);
  answer.setResponse({ statusCode: 204 });
  await new Promise((resolve) => answer.end(resolve));
  assert.equal(c.text(), `{"statusCode":204}${'\0'.repeat(8)}`);
});

test('what is over the credit waits for more', async () => {
  const c = channel();
  const answer = new Answer(c, 1);
  const all = written(answer, Buffer.alloc(WINDOW + 100, 'x'));
  assert.equal(c.sent, WINDOW);
  assert.equal(c.waiting, 1);
  assert.equal(answer.writableNeedDrain, true);
  answer.grant(60);
  assert.equal(c.sent, WINDOW + 60);
  answer.grant(1000);
  await all;
  assert.equal(c.sent, WINDOW + 100);
  assert.equal(c.waiting, 0);
});

test('pipeline writes as there is credit, and all of it', async () => {
  const c = channel();
  const answer = new Answer(c, 1);
  let made = 0;
  const source = Readable.from(
    (function* () {
      for (; made < 40; made++) yield Buffer.alloc(50_000, made);
    })(),
  );
  const done = pipeline(source, answer);
  while (c.waiting === 0) await new Promise(setImmediate);
  assert.ok(made < 30, `${made} chunks were made before there was room for them`);
  answer.grant(10_000_000);
  await done;
  assert.equal(c.sent, 40 * 50_000);
});

test('an answer that is destroyed fails what waits in it', async () => {
  const c = channel();
  const answer = new Answer(c, 1);
  answer.on('error', () => {});
  const waiting = written(answer, Buffer.alloc(WINDOW + 1));
  answer.destroy();
  await assert.rejects(waiting, /the answer is over/);
  assert.equal(c.waiting, 0);
  await assert.rejects(written(answer, 'more'));
});

test('a content type that a header cannot carry is refused', () => {
  const answer = new Answer(channel(), 1);
  assert.throws(() => answer.setContentType('text/plain\r\nx: y'), /printable ASCII/);
});
