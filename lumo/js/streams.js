// process.stdout and process.stderr of a function: what is written to them becomes log records of the request that wrote it.
//
// Libraries that log (pino, winston, debug) write to these streams and not to the console. Left alone, they would write to
// descriptors 1 and 2, asynchronously: the text would reach the log without its request, perhaps after the answer, and what is
// pending at process.exit would be lost.
'use strict';

const { StringDecoder } = require('string_decoder');

// route has print called with each text written to the stream called name ("stdout" or "stderr"). The stream itself is made
// when it is first asked for, as Node does it.
function route(name, print) {
  const original = Object.getOwnPropertyDescriptor(process, name).get;
  let stream;
  Object.defineProperty(process, name, {
    configurable: true,
    enumerable: true,
    get() {
      if (!stream) {
        stream = original.call(process);
        stream.write = writer(print);
      }
      return stream;
    },
  });
}

// writer is a write method of a stream: (chunk, [encoding], [callback]).
function writer(print) {
  const decoder = new StringDecoder('utf8'); // a character may be cut between two chunks of bytes
  return (chunk, encoding, callback) => {
    print(
      typeof chunk === 'string' ? chunk : decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)),
    );
    const done = typeof encoding === 'function' ? encoding : callback;
    if (done) process.nextTick(done);
    return true;
  };
}

module.exports = { route, writer };
