// TLS and HTTP, server and client in this process, over loopback.
'use strict';

const assert = require('assert');
const crypto = require('crypto');
const http = require('http');
const http2 = require('http2');
const tls = require('tls');
const certificate = require('./certificate.js');

const HOST = 'server.test';

function listening(server) {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', () => resolve(server.address().port));
  });
}

// handshake connects as a client and returns the protocol, or rejects as the verification does.
function handshake(port, options) {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ port, host: '127.0.0.1', servername: HOST, ...options }, () => {
      assert.equal(socket.authorized, true);
      resolve(socket.getProtocol());
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

async function verification() {
  const { ca, cert, key } = certificate.make(HOST);
  const server = tls.createServer({ cert, key });
  server.on('tlsClientError', () => {}); // the clients below that must refuse it
  const port = await listening(server);
  try {
    const protocols = [];
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
      protocols.push(await handshake(port, { ca, maxVersion }));
    }
    assert.deepEqual(protocols, ['TLSv1.2', 'TLSv1.3']);
    await assert.rejects(handshake(port, {}), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
    await assert.rejects(handshake(port, { ca, servername: 'other.test' }), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    return protocols.join(', ');
  } finally {
    server.close();
  }
}

function roots() {
  assert.ok(tls.rootCertificates.length > 100, `${tls.rootCertificates.length} roots`);
  for (const pem of tls.rootCertificates) assert.ok(new crypto.X509Certificate(pem).subject);
  tls.createSecureContext();
  return `${tls.rootCertificates.length} certificates`;
}

async function fetching() {
  const body = crypto.randomBytes(4 << 20);
  const server = http.createServer((request, response) => {
    if (request.method === 'POST') request.pipe(response);
    else response.end(body);
  });
  const url = `http://127.0.0.1:${await listening(server)}/`;
  try {
    const got = Buffer.from(await (await fetch(url)).arrayBuffer());
    assert.ok(got.equals(body), 'the body came back changed');
    const echoed = await fetch(url, { method: 'POST', body: 'λ' });
    assert.equal(await echoed.text(), 'λ');
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function secondVersion() {
  const { ca, cert, key } = certificate.make(HOST);
  const server = http2.createSecureServer({ cert, key });
  server.on('stream', (stream) => stream.end('second'));
  const port = await listening(server);
  const client = http2.connect(`https://127.0.0.1:${port}`, { ca, servername: HOST });
  try {
    const text = await new Promise((resolve, reject) => {
      client.once('error', reject);
      const parts = [];
      const stream = client.request({ ':path': '/' });
      stream.on('data', (part) => parts.push(part));
      stream.on('end', () => resolve(Buffer.concat(parts).toString()));
      stream.on('error', reject);
    });
    assert.equal(text, 'second');
  } finally {
    client.destroy();
    server.close();
  }
}

module.exports = [
  ['TLS with verification, and refusal of who cannot be verified', verification],
  ['roots of certification are inside', roots],
  ['fetch from an HTTP server on loopback', fetching],
  ['HTTP/2 over TLS', secondVersion],
];
