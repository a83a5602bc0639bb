// The frames between lumo and its parent; the layout is in ARCHITECTURE.md, the vectors in lumoproc/testdata/frames.json.
//
//   offset  size  field
//   0       2     magic "LM"
//   2       1     version
//   3       1     type
//   4       4     request, big endian
//   8       4     length of the payload, big endian
//   12      …     payload
'use strict';

const MAGIC = 0x4c4d;
const VERSION = 1;
const HEADER_SIZE = 12;
const MAX_PAYLOAD = 16 * 1024 * 1024;

const Type = Object.freeze({
  Invoke: 0x01,
  Stop: 0x02,
  Credit: 0x03,
  Cancel: 0x04,
  Ready: 0x81,
  Result: 0x82,
  Fault: 0x83,
  Log: 0x84,
  Begin: 0x85,
  Chunk: 0x86,
  End: 0x87,
});
const COMMANDS = new Set([Type.Invoke, Type.Stop, Type.Credit, Type.Cancel]);
const REPORTS = new Set([Type.Ready, Type.Result, Type.Fault, Type.Log, Type.Begin, Type.Chunk, Type.End]);

const PRINTABLE = /^[\x20-\x7e]*$/;

const Level = Object.freeze({ trace: 1, debug: 2, info: 3, warn: 4, error: 5, fatal: 6 });

// FrameError says what is wrong with the bytes; code is one of magic, version, type, length, truncated, payload.
class FrameError extends Error {
  constructor(code, message) {
    super(message);
    this.name = 'FrameError';
    this.code = code;
  }
}

function header(type, request, length) {
  if (length > MAX_PAYLOAD) {
    throw new FrameError('length', `a payload of ${length} bytes is over the limit of ${MAX_PAYLOAD}`);
  }
  const h = Buffer.allocUnsafe(HEADER_SIZE);
  h.writeUInt16BE(MAGIC, 0);
  h[2] = VERSION;
  h[3] = type;
  h.writeUInt32BE(request, 4);
  h.writeUInt32BE(length, 8);
  return h;
}

// Each encoder returns the list of buffers that make the frame, for one gathering write; the payload is not copied.

function ready(info) {
  const body = Buffer.from(JSON.stringify(info));
  return [header(Type.Ready, 0, body.length), body];
}

function result(request, bytes) {
  return [header(Type.Result, request, bytes.length), bytes];
}

// fault takes the error type and the error JSON as text. A program can call its errors anything: what the header cannot carry
// of the type (it is printable ASCII, and short) is replaced or cut; the JSON has it whole.
function fault(request, type, json) {
  const name = Buffer.from(type.slice(0, 255).replace(/[^\x20-\x7e]/g, '?'), 'latin1');
  const body = Buffer.from(json);
  const size = Buffer.allocUnsafe(2);
  size.writeUInt16BE(name.length, 0);
  return [header(Type.Fault, request, 2 + name.length + body.length), size, name, body];
}

// RECORD is added to the level of a Log whose text is a JSON object.
const RECORD = 0x80;

function log(request, level, text, record = false) {
  const body = Buffer.from(text);
  return [header(Type.Log, request, 1 + body.length), Buffer.of(record ? level | RECORD : level), body];
}

function invoke(request, context, event) {
  const meta = Buffer.from(context);
  const size = Buffer.allocUnsafe(4);
  size.writeUInt32BE(meta.length, 0);
  return [header(Type.Invoke, request, 4 + meta.length + event.length), size, meta, event];
}

function stop() {
  return [header(Type.Stop, 0, 0)];
}

function credit(request, bytes) {
  const size = Buffer.allocUnsafe(4);
  size.writeUInt32BE(bytes, 0);
  return [header(Type.Credit, request, 4), size];
}

function cancel(request) {
  return [header(Type.Cancel, request, 0)];
}

// begin takes a content type that is printable ASCII; lumo.lambda.stream sees to that.
function begin(request, contentType) {
  const text = Buffer.from(contentType, 'latin1');
  return [header(Type.Begin, request, text.length), text];
}

function chunk(request, bytes) {
  return [header(Type.Chunk, request, bytes.length), bytes];
}

function end(request) {
  return [header(Type.End, request, 0)];
}

// parseHeader reads and checks the 12 bytes at offset; types is the set that may come from this side.
function parseHeader(bytes, offset, types) {
  if (bytes.readUInt16BE(offset) !== MAGIC) {
    const got = bytes.subarray(offset, offset + 2).toString('hex');
    throw new FrameError('magic', `expected a frame, got bytes ${got}: something else writes to this descriptor`);
  }
  if (bytes[offset + 2] !== VERSION) {
    throw new FrameError('version', `frame version ${bytes[offset + 2]}, this side speaks ${VERSION}`);
  }
  const type = bytes[offset + 3];
  if (!types.has(type)) throw new FrameError('type', `unexpected frame type 0x${type.toString(16).padStart(2, '0')}`);
  const length = bytes.readUInt32BE(offset + 8);
  if (length > MAX_PAYLOAD) {
    throw new FrameError('length', `a payload of ${length} bytes is over the limit of ${MAX_PAYLOAD}`);
  }
  return { type, request: bytes.readUInt32BE(offset + 4), length };
}

function need(ok, what) {
  if (!ok) throw new FrameError('payload', what);
}

function isJsonObject(bytes) {
  try {
    const value = JSON.parse(bytes.toString());
    return value !== null && typeof value === 'object' && !Array.isArray(value);
  } catch {
    return false; // what is not JSON is not a JSON object
  }
}

// message turns a frame into what it says. The byte fields are views of the payload.
function message({ type, request }, payload) {
  switch (type) {
    case Type.Invoke: {
      need(request > 0, 'an Invoke without a request number');
      need(payload.length >= 4, 'an Invoke shorter than its context length');
      const size = payload.readUInt32BE(0);
      need(4 + size <= payload.length, 'an Invoke whose context is longer than the frame');
      return { type, request, context: payload.subarray(4, 4 + size), event: payload.subarray(4 + size) };
    }
    case Type.Stop:
      need(request === 0 && payload.length === 0, 'a Stop with a request or a payload');
      return { type, request };
    case Type.Credit:
      need(request > 0 && payload.length === 4 && payload.readUInt32BE(0) > 0, 'a Credit that is no number of bytes');
      return { type, request, bytes: payload.readUInt32BE(0) };
    case Type.Cancel:
    case Type.End:
      need(request > 0 && payload.length === 0, 'a Cancel or End without a request, or with a payload');
      return { type, request };
    case Type.Begin: {
      const contentType = payload.toString('latin1');
      need(request > 0 && PRINTABLE.test(contentType), 'a Begin whose content type is not printable ASCII');
      return { type, request, contentType };
    }
    case Type.Chunk:
      need(request > 0, 'a Chunk without a request number');
      return { type, request, data: payload };
    case Type.Ready:
      need(request === 0, 'a Ready with a request number');
      need(isJsonObject(payload), 'a Ready that is not a JSON object');
      return { type, request, info: payload };
    case Type.Result:
      need(request > 0, 'a Result without a request number');
      return { type, request, answer: payload };
    case Type.Fault: {
      need(payload.length >= 2, 'a Fault shorter than its type length');
      const size = payload.readUInt16BE(0);
      need(2 + size <= payload.length, 'a Fault whose type is longer than the frame');
      const errorType = payload.toString('latin1', 2, 2 + size);
      need(PRINTABLE.test(errorType), 'a Fault whose type is not printable ASCII');
      return { type, request, errorType, body: payload.subarray(2 + size) };
    }
    default: {
      need(payload.length >= 1, 'a Log without a level');
      const level = payload[0] & ~RECORD;
      const record = (payload[0] & RECORD) !== 0;
      need(level >= Level.trace && level <= Level.fatal, `log level ${payload[0]}`);
      const text = payload.subarray(1);
      need(!record || isJsonObject(text), 'a record that is not a JSON object');
      return { type, request, level, record, text };
    }
  }
}

// Decoder takes bytes in any portions and calls onMessage for each whole frame. A frame that arrives whole in one portion is
// not copied; the payload of one that does not is gathered into a single buffer of its size.
class Decoder {
  #types;
  #onMessage;
  #head = Buffer.alloc(HEADER_SIZE);
  #headSize = 0;
  #frame = null; // header of the frame whose payload is being gathered
  #payload = null;
  #filled = 0;

  constructor(types, onMessage) {
    this.#types = types;
    this.#onMessage = onMessage;
  }

  push(bytes) {
    let at = 0;
    while (at < bytes.length || (this.#frame && this.#frame.length === this.#filled)) {
      if (!this.#frame) {
        const take = Math.min(HEADER_SIZE - this.#headSize, bytes.length - at);
        bytes.copy(this.#head, this.#headSize, at, at + take);
        this.#headSize += take;
        at += take;
        if (this.#headSize < HEADER_SIZE) return;
        this.#headSize = 0;
        this.#frame = parseHeader(this.#head, 0, this.#types);
        this.#filled = 0;
        if (this.#frame.length > bytes.length - at) this.#payload = Buffer.allocUnsafe(this.#frame.length);
      }
      const { length } = this.#frame;
      let payload;
      if (this.#payload) {
        const take = Math.min(length - this.#filled, bytes.length - at);
        bytes.copy(this.#payload, this.#filled, at, at + take);
        this.#filled += take;
        at += take;
        if (this.#filled < length) return;
        payload = this.#payload;
      } else {
        payload = bytes.subarray(at, at + length);
        at += length;
      }
      const frame = this.#frame;
      this.#frame = null;
      this.#payload = null;
      this.#filled = 0;
      this.#onMessage(message(frame, payload));
    }
  }

  // end is called at end of input: an unfinished frame there is an error.
  end() {
    if (this.#frame || this.#headSize > 0) throw new FrameError('truncated', 'the input ended inside a frame');
  }
}

module.exports = {
  Type,
  Level,
  COMMANDS,
  REPORTS,
  MAX_PAYLOAD,
  FrameError,
  Decoder,
  ready,
  result,
  fault,
  log,
  invoke,
  stop,
  credit,
  cancel,
  begin,
  chunk,
  end,
};
