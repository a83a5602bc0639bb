// Cryptography against known values, and compression there and back.
'use strict';

const assert = require('assert');
const crypto = require('crypto');
const util = require('util');
const zlib = require('zlib');

const hex = (algorithm, text) => crypto.createHash(algorithm).update(text).digest('hex');

function hashes() {
  // FIPS 180-4's and RFC 1321's examples.
  assert.equal(hex('sha256', 'abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  assert.equal(hex('md5', 'abc'), '900150983cd24fb0d6963f7d28e17f72');
  assert.equal(crypto.createHmac('sha256', 'k').update('abc').digest().length, 32);
  // OpenSSL keeps this one in a module of its own, a file to be loaded: an error, not a crash.
  assert.throws(() => crypto.createHash('whirlpool'));
}

async function signatures() {
  const generate = util.promisify(crypto.generateKeyPair);
  for (const [type, options, digest] of [
    ['ed25519', {}, null],
    ['ec', { namedCurve: 'P-384' }, 'sha384'],
    ['rsa', { modulusLength: 2048 }, 'sha256'],
  ]) {
    const { publicKey, privateKey } = await generate(type, options);
    const signature = crypto.sign(digest, Buffer.from('text'), privateKey);
    assert.ok(crypto.verify(digest, Buffer.from('text'), publicKey, signature), type);
    assert.ok(!crypto.verify(digest, Buffer.from('next'), publicKey, signature), type);
  }
}

async function derivedKeys() {
  // RFC 7914's and RFC 6070's first vectors.
  const scrypt = await util.promisify(crypto.scrypt)('', '', 64, { N: 16, r: 1, p: 1 });
  assert.match(scrypt.toString('hex'), /^77d6576238657b203b19ca42c18a0497/);
  const pbkdf2 = await util.promisify(crypto.pbkdf2)('password', 'salt', 1, 20, 'sha1');
  assert.equal(pbkdf2.toString('hex'), '0c60c80f961f0e71f3a9b524af6012062fe037a6');
}

function random() {
  const drawn = new Set();
  for (let i = 0; i < 100; i++) drawn.add(crypto.randomUUID()).add(crypto.randomBytes(16).toString('hex'));
  assert.equal(drawn.size, 200);
}

async function webCrypto() {
  const { subtle } = globalThis.crypto;
  const key = await subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  const algorithm = { name: 'AES-GCM', iv: crypto.getRandomValues(new Uint8Array(12)) };
  const sealed = await subtle.encrypt(algorithm, key, Buffer.from('text'));
  assert.equal(Buffer.from(await subtle.decrypt(algorithm, key, sealed)).toString(), 'text');
}

async function compression() {
  const text = Buffer.from('ClojureScript '.repeat(10_000));
  for (const [pack, unpack] of [
    [zlib.gzip, zlib.gunzip],
    [zlib.deflateRaw, zlib.inflateRaw],
    [zlib.brotliCompress, zlib.brotliDecompress],
    [zlib.zstdCompress, zlib.zstdDecompress],
  ]) {
    const packed = await util.promisify(pack)(text);
    assert.ok(packed.length < text.length / 10, pack.name);
    assert.ok((await util.promisify(unpack)(packed)).equals(text), pack.name);
  }
}

module.exports = [
  ['hashes', hashes],
  ['keys, signatures and their verification', signatures],
  ['scrypt and PBKDF2 in the thread pool', derivedKeys],
  ['randomUUID and randomBytes', random],
  ['Web Crypto', webCrypto],
  ['gzip, deflate, brotli and zstd, there and back', compression],
];
