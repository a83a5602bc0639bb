// One entry of the compile cache: a file that holds what the compiler made of one namespace.
//
// A file is one line, the head, and the sections that it lists, one after the other. The line is the sum of what follows in it,
// eight hexadecimal digits, and JSON:
//
//   1a2b3c4d{"format":1,"stamp":"…",…,"sections":{"source":[offset,length,sum],…}}\n
//
// Offsets count from behind the line. A sum is that of `checksum` over the section's bytes. Whatever is wrong with a
// file, it is as if it were not there. Files are written under another name and renamed, so a reader has the old file or
// the new one, whole; the stamp tells whether a section that is read later is of the same file as its head.
'use strict';

const fs = require('fs');
const path = require('path');
const { slicesOf } = require('./assets.js');

const FORMAT = 1;
const HEAD_GUESS = 64 * 1024; // most entries are smaller, and are read whole by the first call
const SUM = 8;

// checksum finds damage: a disk that was full, a file cut off. It is no hash, and needs none of Node's modules, whose loading
// would take longer than all else here.
function checksum(bytes) {
  let a = bytes.length | 0;
  let i = 0;
  for (; i + 4 <= bytes.length; i += 4) {
    a = Math.imul(a ^ (bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24)), 0x9e3779b1);
    a ^= a >>> 15;
  }
  for (; i < bytes.length; i++) a = Math.imul(a ^ bytes[i], 0x85ebca6b);
  return a >>> 0;
}

function sumText(bytes) {
  return checksum(bytes).toString(16).padStart(SUM, '0');
}

function readAt(fd, length, position) {
  const buffer = Buffer.allocUnsafeSlow(length);
  let done = 0;
  while (done < length) {
    const n = fs.readSync(fd, buffer, done, length - done, position + done);
    if (n === 0) break;
    done += n;
  }
  return buffer.subarray(0, done);
}

class Entry {
  #file;
  #start; // of the sections
  #bytes; // what has been read of the file, from its start
  #sound = new Set(); // sections of #bytes whose sum is right

  constructor(file, head, start, bytes) {
    this.file = file;
    this.head = head;
    this.#file = file;
    this.#start = start;
    this.#bytes = bytes;
  }

  has(name) {
    return Object.hasOwn(this.head.sections, name);
  }

  // bytes returns a section, or null where there is none, it is damaged, or the file is another one by now.
  bytes(name) {
    if (!this.has(name)) return null;
    const [offset, length, sum] = this.head.sections[name];
    const end = this.#start + offset + length;
    if (end > this.#bytes.length && !this.#readOn()) return null;
    if (end > this.#bytes.length) return null;
    const section = this.#bytes.subarray(this.#start + offset, end);
    if (!this.#sound.has(name) && checksum(section) !== sum) return null;
    this.#sound.add(name);
    return section;
  }

  text(name) {
    const bytes = this.bytes(name);
    // Latin 1 is copied as it is, where UTF-8 has to be looked through; the compiler writes ASCII but for comments.
    return bytes?.toString(this.head.ascii?.includes(name) ? 'latin1' : 'utf8');
  }

  // slices returns a section as lumo.impl.analysis reads it.
  slices(name) {
    const bytes = this.bytes(name);
    return bytes && slicesOf(bytes);
  }

  // drop forgets what was read; a section that is asked for later is read again.
  drop() {
    this.#bytes = Buffer.alloc(0);
    this.#sound.clear();
  }

  #readOn() {
    const again = read(this.#file, true);
    if (!again || again.head.stamp !== this.head.stamp) return false;
    this.#bytes = again.#bytes;
    return true;
  }
}

// read returns the entry in a file, or null where there is none that is whole.
function read(file, whole = false) {
  let fd;
  try {
    fd = fs.openSync(file, 'r');
    const size = fs.fstatSync(fd).size;
    let bytes = readAt(fd, whole ? size : Math.min(size, HEAD_GUESS), 0);
    let end = bytes.indexOf(10);
    if (end < 0) {
      bytes = readAt(fd, size, 0);
      end = bytes.indexOf(10);
    }
    if (bytes.toString('latin1', 0, SUM) !== sumText(bytes.subarray(SUM, end))) return null;
    const head = JSON.parse(bytes.toString('utf8', SUM, end));
    if (head.format !== FORMAT || size !== end + 1 + head.size) return null;
    return new Entry(file, head, end + 1, bytes);
  } catch {
    // Not there, not to be read, no entry: the caller compiles.
    return null;
  } finally {
    if (fd !== undefined) fs.closeSync(fd);
  }
}

function isAscii(bytes) {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] > 127) return false;
  return true;
}

function discard(file) {
  try {
    fs.rmSync(file, { force: true });
  } catch {
    // The folder is read-only, or worse: the error that led here is the one to tell.
  }
}

// makeFolder makes a folder and those above it. Node's own way to (recursive: true) never comes back where a file system, such as
// /proc, says that a folder in one that exists has no parent.
function makeFolder(folder) {
  try {
    fs.mkdirSync(folder);
  } catch (e) {
    if (e.code === 'EEXIST') return;
    if (e.code !== 'ENOENT' || fs.existsSync(path.dirname(folder))) throw e;
    makeFolder(path.dirname(folder));
    makeFolder(folder);
  }
}

let written = 0;

// write puts an entry where `file` says; `sections` are strings and Buffers by their names, in the order in which they are
// read. Returns null, or the error that kept it from being written; then nothing is left behind.
function write(file, head, sections) {
  const parts = [];
  const table = {};
  const ascii = [];
  let size = 0;
  for (const [name, content] of Object.entries(sections)) {
    if (content === null || content === undefined) continue;
    const bytes = Buffer.from(content);
    if (typeof content === 'string' && isAscii(bytes)) ascii.push(name);
    table[name] = [size, bytes.length, checksum(bytes)];
    size += bytes.length;
    parts.push(bytes);
  }
  const unique = `${process.pid}-${Date.now().toString(36)}-${written++}`;
  const line = Buffer.from(JSON.stringify({ format: FORMAT, stamp: unique, size, ascii, ...head, sections: table }));
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${unique}`);
  try {
    makeFolder(path.dirname(file));
    fs.writeFileSync(temporary, Buffer.concat([Buffer.from(sumText(line)), line, Buffer.from('\n'), ...parts]), {
      flag: 'wx',
    });
    fs.renameSync(temporary, file);
    return null;
  } catch (e) {
    discard(temporary);
    return e;
  }
}

module.exports = { read, write, checksum };
