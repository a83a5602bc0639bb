// The child's side of the conversation with bootstrap: claims the two protocol descriptors, reads commands, writes reports.
//
// Lifecycle: claim() once, before any user code is loaded. From then on descriptors 0, 1 and 2 are ordinary ones: 0 is
// /dev/null, 1 is the same pipe as 2, the log. A console.log, a native write to 1 or a grandchild that inherits stdout lands
// in the log, by construction. The frames travel on two private close-on-exec descriptors that only this file knows.
'use strict';

const fs = require('fs');
const frame = require('./frame.js');

const READ_SIZE = 64 * 1024;

// Node has no dup2, but a pipe can be opened again through /proc, and POSIX open gives the lowest free number: so each number
// is closed and taken again at once. Nothing else opens files at this moment: user code is not loaded, no work is queued.
function claim() {
  const { O_RDONLY, O_WRONLY } = fs.constants;
  const reports = reopen(1, O_WRONLY);
  const commands = reopen(0, O_RDONLY);
  retake(1, '/proc/self/fd/2', O_WRONLY);
  retake(0, '/dev/null', O_RDONLY);
  return { commands, reports };
}

// reopen opens a descriptor again as a private one. A terminal or a pipe can be, a socket (what Node gives its children) cannot.
function reopen(number, flags) {
  try {
    return fs.openSync(`/proc/self/fd/${number}`, flags);
  } catch (cause) {
    throw new Error(
      `descriptor ${number} cannot be opened again (${cause.code}): lumo --lambda is for bootstrap, which starts it over pipes`,
    );
  }
}

function retake(number, path, flags) {
  fs.closeSync(number);
  const got = fs.openSync(path, flags);
  if (got !== number) throw new Error(`bug: opened ${path} as descriptor ${got}, not ${number}`);
}

// writeAll writes a frame whole. The descriptor is blocking and the parent always reads, so a frame is never left half
// written, also when the process is about to exit.
function writeAll(fd, buffers) {
  let left = buffers;
  while (left.length > 0) {
    let n = fs.writevSync(fd, left);
    while (left.length > 0 && n >= left[0].length) {
      n -= left[0].length;
      left = left.slice(1);
    }
    if (n > 0) left = [left[0].subarray(n), ...left.slice(1)];
  }
}

class Channel {
  #reports;
  #socket = null;
  #commands;
  #working = false;
  #stalled = 0; // answers that wait for credit

  constructor({ commands, reports }) {
    this.#commands = commands;
    this.#reports = reports;
  }

  send(buffers) {
    writeAll(this.#reports, buffers);
  }

  // listen calls onMessage for each command, and onEnd when bootstrap closes its end or dies. A command that is no frame is a
  // bug of bootstrap's or of the pipe's: there is nobody left to tell, so it ends the process with the reason on stderr.
  listen(onMessage, onEnd) {
    const net = require('net');
    const decoder = new frame.Decoder(frame.COMMANDS, onMessage);
    this.#socket = new net.Socket({
      fd: this.#commands,
      readable: true,
      writable: false,
      onread: {
        buffer: Buffer.allocUnsafeSlow(READ_SIZE),
        callback: (n, buffer) => {
          decoder.push(buffer.subarray(0, n));
          return true;
        },
      },
    });
    this.#socket.on('end', onEnd);
    this.#socket.on('error', onEnd);
    this.#socket.resume();
  }

  // While a handler works, only its own handles keep the process alive: if none is left and it has not answered, it never
  // will, and Node says so ('beforeExit') instead of waiting for the deadline.
  working(yes) {
    this.#working = yes;
    this.#hold();
  }

  // An answer that waits for credit is kept waiting by bootstrap, not by its handler.
  stalled(yes) {
    this.#stalled += yes ? 1 : -1;
    this.#hold();
  }

  #hold() {
    if (this.#working && this.#stalled === 0) this.#socket.unref();
    else this.#socket.ref();
  }
}

module.exports = { claim, Channel };
