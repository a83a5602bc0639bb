// Reads JAR (zip) files: the central directory once, then any entry by its name.
//
// Enough of the format for class paths: stored and deflated entries, zip64 not needed under 4 GiB and refused with a
// message, no encryption. A JAR stays open for the life of the process: a class path is asked for many entries.
'use strict';

const fs = require('fs');

const END_OF_CENTRAL_DIRECTORY = 0x06054b50;
const CENTRAL_ENTRY = 0x02014b50;
const END_SIZE = 22;
const MAX_COMMENT = 0xffff;

class JarError extends Error {
  constructor(file, what) {
    super(`cannot read ${file} as a JAR: ${what}`);
    this.name = 'JarError';
  }
}

function readAt(fd, length, position) {
  const buffer = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const n = fs.readSync(fd, buffer, done, length - done, position + done);
    if (n === 0) break;
    done += n;
  }
  return done === length ? buffer : buffer.subarray(0, done);
}

// findEnd locates the end-of-central-directory record, which a comment of up to 64 KiB may follow.
function findEnd(file, fd, size) {
  const length = Math.min(size, END_SIZE + MAX_COMMENT);
  const tail = readAt(fd, length, size - length);
  for (let i = tail.length - END_SIZE; i >= 0; i--) {
    if (tail.readUInt32LE(i) === END_OF_CENTRAL_DIRECTORY) return tail.subarray(i);
  }
  throw new JarError(file, 'no central directory (is the file complete?)');
}

class Jar {
  #file;
  #fd;
  #entries = new Map();

  constructor(file) {
    this.#file = file;
    this.#fd = fs.openSync(file, 'r');
    const size = fs.fstatSync(this.#fd).size;
    const end = findEnd(file, this.#fd, size);
    const count = end.readUInt16LE(10);
    const length = end.readUInt32LE(12);
    const offset = end.readUInt32LE(16);
    if (count === 0xffff || offset === 0xffffffff) throw new JarError(file, 'zip64 archives are not supported');
    const directory = readAt(this.#fd, length, offset);
    let at = 0;
    for (let i = 0; i < count; i++) {
      if (at + 46 > directory.length || directory.readUInt32LE(at) !== CENTRAL_ENTRY) {
        throw new JarError(file, `entry ${i + 1} of its central directory is damaged`);
      }
      const nameLength = directory.readUInt16LE(at + 28);
      const name = directory.toString('utf8', at + 46, at + 46 + nameLength);
      if (!name.endsWith('/')) {
        this.#entries.set(name, {
          method: directory.readUInt16LE(at + 10),
          crc: directory.readUInt32LE(at + 16),
          size: directory.readUInt32LE(at + 24),
          compressed: directory.readUInt32LE(at + 20),
          offset: directory.readUInt32LE(at + 42),
        });
      }
      at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
    }
  }

  has(name) {
    return this.#entries.has(name);
  }

  // mark returns the CRC-32 and the size of an entry's content as the directory has them, or null where there is none. Nothing is
  // read for it.
  mark(name) {
    const entry = this.#entries.get(name);
    return entry ? { crc: entry.crc, size: entry.size } : null;
  }

  names() {
    return [...this.#entries.keys()];
  }

  // read returns the bytes of an entry, or null where there is none.
  read(name) {
    const entry = this.#entries.get(name);
    if (!entry) return null;
    // The local header repeats the name and has its own extra field; its sizes may be zero, the directory's are right.
    const local = readAt(this.#fd, 30, entry.offset);
    if (local.length < 30) throw new JarError(this.#file, `entry ${name} lies outside the file`);
    const start = entry.offset + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
    const bytes = readAt(this.#fd, entry.compressed, start);
    if (bytes.length < entry.compressed) throw new JarError(this.#file, `entry ${name} is cut short`);
    if (entry.method === 0) return bytes;
    // Loaded here because zlib's bindings cannot be part of a snapshot.
    if (entry.method === 8) return this.#inflate(name, bytes);
    throw new JarError(this.#file, `entry ${name} uses compression method ${entry.method}; use deflate`);
  }

  #inflate(name, bytes) {
    try {
      return require('zlib').inflateRawSync(bytes);
    } catch (e) {
      throw new JarError(this.#file, `entry ${name} is damaged: ${e.message}`);
    }
  }

  close() {
    fs.closeSync(this.#fd);
  }
}

module.exports = { Jar, JarError };
