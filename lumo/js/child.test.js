// claim() and Channel in a real child process of this engine, with three pipes, as bootstrap gives it.
'use strict';

const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('fs');
const os = require('os');
const path = require('path');
const { spawn } = require('node:child_process');
const frame = require('./frame.js');

// Node's own stdio "pipes" are sockets, which cannot be opened again as claim() does; the shell's are pipes. Descriptor 4 is
// the shell's own stdout, 3 the pipe to its stderr; the status of the child ($0, with the program $1) goes to the file $2.
const PIPES = `{ { cat | { "$0" -e "$1" 2>&3 3>&- 4>&-; echo $? >"$2"; } | cat >&4; } 3>&1 | cat >&2; } 4>&1`;

const gather = async (stream) => Buffer.concat(await stream.toArray());

// run starts a child that runs `program` with `child`, `frame`, `fs`, `spawnSync`, the `claimed` descriptors and their `channel` in reach, writes
// `commands` to its stdin, and returns what arrived: messages on stdout's pipe, text on stderr's.
async function run(t, program, commands = []) {
  const source = `
    const fs = require('fs');
    const { spawnSync } = require('child_process');
    const frame = require(${JSON.stringify(path.join(__dirname, 'frame.js'))});
    const child = require(${JSON.stringify(path.join(__dirname, 'child.js'))});
    const claimed = child.claim();
    const channel = new child.Channel(claimed);
    ${program}`;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lumo-child-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  const status = path.join(folder, 'status');
  const shell = spawn('/bin/sh', ['-c', PIPES, process.execPath, source, status]);
  const exited = new Promise((resolve) => shell.on('exit', resolve));
  shell.stdin.on('error', () => {}); // a child that ends before it has read all is not this side's failure
  shell.stdin.end(Buffer.concat(commands.flat()));
  const [bytes, text] = await Promise.all([gather(shell.stdout), gather(shell.stderr), exited]);
  const messages = [];
  const decoder = new frame.Decoder(frame.REPORTS, (m) =>
    messages.push({ ...m, answer: m.answer && Buffer.from(m.answer) }),
  );
  decoder.push(bytes);
  decoder.end();
  return { messages, text: text.toString(), status: Number(fs.readFileSync(status, 'utf8')) };
}

const logged = (text) => text.split('\n').filter(Boolean).sort();

test('what is printed, written to 1 or by a grandchild is text; only frames are on the pipe of frames', async (t) => {
  const { messages, text, status } = await run(
    t,
    `
    channel.send(frame.log(1, 3, 'before'));
    console.log('from console.log');
    console.error('from console.error');
    process.stdout.write('from process.stdout\\n');
    fs.writeSync(1, 'from descriptor 1\\n');
    fs.writeSync(2, 'from descriptor 2\\n');
    spawnSync(process.execPath, ['-e', 'console.log("from a grandchild")'], { stdio: 'inherit' });
    channel.send(frame.result(1, Buffer.from('answer')));
  `,
  );
  assert.equal(status, 0, text);
  assert.deepEqual(
    messages.map((m) => m.type),
    [frame.Type.Log, frame.Type.Result],
  );
  assert.equal(messages[1].answer.toString(), 'answer');
  assert.deepEqual(logged(text), [
    'from a grandchild',
    'from console.error',
    'from console.log',
    'from descriptor 1',
    'from descriptor 2',
    'from process.stdout',
  ]);
});

test('stdin is empty to the program and to its children', async (t) => {
  const { text } = await run(
    t,
    `
    console.log('read', fs.readFileSync(0).length);
    spawnSync(process.execPath, ['-e', 'console.log("child read", require("fs").readFileSync(0).length)'], { stdio: 'inherit' });
  `,
    [frame.invoke(1, '{}', Buffer.from('secret'))],
  );
  assert.deepEqual(logged(text), ['child read 0', 'read 0']);
});

test('the private descriptors are not inherited', async (t) => {
  const { text } = await run(
    t,
    `
    const list = 'for f in /proc/$$/fd/*; do readlink $f; done';
    const { stdout } = spawnSync('/bin/sh', ['-c', list], { encoding: 'utf8', stdio: ['inherit', 'pipe', 'inherit'] });
    const link = (fd) => fs.readlinkSync('/proc/self/fd/' + fd);
    const has = (fd) => stdout.split('\\n').includes(link(fd));
    console.log('log', has(2), 'commands', has(claimed.commands), 'reports', has(claimed.reports));
  `,
  );
  assert.equal(text, 'log true commands false reports false\n');
});

test('commands arrive whole, in order, and then their end', async (t) => {
  const event = Buffer.from('ž'.repeat(1_000_000));
  const { messages, status, text } = await run(
    t,
    `
    channel.listen(
      (m) => channel.send(m.type === frame.Type.Invoke
        ? frame.result(m.request, Buffer.from(m.event))
        : frame.log(0, 3, 'stop')),
      () => { channel.send(frame.log(0, 3, 'end')); process.exit(7); },
    );
  `,
    [frame.invoke(1, '{}', Buffer.from('small')), frame.invoke(2, '{"a":1}', event), frame.stop()],
  );
  assert.equal(status, 7, text);
  assert.deepEqual(
    messages.map((m) => m.request),
    [1, 2, 0, 0],
  );
  assert.equal(messages[0].answer.toString(), 'small');
  assert.ok(messages[1].answer.equals(event));
});

test('megabytes sent and printed just before the process exits all arrive', async (t) => {
  const { messages, text } = await run(
    t,
    `
    for (let i = 1; i <= 20; i++) {
      channel.send(frame.result(i, Buffer.alloc(1024 * 1024, i)));
      fs.writeSync(1, 'x'.repeat(50_000) + '\\n');
    }
    process.exit(0);
  `,
  );
  assert.equal(messages.length, 20);
  assert.ok(messages.every((m, i) => m.answer.equals(Buffer.alloc(1024 * 1024, i + 1))));
  assert.equal(text.length, 20 * 50_001);
});

test('while a handler works its own handles alone keep the process alive', async (t) => {
  const { text, status } = await run(
    t,
    `
    process.on('beforeExit', () => { console.log('nothing left to do'); process.exit(3); });
    channel.listen(() => channel.working(true), () => process.exit(0));
  `,
    [frame.invoke(1, '{}', Buffer.from(''))],
  );
  assert.ok(status === 3 || status === 0, text); // the end of the input may come first
});

test('bytes that are no frame end the process with the reason', async (t) => {
  const { text, status } = await run(t, 'channel.listen(() => {}, () => process.exit(0));', [
    Buffer.from('hello, this is no frame'),
  ]);
  assert.notEqual(status, 0);
  assert.match(text, /expected a frame, got bytes 6865/);
});
