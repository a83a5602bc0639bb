// The streamed answer of one request: what is written to it leaves as Chunk frames, no faster than bootstrap gives credit.
//
// A function gets it as `out`, and it is a Writable like any other of Node's: write() says false when it should wait for
// 'drain', pipe() and pipeline() do so by themselves. Nothing is sent before the first byte, so that until then the request
// can still end in an ordinary error.
'use strict';

const { Writable } = require('stream');
const frame = require('./frame.js');

// As many bytes may be on their way before any Credit has come: StreamWindow in lumoproc/stream.go.
const WINDOW = 256 * 1024;
// The most that one Chunk carries.
const CHUNK = 64 * 1024;
const HTTP = 'application/vnd.awslambda.http-integration-response';
const PRINTABLE = /^[\x20-\x7e]*$/;

class Answer extends Writable {
  #channel;
  #request;
  #credit = WINDOW;
  #begun = false;
  #contentType = 'application/octet-stream';
  #prelude = null;
  #left = null; // buffers that wait for credit
  #callback = null; // of the write that they are of

  constructor(channel, request) {
    super({ highWaterMark: CHUNK, autoDestroy: false });
    this.#channel = channel;
    this.#request = request;
  }

  // begun says whether a byte has left.
  get begun() {
    return this.#begun;
  }

  // setContentType is for what is no HTTP response. It comes before the first byte.
  setContentType(type) {
    this.#mayChange('the content type');
    if (!PRINTABLE.test(type)) throw new TypeError(`a content type is printable ASCII, not ${JSON.stringify(type)}`);
    this.#contentType = type;
  }

  // setResponse makes the answer an HTTP response: { statusCode, headers, cookies }. It comes before the first byte.
  setResponse(response) {
    this.#mayChange('the HTTP response');
    this.#contentType = HTTP;
    // Eight NULs end it; JSON holds none.
    this.#prelude = Buffer.concat([Buffer.from(JSON.stringify(response)), Buffer.alloc(8)]);
  }

  #mayChange(what) {
    if (this.#begun) throw new Error(`${what} comes too late: the answer has begun`);
  }

  // begin sends the head. An answer that ends empty has one too; its End is for the owner of the request to send.
  begin() {
    if (this.#begun) return;
    this.#begun = true;
    this.#channel.send(frame.begin(this.#request, this.#contentType));
  }

  _final(callback) {
    if (!this.#begun && this.#prelude) this._writev([], callback);
    else callback();
  }

  _write(chunk, encoding, callback) {
    this._writev([{ chunk, encoding }], callback);
  }

  _writev(items, callback) {
    this.#left = items.map(({ chunk, encoding }) => (typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk));
    if (!this.#begun && this.#prelude) this.#left.unshift(this.#prelude);
    this.#callback = callback;
    this.#pump();
  }

  // grant takes credit.
  grant(bytes) {
    this.#credit += bytes;
    if (this.#left) {
      this.#channel.stalled(false);
      this.#pump();
    }
  }

  #pump() {
    this.begin();
    while (this.#left.length > 0) {
      const first = this.#left[0];
      const piece = first.subarray(0, Math.min(first.length, this.#credit, CHUNK));
      if (piece.length > 0) this.#channel.send(frame.chunk(this.#request, piece));
      this.#credit -= piece.length;
      if (piece.length === first.length) this.#left.shift();
      else this.#left[0] = first.subarray(piece.length);
      if (this.#credit === 0 && this.#left.length > 0) {
        this.#channel.stalled(true); // the credit that comes is what goes on, though nothing else of the function's may
        return;
      }
    }
    const callback = this.#callback;
    this.#left = null;
    this.#callback = null;
    callback();
  }

  _destroy(error, callback) {
    if (this.#left) {
      this.#channel.stalled(false);
      const waiting = this.#callback;
      this.#left = null;
      this.#callback = null;
      waiting(error || new Error('the answer is over'));
    }
    callback(error);
  }
}

module.exports = { Answer, WINDOW };
