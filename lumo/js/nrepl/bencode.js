// Bencode, the form of nREPL's messages: i42e, 3:abc, l…e, d…e.
//
// Values are strings (UTF-8 on the wire), safe integers, arrays and plain objects. true is 1; false, null and undefined are
// empty lists, as nREPL servers have it.
'use strict';

const END = 0x65; // e
const COLON = 0x3a;
const MAX_STRING = 64 * 1024 * 1024;
const MAX_DEPTH = 100;

function encodeInto(parts, value) {
  if (typeof value === 'string') {
    const bytes = Buffer.from(value);
    parts.push(Buffer.from(`${bytes.length}:`), bytes);
  } else if (Number.isSafeInteger(value)) {
    parts.push(Buffer.from(`i${value}e`));
  } else if (value === true) {
    parts.push(Buffer.from('i1e'));
  } else if (value === false || value === null || value === undefined) {
    parts.push(Buffer.from('le'));
  } else if (Array.isArray(value)) {
    parts.push(Buffer.from('l'));
    for (const item of value) encodeInto(parts, item);
    parts.push(Buffer.from('e'));
  } else if (typeof value === 'object') {
    parts.push(Buffer.from('d'));
    // The keys are in the order of their bytes.
    const keys = Object.keys(value).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    for (const key of keys) {
      encodeInto(parts, key);
      encodeInto(parts, value[key]);
    }
    parts.push(Buffer.from('e'));
  } else {
    throw new TypeError(`bencode has no form for ${typeof value} ${String(value)}`);
  }
}

function encode(value) {
  const parts = [];
  encodeInto(parts, value);
  return Buffer.concat(parts);
}

// Short is thrown where the bytes end within a value.
class Short extends Error {}

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  peek() {
    if (this.at >= this.bytes.length) throw new Short();
    return this.bytes[this.at];
  }

  digits(end) {
    const stop = this.bytes.indexOf(end, this.at);
    // No number that means something has more than 16 digits and a sign.
    const text = this.bytes.toString('latin1', this.at, stop < 0 ? this.bytes.length : stop);
    if (text.length > 17 || !/^-?\d*$/.test(text))
      throw new Error(`bencode: ${JSON.stringify(text.slice(0, 20))} is no number`);
    if (stop < 0) throw new Short();
    if (!/^-?\d+$/.test(text)) throw new Error(`bencode: ${JSON.stringify(text)} is no number`);
    this.at = stop + 1;
    const number = Number(text);
    if (!Number.isSafeInteger(number)) throw new Error(`bencode: ${text} is too large`);
    return number;
  }

  string() {
    const length = this.digits(COLON);
    if (length < 0 || length > MAX_STRING) throw new Error(`bencode: a string cannot be ${length} bytes long`);
    const end = this.at + length;
    if (end > this.bytes.length) throw new Short();
    const text = this.bytes.toString('utf8', this.at, end);
    this.at = end;
    return text;
  }

  value(depth = 0) {
    if (depth > MAX_DEPTH) throw new Error('bencode: lists or dictionaries are nested too deeply');
    switch (String.fromCharCode(this.peek())) {
      case 'i':
        this.at++;
        return this.digits(END);
      case 'l': {
        this.at++;
        const list = [];
        while (this.peek() !== END) list.push(this.value(depth + 1));
        this.at++;
        return list;
      }
      case 'd': {
        this.at++;
        const entries = [];
        while (this.peek() !== END) entries.push([this.string(), this.value(depth + 1)]);
        this.at++;
        return Object.fromEntries(entries);
      }
      default:
        return this.string();
    }
  }
}

// Decoder takes bytes as they come, and calls onValue with each value that they complete. It throws where they are no bencode.
class Decoder {
  #pending = Buffer.alloc(0);
  #onValue;

  constructor(onValue) {
    this.#onValue = onValue;
  }

  // pending is what has come of a value that is not complete yet.
  get pending() {
    return this.#pending;
  }

  push(bytes) {
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    while (this.#pending.length > 0) {
      const reader = new Reader(this.#pending);
      let value;
      try {
        value = reader.value();
      } catch (e) {
        if (e instanceof Short) return;
        throw e;
      }
      this.#pending = this.#pending.subarray(reader.at);
      this.#onValue(value);
    }
  }
}

module.exports = { encode, Decoder };
