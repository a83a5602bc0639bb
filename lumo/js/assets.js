// The bundle's assets: analysis of the bundled namespaces and their macros, read when first needed.
//
// In the shipped executable an asset is a view of the file's own mapped pages: nothing is copied and nothing is read from
// disk until it is touched. While the snapshot is being built, and in tests, assets are files in a folder.
'use strict';

const fs = require('fs');
const path = require('path');

let folder = null; // set while building and in tests; null in the shipped executable
let sea = null;

function view(name) {
  if (folder) return fs.readFileSync(path.join(folder, name));
  sea ??= process.getBuiltinModule('node:sea');
  // The mapping is read-only: writing to this buffer would be a segmentation fault. Nobody outside this file gets it.
  return Buffer.from(sea.getRawAsset(name));
}

// text returns the whole asset as a string.
function text(name) {
  return view(name).toString('utf8');
}

// slicesOf returns a function (offset, length) => string over the bytes after the first line, and that line.
function slicesOf(bytes) {
  const end = bytes.indexOf(10);
  const body = end + 1;
  return {
    head: bytes.toString('utf8', 0, end),
    slice: (offset, length) => bytes.toString('utf8', body + offset, body + offset + length),
  };
}

// slices returns the slices of an asset.
function slices(name) {
  return slicesOf(view(name));
}

module.exports = {
  text,
  slices,
  slicesOf,
  useFolder(dir) {
    folder = dir;
  },
};
