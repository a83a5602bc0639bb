// The decoder against bytes that nobody meant to send. The corpus is the Go fuzzer's: the vectors, and what it has found and
// kept under lumoproc/testdata/fuzz. It is mutated from a seed: a failure prints that, and LUMO_FUZZ_SEED runs it again.
// FUZZTIME (10s, 2m) says for how long; without it there are a few thousand inputs.
'use strict';

const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('fs');
const path = require('path');
const frame = require('./frame.js');

const TESTDATA = path.join(__dirname, '../../lumoproc/testdata');
const KINDS = new Set(['magic', 'version', 'type', 'length', 'truncated', 'payload']);
const EVERY = new Set([...frame.COMMANDS, ...frame.REPORTS]);

// goBytes reads a file of Go's corpus: a first line with its version, then []byte("…").
function goBytes(file) {
  const text = fs.readFileSync(file, 'utf8').split('\n')[1];
  const inner = /^\[\]byte\("(.*)"\)$/.exec(text)[1];
  const parts = inner.match(/\\x[0-9a-f]{2}|\\u[0-9a-f]{4}|\\U[0-9a-f]{8}|\\.|[^\\]+/g) ?? [];
  const plain = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92, '"': 34 };
  return Buffer.concat(
    parts.map((p) => {
      if (p[0] !== '\\') return Buffer.from(p);
      if (p[1] === 'x') return Buffer.of(parseInt(p.slice(2), 16));
      if (p[1] === 'u' || p[1] === 'U') return Buffer.from(String.fromCodePoint(parseInt(p.slice(2), 16)));
      return Buffer.of(plain[p[1]]);
    }),
  );
}

function corpus() {
  const vectors = JSON.parse(fs.readFileSync(path.join(TESTDATA, 'frames.json'), 'utf8'));
  const all = [...vectors.good, ...vectors.bad].map((v) => Buffer.from(v.hex, 'hex')).filter((b) => b.length < 4096);
  const found = path.join(TESTDATA, 'fuzz/FuzzDecode');
  for (const name of fs.readdirSync(found)) all.push(goBytes(path.join(found, name)));
  return all;
}

// mulberry32: a generator of 32 bits, so that a seed is a series on every machine.
function randomOf(seed) {
  let a = seed >>> 0;
  return (n) => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

const INTERESTING = [0, 1, 0x4c, 0x4d, 0x7f, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0xff];

function mutate(random, seeds) {
  let b = Buffer.from(seeds[random(seeds.length)]);
  for (let n = random(4); n >= 0; n--) {
    const at = random(b.length + 1);
    switch (random(6)) {
      case 0:
        b = Buffer.concat([b.subarray(0, at), seeds[random(seeds.length)]]);
        break;
      case 1:
        b = b.subarray(0, at);
        break;
      case 2:
        b = Buffer.concat([b.subarray(0, at), Buffer.of(random(256)), b.subarray(at)]);
        break;
      case 3:
        b = Buffer.concat([b.subarray(0, at), b.subarray(at + 1 + random(8))]);
        break;
      default:
        if (at < b.length) b[at] = random(2) ? INTERESTING[random(INTERESTING.length)] : random(256);
    }
  }
  return b;
}

function encode(m) {
  switch (m.type) {
    case frame.Type.Invoke:
      return frame.invoke(m.request, m.context, m.event);
    case frame.Type.Stop:
      return frame.stop();
    case frame.Type.Ready: // the encoder takes a value, which need not be written as it came
      return [Buffer.from([0x4c, 0x4d, 1, 0x81, 0, 0, 0, 0]), lengthOf(m.info), m.info];
    case frame.Type.Result:
      return frame.result(m.request, m.answer);
    case frame.Type.Fault: // the same of the body, which is text
      return [faultHead(m), Buffer.from(m.errorType), m.body];
    case frame.Type.Credit:
      return frame.credit(m.request, m.bytes);
    case frame.Type.Cancel:
      return frame.cancel(m.request);
    case frame.Type.Begin:
      return frame.begin(m.request, m.contentType);
    case frame.Type.Chunk:
      return frame.chunk(m.request, m.data);
    case frame.Type.End:
      return frame.end(m.request);
    default:
      return frame.log(m.request, m.level, m.text, m.record);
  }
}

function lengthOf(bytes) {
  const b = Buffer.alloc(4);
  b.writeUInt32BE(bytes.length);
  return b;
}

function header(type, request, length) {
  const h = Buffer.from([0x4c, 0x4d, 1, type, 0, 0, 0, 0, 0, 0, 0, 0]);
  h.writeUInt32BE(request, 4);
  h.writeUInt32BE(length, 8);
  return h;
}

function faultHead(m) {
  const size = Buffer.alloc(2);
  size.writeUInt16BE(m.errorType.length);
  return Buffer.concat([header(frame.Type.Fault, m.request, 2 + m.errorType.length + m.body.length), size]);
}

// decode gives the bytes of all whole frames again, and the rule that was broken after them, null where none was.
function decode(bytes, portion) {
  const again = [];
  const decoder = new frame.Decoder(EVERY, (m) => again.push(...encode(m).map((b) => Buffer.from(b))));
  let broken = null;
  try {
    for (let i = 0; i < bytes.length; i += portion) decoder.push(bytes.subarray(i, i + portion));
    decoder.end();
  } catch (e) {
    if (!(e instanceof frame.FrameError)) throw e;
    assert.ok(KINDS.has(e.code), e.code);
    broken = e.code;
  }
  return { again: Buffer.concat(again), broken };
}

function check(bytes, random) {
  const whole = decode(bytes, Math.max(bytes.length, 1));
  for (const portion of [1, 2 + random(30)])
    assert.deepEqual(decode(bytes, portion), whole, 'however the bytes arrive');
  assert.ok(bytes.subarray(0, whole.again.length).equals(whole.again), 'encoding again gives the bytes that were read');
  if (whole.broken === null) assert.equal(whole.again.length, bytes.length, 'nothing is left over');
}

function milliseconds(text) {
  const [, n, unit] = /^(\d+)(s|m)$/.exec(text);
  return Number(n) * { s: 1000, m: 60_000 }[unit];
}

test('the kept corpus is decoded or refused', () => {
  for (const bytes of corpus()) check(bytes, randomOf(1));
});

test('bytes made of the corpus are decoded or refused', (t) => {
  const seed = Number(process.env.LUMO_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 32));
  const until = process.env.FUZZTIME ? Date.now() + milliseconds(process.env.FUZZTIME) : 0;
  const random = randomOf(seed);
  const seeds = corpus();
  let n = 0;
  for (; n < 5000 || Date.now() < until; n++) {
    const bytes = mutate(random, seeds);
    try {
      check(bytes, random);
    } catch (e) {
      e.message = `LUMO_FUZZ_SEED=${seed}, input ${n}, ${bytes.toString('hex')}: ${e.message}`;
      throw e;
    }
  }
  t.diagnostic(`${n} inputs from LUMO_FUZZ_SEED=${seed}`);
});
