// Look-ups of names and users: where a C library that is linked statically and loads modules at run time breaks.
'use strict';

const assert = require('assert');
const dgram = require('dgram');
const dns = require('dns');
const fs = require('fs');
const os = require('os');

// outcome is what a look-up came to: addresses, or the code of an error that the resolver itself reports.
async function outcome(promise) {
  try {
    return await promise;
  } catch (error) {
    if (error.syscall === 'getaddrinfo' || error.syscall === 'getnameinfo') return error.code;
    throw error;
  }
}

async function lookup(name) {
  const found = await outcome(dns.promises.lookup(name, { all: true }));
  return typeof found === 'string' ? found : found.map((a) => a.address).join(' ');
}

// hostsNames tells whether the machine's own table has the name; without one, only a server could know it.
function hostsNames(name) {
  if (!fs.existsSync('/etc/hosts')) return false;
  const lines = fs.readFileSync('/etc/hosts', 'utf8').split('\n');
  return lines.some((line) => line.replace(/#.*/, '').trim().split(/\s+/).slice(1).includes(name));
}

async function getaddrinfo() {
  const missing = ['one', 'two', 'three', 'four'].map((name) => `${name}.no-such-host.invalid`);
  const [four, six, local, again, service, ...none] = await Promise.all([
    lookup('127.0.0.1'),
    lookup('::1'),
    lookup('localhost'),
    lookup('localhost'),
    outcome(dns.promises.lookupService('127.0.0.1', 443)),
    ...missing.map(lookup),
  ]);
  assert.equal(four, '127.0.0.1');
  assert.equal(six, '::1');
  assert.equal(local, again);
  if (hostsNames('localhost')) assert.match(local, /127\.0\.0\.1|::1/);
  for (const answer of none) assert.match(answer, /^E[A-Z_]+$/, 'a name that cannot exist was found');
  return `localhost is ${local}, 127.0.0.1 is ${service.hostname ?? service}, a name that cannot exist ${none[0]}`;
}

// reply answers a DNS query: with the address 127.0.0.1, or that there is no such name.
function reply(query, found) {
  const question = query.subarray(12, query.indexOf(0, 12) + 5); // the name, its type and its class
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(found ? 0x8180 : 0x8183, 2); // an answer, recursion was available; code 3: no such name
  header.writeUInt16BE(found ? 1 : 0, 6);
  header.fill(0, 8);
  const answer = Buffer.from('c00c00010001000000000004' + '7f000001', 'hex'); // the question's name: A, IN, 0 s, 4 bytes
  return Buffer.concat([header, question, ...(found ? [answer] : [])]);
}

async function cAres() {
  const server = dgram.createSocket('udp4');
  await new Promise((resolve, reject) => server.once('error', reject).bind(0, '127.0.0.1', resolve));
  server.on('message', (query, from) => server.send(reply(query, query.includes('here')), from.port, from.address));
  const resolver = new dns.promises.Resolver({ timeout: 5000, tries: 1 });
  resolver.setServers([`127.0.0.1:${server.address().port}`]);
  try {
    assert.deepEqual(await resolver.resolve4('here.test'), ['127.0.0.1']);
    await assert.rejects(resolver.resolve4('gone.test'), { code: 'ENOTFOUND' });
  } finally {
    server.close();
  }
}

function user() {
  try {
    return `uid ${os.userInfo().uid} is ${os.userInfo().username}`;
  } catch (error) {
    if (error.syscall !== 'uv_os_get_passwd') throw error;
    return `uid ${process.getuid()} has no entry`;
  }
}

module.exports = [
  ['getaddrinfo and getnameinfo, several at once in the thread pool', getaddrinfo],
  ['c-ares asks a name server on loopback', cAres],
  ['getpwuid', user],
];
