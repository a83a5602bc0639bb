// The stand-ins in this process: building first, then not.
'use strict';

const test = require('node:test');
const assert = require('node:assert/strict');
const http = require('http');
const builtins = require('./builtins.js');

const modules = builtins.standIns(JSON.parse(JSON.stringify(builtins.describe())));

function whileBuilding(f) {
  builtins.build(true);
  try {
    return f();
  } finally {
    builtins.build(false);
  }
}

test('constants are there while building', () => {
  whileBuilding(() => {
    assert.equal(modules.get('http2').constants.HTTP2_HEADER_STATUS, ':status');
    assert.ok(modules.get('http').METHODS.includes('GET'));
  });
});

test('a function that was taken while building is the real one afterwards', () => {
  const { validateHeaderName } = whileBuilding(() => modules.get('http'));
  const taken = whileBuilding(() => modules.get('http').validateHeaderName);
  assert.throws(() => taken('not a name'), { code: 'ERR_INVALID_HTTP_TOKEN' });
  assert.equal(validateHeaderName, http.validateHeaderName);
});

test('an object that was made while building becomes one when it is used', () => {
  const { Agent } = whileBuilding(() => ({ Agent: modules.get('http').Agent }));
  const agent = whileBuilding(() => {
    const made = new Agent({ maxSockets: 7 });
    made.label = 'mine';
    assert.ok(!(undefined instanceof Agent));
    return made;
  });
  assert.equal(agent.maxSockets, 7);
  assert.equal(agent.label, 'mine');
  assert.ok(agent instanceof http.Agent);
  assert.ok(agent instanceof Agent);
  assert.ok(new Agent() instanceof http.Agent);
  assert.equal(agent.getName({ host: 'a', port: 1 }), 'a:1:');
});

test('what needs an outcome at once is refused, and remembered where the error is caught', () => {
  const before = builtins.refusals.length;
  whileBuilding(() => {
    assert.throws(
      () => modules.get('http').get('http://127.0.0.1:1/'),
      /^Error: http.get is used while the function is loaded/,
    );
    const agent = new (modules.get('https').Agent)();
    assert.throws(() => agent.maxSockets, /new https.Agent\(\).maxSockets is used/);
  });
  assert.equal(builtins.refusals.length, before + 2);
});

test('a file that is asked for while building is read afterwards', async () => {
  let done = false;
  const text = whileBuilding(() => modules.get('fs/promises').readFile(__filename, 'utf8'));
  const seen = text.then((t) => {
    done = true;
    return t;
  });
  await new Promise(setImmediate);
  assert.equal(done, false);
  builtins.goOn();
  assert.match(await seen, /The stand-ins in this process/);
});

test('methods of the global crypto, bound while building, work afterwards', () => {
  const bound = whileBuilding(() => {
    const crypto = modules.get(builtins.WEB_CRYPTO);
    assert.equal(typeof crypto.subtle.digest, 'function');
    return crypto.randomUUID.bind(crypto);
  });
  assert.match(bound(), /^[0-9a-f]{8}-/);
});
