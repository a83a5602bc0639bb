// Native addons: what the static engine says of them. A static program has no dynamic loader, so a .node file cannot be
// loaded; Node's own words for that name neither the package nor a way out.
//
// Everything that loads an addon (require of a .node file, node-gyp-build, bindings, the loaders that napi-rs generates) ends
// in process.dlopen, so that is what install() replaces. It throws, with the code that Node's own error has, because packages
// that have a pure JavaScript fallback catch the error and go on.
'use strict';

const fs = require('fs');

const PT_INTERP = 3;
const ARCHES = { x64: 'x86_64', arm64: 'arm64' }; // Lambda's names

// Node's error for a package of an addon built for musl. Loaders that napi-rs generated before 2025 ask for that one where there
// is no glibc; what is installed is the package for glibc, as on most machines.
const MUSL_PACKAGE = /^Cannot find module '([^']*\blinux-[a-z0-9]+-musl(?:\.node)?)'/;

// What was refused while explain() loads a module: a loader may keep its error to itself and throw one that says less.
let refused = null;

// hasLoader tells whether an ELF executable asks for a dynamic loader; one that does not can load nothing.
function hasLoader(file) {
  const fd = fs.openSync(file);
  try {
    const read = (size, at) => {
      const buffer = Buffer.alloc(size);
      fs.readSync(fd, buffer, 0, size, at);
      return buffer;
    };
    const head = read(64, 0);
    const [offset, size, count] = [Number(head.readBigUInt64LE(32)), head.readUInt16LE(54), head.readUInt16LE(56)];
    const table = read(size * count, offset);
    for (let at = 0; at < table.length; at += size) {
      if (table.readUInt32LE(at) === PT_INTERP) return true;
    }
    return false;
  } finally {
    fs.closeSync(fd);
  }
}

// packageOf is the npm package that a file belongs to by its path, or null.
function packageOf(file) {
  const below = String(file).split('/node_modules/').slice(1).pop();
  if (!below) return null;
  const [first, second] = below.split('/');
  return first.startsWith('@') ? `${first}/${second}` : first;
}

function refusal(file) {
  const owner = packageOf(file);
  const zip = `lumo-lambda-dynamic-${ARCHES[process.arch] ?? process.arch}.zip`;
  const error = new Error(
    `native addons cannot be loaded by the static engine, and ${file}${owner ? ` of the npm package ${owner}` : ''} is one. ` +
      `Use the layer made by \`make layer ENGINE=dynamic\` (${zip}), or a pure JavaScript or WebAssembly alternative`,
  );
  error.name = 'Runtime.NativeAddonError'; // the errorType that Lambda sees
  error.code = 'ERR_DLOPEN_FAILED';
  return error;
}

// able tells, and remembers, whether this engine can load addons.
let able = null;
function canLoad(executable) {
  able ??= hasLoader(executable);
  return able;
}

// install makes process.dlopen refuse, in an engine that cannot load. Which it is, is looked at when that is first asked.
function install(executable = process.execPath) {
  const dlopen = process.dlopen;
  able = null;
  process.dlopen = (module, file, ...flags) => {
    if (canLoad(executable)) return dlopen.call(process, module, file, ...flags);
    const error = refusal(file);
    refused?.push(error);
    throw error;
  };
}

// explain calls load, which loads a module. Where it fails after an addon was refused, the refusal is the reason, whatever
// the module's loader has made of it. The loader's own error is shown as its cause, without the tries that it lists in turn.
function explain(load) {
  const outer = refused;
  refused = [];
  try {
    return load();
  } catch (e) {
    const [reason = muslRefusal(e)] = refused;
    if (!reason || reason === e) throw e;
    reason.cause = e instanceof Error ? Object.assign(new Error(e.message), { name: e.name, stack: e.stack }) : e;
    throw reason;
  } finally {
    refused = outer;
  }
}

function muslRefusal(e) {
  const [, name] = (e?.code === 'MODULE_NOT_FOUND' && MUSL_PACKAGE.exec(e.message)) || [];
  return name && !canLoad(process.execPath) ? refusal(name) : undefined;
}

module.exports = { install, explain, hasLoader, packageOf };
