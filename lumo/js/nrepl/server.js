// The nREPL server's connections: bencode over TCP, and a thread beside it that minds them while code runs (minder.js), so that
// an evaluation that never pauses can be interrupted, and one that waits for input can get it.
//
// The thread cannot be the server itself: in a process that was started from a snapshot, a thread that loads net ends in an
// assertion of Node's. It reads the sockets by their descriptors, without blocking, and only while code has run for a while;
// what it reads comes here before this thread reads on.
'use strict';

const net = require('net');
const { Worker, MessageChannel, receiveMessageOnPort } = require('worker_threads');
const { Decoder, encode } = require('./bencode.js');
const { RUNNING, MINDING, COUNT, OURS, SIZE } = require('./shared.js');

class Server {
  #shared = new Int32Array(new SharedArrayBuffer(SIZE * 4));
  #connections = new Map(); // number -> {socket, decoder}
  #count = 0;
  #onMessage;
  #port;
  #minder;
  #server;

  // onMessage(connection, message) is called with each message, in the order in which they came.
  constructor(minderText, onMessage) {
    this.#onMessage = onMessage;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#minder = new Worker(minderText, {
      eval: true,
      workerData: { shared: this.#shared, port: port2 },
      transferList: [port2],
    });
    this.#minder.unref();
    this.#port.unref();
    this.#server = net.createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  // listen calls onListening(host, port), or onFailure(error).
  listen(host, port, onListening, onFailure) {
    this.#server.on('error', onFailure);
    this.#server.listen(port, host, () => {
      const at = this.#server.address();
      onListening(at.address, at.port);
    });
  }

  // unref has the server and its connections not keep the process alive.
  unref() {
    this.#server.unref();
    this.#server.on('connection', (socket) => socket.unref());
  }

  #accept(socket) {
    const connection = ++this.#count;
    const decoder = new Decoder((message) => this.#onMessage(connection, message));
    this.#connections.set(connection, { socket, decoder });
    // A private field of Node's; without it nothing could be interrupted, which nrepl.txtar would tell.
    this.#port.postMessage({ opened: connection, fd: socket._handle.fd });
    socket.on('data', (bytes) => this.#receive(connection, bytes));
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => {
      this.#connections.delete(connection);
      this.#port.postMessage({ closed: connection });
    });
  }

  #receive(connection, bytes) {
    const known = this.#connections.get(connection);
    if (!known) return;
    try {
      known.decoder.push(bytes);
    } catch (e) {
      known.socket.destroy(e); // not a client of ours
    }
  }

  send(connection, message) {
    this.#connections.get(connection)?.socket.write(encode(message));
  }

  // names has the minder know a session by its id, which messages carry, and by its number, from 1.
  name(session, number) {
    this.#port.postMessage({ session, number });
  }

  // running says that code of the session of that number runs from now on; 0: that none does.
  running(number) {
    if (number > 0) {
      for (const [connection, { decoder }] of this.#connections) {
        if (decoder.pending.length > 0) this.#port.postMessage({ begun: connection, bytes: decoder.pending });
      }
    }
    // What ended the code before by a SIGINT of ours has taken that: the next one is somebody else's.
    if (number > 0) Atomics.store(this.#shared, OURS, 0);
    Atomics.store(this.#shared, RUNNING, number);
    Atomics.notify(this.#shared, RUNNING);
    if (number > 0) return;
    while (Atomics.load(this.#shared, MINDING) === 1) Atomics.wait(this.#shared, MINDING, 1);
    queueMicrotask(() => this.take());
  }

  // take has onMessage called with what the minder has read.
  take() {
    for (let got = receiveMessageOnPort(this.#port); got; got = receiveMessageOnPort(this.#port)) {
      this.#receive(got.message.connection, Buffer.from(got.message.bytes));
    }
  }

  // wait takes what the minder has read, or waits for it to read something.
  wait() {
    const before = Atomics.load(this.#shared, COUNT);
    let got = false;
    for (let next = receiveMessageOnPort(this.#port); next; next = receiveMessageOnPort(this.#port)) {
      got = true;
      this.#receive(next.message.connection, Buffer.from(next.message.bytes));
    }
    if (!got) Atomics.wait(this.#shared, COUNT, before);
  }

  // ours tells of a SIGINT whether the minder has sent it, to code that had just ended by itself; once for each.
  ours() {
    return Atomics.exchange(this.#shared, OURS, 0) === 1;
  }
}

module.exports = { Server };
