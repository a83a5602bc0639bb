// Certificates made on the spot, since Node reads X.509 and does not write it: an authority, and a server that it vouches
// for. DER is tags, lengths and contents (X.690); the fields are those of RFC 5280, with ECDSA on P-256.
'use strict';

const crypto = require('crypto');

function der(tag, ...contents) {
  const body = Buffer.concat(contents);
  const length = [];
  for (let n = body.length; n > 0; n >>= 8) length.unshift(n & 0xff);
  const head = body.length < 0x80 ? [body.length] : [0x80 | length.length, ...length];
  return Buffer.concat([Buffer.from([tag, ...head]), body]);
}

const sequence = (...contents) => der(0x30, ...contents);
const oid = (hex) => der(0x06, Buffer.from(hex, 'hex'));
const yes = der(0x01, Buffer.from([0xff]));
const integer = (bytes) => der(0x02, bytes);
const tagged = (number, ...contents) => der(0xa0 | number, ...contents);
const time = (date) => der(0x18, Buffer.from(`${date.toISOString().replace(/\D/g, '').slice(0, 14)}Z`));

const ecdsaWithSHA256 = sequence(oid('2a8648ce3d040302'));
const name = (text) => sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(text))))); // commonName
const extension = (id, critical, value) => sequence(oid(id), ...(critical ? [yes] : []), der(0x04, value));

const DAY_MS = 86_400_000;

// issue returns a certificate, PEM, for the subject's public key.
function issue({ subject, issuer, publicKey, signer, extensions }) {
  const serial = crypto.randomBytes(16);
  serial[0] = (serial[0] & 0x7f) | 0x40; // positive, and no byte too long
  const body = sequence(
    tagged(0, integer(Buffer.from([2]))), // version 3
    integer(serial),
    ecdsaWithSHA256,
    name(issuer),
    sequence(time(new Date(Date.now() - DAY_MS)), time(new Date(Date.now() + DAY_MS))),
    name(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(3, sequence(...extensions)),
  );
  const signature = der(0x03, Buffer.from([0]), crypto.sign('sha256', body, signer));
  const text = sequence(body, ecdsaWithSHA256, signature).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${text.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
}

// make returns { ca, cert, key }, all PEM: the authority's certificate, and a server's for the host name.
module.exports.make = (host) => {
  const authority = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const server = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = 'selfcheck authority';
  const signed = { issuer, signer: authority.privateKey };
  return {
    ca: issue({
      ...signed,
      subject: issuer,
      publicKey: authority.publicKey,
      extensions: [extension('551d13', true, sequence(yes))], // basicConstraints: an authority
    }),
    cert: issue({
      ...signed,
      subject: host,
      publicKey: server.publicKey,
      extensions: [extension('551d11', false, sequence(der(0x82, Buffer.from(host))))], // subjectAltName: a DNS name
    }),
    key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }),
  };
};
