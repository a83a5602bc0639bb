// Libraries in the Closure library's way of naming things (goog.provide, goog.module), and that library itself.
//
// Some of it is in the snapshot, since the compiler is built on it. The rest, and transit, is the asset `goog`: a first line of
// JSON with, for every name, the place of its file behind that line; then the files. A place is [offset, length]; 0 where each
// snapshot has the file; [offset, length, 1] where the compiler's has it, and that of packaged functions has not. A file is a
// script, which defines its names itself, or a module, whose exports become the object of its name, whether or not it asks for that.
'use strict';

const assets = require('./assets.js');

const REQUIRE = /^(?:\s*(?:const|let|var)\s+[^=;]*=)?\s*goog\.require\(\s*['"]([\w.$]+)['"]\s*\)/gm;
// A module's name is the same where `script` has wrapped it.
const PROVIDE = /^\s*(?:goog\.(?:provide|module)|\$lumo\.closure\.define)\(\s*['"]([\w.$]+)['"]/gm;
const MODULE = /^\s*goog\.module\(\s*['"]([\w.$]+)['"]\s*\)/m;

const loaded = new Set(); // names of files that were run
const exported = new Map(); // module name -> its exports
let library = null; // {index, slice}, read when first asked

function names(pattern, text) {
  return [...text.matchAll(pattern)].map((match) => match[1]);
}

function entry(name) {
  if (!/^(goog|com\.cognitect\.transit)\b/.test(name)) return null;
  if (!library) {
    const { head, slice } = assets.slices('goog');
    library = { index: JSON.parse(head), slice };
  }
  return Object.hasOwn(library.index, name) ? library.index[name] : null;
}

// read is the text of the bundled file that provides `name`; null where there is none, or the snapshot has it.
function read(name) {
  const place = entry(name);
  return place && !inSnapshot(place) ? library.slice(...place) : null;
}

function inSnapshot(place) {
  return place === 0 || place?.length > 2;
}

// missing gives what has to run where there is no compiler, so that `wanted` are there: each text after those that it requires.
function missing(wanted) {
  const seen = new Set();
  const scripts = [];
  function visit(name) {
    if (seen.has(name)) return;
    seen.add(name);
    const place = entry(name);
    if (!place || !inSnapshot(place)) return;
    const text = library.slice(...place);
    for (const provided of names(PROVIDE, text)) seen.add(provided);
    names(REQUIRE, text).forEach(visit);
    scripts.push(script(text));
  }
  wanted.forEach(visit);
  return scripts;
}

// object is what a name stands for. The compiler that made the snapshot has renamed modules that are not reached by their name.
function object(name) {
  return exported.get(name) ?? goog.getObjectByName(name) ?? globalThis[`module$exports$${name.replaceAll('.', '$')}`];
}

// place puts a module's exports where its name says, and keeps what is below that name already.
function place(name, value) {
  const parts = name.split('.');
  const last = parts.pop();
  let at = globalThis;
  for (const part of parts) at = at[part] ??= {};
  if (at[last] && typeof value === 'object') Object.assign(at[last], value);
  else at[last] = at[last] ? Object.assign(value, at[last]) : value;
}

function define(name, body) {
  const value = body({});
  exported.set(name, value);
  place(name, value);
}

// script is the JavaScript that has to run for a library's text. The text begins on the first line and keeps its lines.
function script(text) {
  const module = text.match(MODULE);
  if (!module) return text;
  return `$lumo.closure.define(${JSON.stringify(module[1])}, function (exports) {'use strict';${text}\nreturn exports;});`;
}

// install gives goog the functions that the loader of scripts in a page would.
function install() {
  const nothing = () => {};
  goog.isProvided_ = () => false;
  goog.provide = (name) => goog.constructNamespace_(name);
  goog.require = object;
  goog.requireType = nothing;
  goog.forwardDeclare = nothing;
  goog.setTestOnly = nothing;
  goog.scope = (body) => body.call(globalThis);
  goog.module = nothing;
  goog.module.get = object;
  goog.module.declareLegacyNamespace = nothing;
}

module.exports = {
  read,
  script,
  define,
  install,
  requires: (text) => names(REQUIRE, text),
  provides: (text) => names(PROVIDE, text),
  missing,
  loaded: (name) => loaded.has(name) || inSnapshot(entry(name)),
  markLoaded: (text) => {
    for (const name of names(PROVIDE, text)) loaded.add(name);
  },
};
