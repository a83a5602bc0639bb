// The thread that minds the nREPL server's sockets while code runs. It sleeps until some does; when that has run for GRACE_MS it
// looks at the sockets every POLL_MS, hands on what it reads, and where that interrupts what runs, sends this process SIGINT,
// for which Node ends the script that runs.
'use strict';

const fs = require('fs');
const { workerData, receiveMessageOnPort } = require('worker_threads');
const { Decoder } = require('./bencode.js');
const { RUNNING, MINDING, COUNT, OURS } = require('./shared.js');

const GRACE_MS = 50;
const POLL_MS = 20;

const { shared, port } = workerData;
const sockets = new Map(); // connection -> {fd, decoder}
const sessions = new Map(); // id -> number
const buffer = Buffer.alloc(64 * 1024);

function meet(message) {
  const running = Atomics.load(shared, RUNNING);
  if (message.op !== 'interrupt' || running === 0 || sessions.get(message.session) !== running) return;
  Atomics.store(shared, OURS, 1);
  process.kill(process.pid, 'SIGINT');
}

function learn() {
  for (let got = receiveMessageOnPort(port); got; got = receiveMessageOnPort(port)) {
    const { opened, fd, closed, session, number, begun, bytes } = got.message;
    if (opened) sockets.set(opened, { fd, decoder: new Decoder(meet) });
    if (closed) sockets.delete(closed);
    if (session) sessions.set(session, number);
    if (begun) restart(sockets.get(begun), bytes);
  }
}

// restart has a socket's decoder begin with the first bytes of a message that the server has already.
function restart(socket, bytes) {
  if (!socket) return;
  socket.decoder = new Decoder(meet);
  if (bytes) socket.decoder.push(Buffer.from(bytes));
}

function read(connection, socket) {
  let n;
  try {
    n = fs.readSync(socket.fd, buffer, 0, buffer.length, null);
  } catch {
    return false; // nothing there (EAGAIN), or the connection is broken: the server will see that
  }
  if (n === 0) return false;
  port.postMessage({ connection, bytes: Buffer.from(buffer.subarray(0, n)) });
  Atomics.add(shared, COUNT, 1);
  Atomics.notify(shared, COUNT);
  try {
    socket.decoder.push(Buffer.from(buffer.subarray(0, n)));
  } catch {
    sockets.delete(connection); // the server closes it
  }
  return true;
}

// mind looks at the sockets until the code that runs has ended.
function mind() {
  for (const socket of sockets.values()) restart(socket);
  Atomics.store(shared, MINDING, 1);
  while (Atomics.load(shared, RUNNING) !== 0) {
    learn();
    for (const [connection, socket] of sockets) while (read(connection, socket));
    Atomics.wait(shared, RUNNING, Atomics.load(shared, RUNNING) || -1, POLL_MS);
  }
  Atomics.store(shared, MINDING, 0);
  Atomics.notify(shared, MINDING);
}

for (;;) {
  Atomics.wait(shared, RUNNING, 0);
  const running = Atomics.load(shared, RUNNING);
  if (running === 0) continue;
  if (Atomics.wait(shared, RUNNING, running, GRACE_MS) === 'timed-out') mind();
}
