// Loads a function with its npm modules while a snapshot is built.
//
// Node's own module loader must not have run anything in a process that starts from a snapshot, so modules are loaded here, by
// Node's rules for where they are; adopt() puts them into Node's cache afterwards. What would be stale in the process that
// starts from the snapshot is watched: the environment (its variables are noted as they are read, and bootstrap compares them
// with those that it finds), random numbers, and work that goes on.
//
// preload.json, beside the entry script, says what became of it: { env } or { refused }.
'use strict';

const fs = require('fs');
const path = require('path');
const vm = require('vm');
const { startupSnapshot } = require('v8');
const Module = require('module');
const builtins = require('./builtins.js');

// What Lambda sets to a value of its own in each sandbox.
const LAMBDAS =
  /^(AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|REGION|DEFAULT_REGION|LAMBDA_(FUNCTION_(NAME|VERSION|MEMORY_SIZE)|INITIALIZATION_TYPE|LOG_(GROUP|STREAM)_NAME|RUNTIME_API))|_X_AMZN_TRACE_ID)$/;

class Refusal extends Error {}

class Preload {
  #modules = new Map(); // file -> Module
  #loading = []; // files, the innermost last
  #standIns;
  #env = {};
  #done = false;
  #unwatch;

  constructor(shape) {
    this.#standIns = builtins.standIns(shape);
  }

  #by() {
    const file = this.#loading.at(-1);
    return file ? `the module ${file}` : 'a namespace of the function';
  }

  // -- modules -----------------------------------------------------------------------------------------------------------------

  requireFrom(parent) {
    const resolve = (request, options) => Module._resolveFilename(request, parent, false, options);
    const require = (request) => this.#load(request, parent);
    return Object.assign(require, { resolve, cache: Module._cache, extensions: Module._extensions, main: undefined });
  }

  #load(request, parent) {
    if (this.#done && !Module.isBuiltin(request)) {
      const file = Module._resolveFilename(request, parent, false);
      return this.#modules.get(file)?.exports ?? parent.require(request);
    }
    const bare = request.replace(/^node:/, '');
    if (Module.isBuiltin(request)) return this.#standIns.get(bare) ?? process.getBuiltinModule(request);
    const file = Module._resolveFilename(request, parent, false);
    const known = this.#modules.get(file);
    if (known) return known.exports;
    const module = new Module(file, parent);
    module.filename = file;
    module.paths = Module._nodeModulePaths(path.dirname(file));
    this.#modules.set(file, module);
    this.#loading.push(file);
    try {
      this.#run(module, file);
    } catch (e) {
      this.#modules.delete(file);
      throw e;
    } finally {
      this.#loading.pop();
    }
    module.loaded = true;
    return module.exports;
  }

  #run(module, file) {
    const text = fs.readFileSync(file, 'utf8');
    switch (path.extname(file)) {
      case '.json':
        module.exports = JSON.parse(text);
        return;
      case '.node':
        throw new Refusal(`${file} is a native addon`);
      case '.mjs':
        throw new Refusal(`${file} is an ECMAScript module`);
    }
    const names = ['exports', 'require', 'module', '__filename', '__dirname'];
    let wrapped;
    try {
      wrapped = vm.compileFunction(text.replace(/^#!.*/, ''), names, {
        filename: file,
        importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
      });
    } catch (e) {
      if (/\b(import|export)\b/.test(e.message)) throw new Refusal(`${file} is an ECMAScript module`);
      throw e;
    }
    wrapped.call(module.exports, module.exports, this.requireFrom(module), module, file, path.dirname(file));
  }

  // -- what would be stale ---------------------------------------------------------------------------------------------------

  #note(name) {
    if (typeof name !== 'string' || this.#done || name in this.#env) return;
    const value = this.real.env[name];
    if (value === undefined && LAMBDAS.test(name)) {
      throw this.#refuse(`${this.#by()} reads ${name}, which each sandbox of Lambda's has a value of its own for`);
    }
    this.#env[name] = value ?? null;
  }

  #refuse(reason) {
    this.refused ??= reason; // also where the application catches it
    return new Refusal(reason);
  }

  // watch has the process tell what is done with it. It returns a function that ends this.
  #watch() {
    const real = { env: process.env };
    this.real = real;
    process.env = new Proxy(real.env, {
      get: (env, name) => {
        this.#note(name);
        return Reflect.get(env, name);
      },
      has: (env, name) => {
        this.#note(name);
        return Reflect.has(env, name);
      },
      getOwnPropertyDescriptor: (env, name) => {
        this.#note(name);
        return Reflect.getOwnPropertyDescriptor(env, name);
      },
      ownKeys: (env) => {
        if (!this.#done) throw this.#refuse(`${this.#by()} reads the whole environment`);
        return Reflect.ownKeys(env);
      },
      set: (env, name, value) => {
        if (!this.#done) throw this.#refuse(`${this.#by()} sets ${name} in the environment`);
        env[name] = value;
        return true;
      },
    });
    const crypto = require('crypto');
    const replaced = [];
    const guard = (object, name) => {
      const own = Object.getOwnPropertyDescriptor(object, name);
      replaced.push(() => Object.defineProperty(object, name, own));
      const guarded = () => {
        throw this.#refuse(`${this.#by()} asks for ${name}, and each start must have random numbers of its own`);
      };
      Object.defineProperty(object, name, { ...own, ...(own.get ? { get: () => guarded } : { value: guarded }) });
    };
    for (const name of [
      'randomBytes',
      'randomFill',
      'randomFillSync',
      'randomInt',
      'randomUUID',
      'generateKey',
      'generateKeySync',
      'generateKeyPair',
      'generateKeyPairSync',
      'createDiffieHellman',
      'createECDH',
    ]) {
      guard(crypto, name);
    }
    guard(Math, 'random');
    const web = Object.getOwnPropertyDescriptor(globalThis, 'crypto');
    replaced.push(() => Object.defineProperty(globalThis, 'crypto', web));
    Object.defineProperty(globalThis, 'crypto', { ...web, get: () => this.#standIns.get(builtins.WEB_CRYPTO) });
    return () => {
      process.env = real.env;
      for (const undo of replaced) undo();
    };
  }

  // -- the whole ---------------------------------------------------------------------------------------------------------------

  // load loads the function. What that has begun (promises) may go on until the snapshot is written.
  load(root) {
    const here = process.env.LAMBDA_TASK_ROOT;
    const parent = new Module(path.join(here, 'lumo'), null);
    parent.filename = parent.id;
    parent.paths = Module._nodeModulePaths(here);
    this.#unwatch = this.#watch();
    builtins.build(true);
    globalThis.require = this.requireFrom(parent);
    lumo.runtime.preload(root);
    const active = process.getActiveResourcesInfo();
    if (active.length > 0) {
      throw new Refusal(
        `when the function is loaded it still waits for something (${[...new Set(active)].join(', ')})`,
      );
    }
  }

  // finish is the last before the snapshot is written. It returns what was read of the environment.
  finish() {
    builtins.build(false);
    this.#unwatch();
    this.#check();
    this.#done = true;
    return this.#env;
  }

  // check refuses what has been loaded, where something of it cannot be in a snapshot.
  #check() {
    if (this.refused) throw new Refusal(this.refused);
    if (builtins.refusals.length > 0) {
      throw new Refusal(
        `${builtins.refusals.join(', ')}: used while the function is loaded; a snapshot cannot hold it`,
      );
    }
    // The web's form of crypto is one that V8 cannot write.
    for (const name of [...builtins.NAMES, 'sqlite', 'internal/crypto/webcrypto']) {
      if (process.moduleLoadList.includes(`NativeModule ${name}`)) {
        throw new Refusal(`Node's module ${name} has been loaded, by fetch or the like; a snapshot cannot hold it`);
      }
    }
    const active = process.getActiveResourcesInfo().filter((name) => !/^(FSReq|TTYWrap|PipeWrap)/.test(name));
    if (active.length > 0) {
      throw new Refusal(
        `when the function is loaded it still waits for something (${[...new Set(active)].join(', ')})`,
      );
    }
  }

  // adopt makes the modules known to Node's loader, in the process that starts from the snapshot.
  adopt() {
    for (const [file, module] of this.#modules) Module._cache[file] = module;
    builtins.goOn();
  }
}

// load loads the function whose package is in the folder root.
function load(root) {
  const say = (what) => fs.writeFileSync(path.join(root, 'preload.json'), JSON.stringify(what));
  const preload = new Preload(JSON.parse(fs.readFileSync(path.join(root, 'builtins.json'), 'utf8')));
  const orRefuse = (f) => {
    try {
      f();
    } catch (e) {
      const other = preload.refused ?? builtins.refusals[0] ?? `it cannot be loaded: ${e?.stack ?? e}`;
      say({ refused: e instanceof Refusal ? e.message : other });
      process.exit(1);
    }
  };
  orRefuse(() => preload.load(root));
  startupSnapshot.addSerializeCallback(() => orRefuse(() => say({ env: preload.finish() })));
  return preload;
}

module.exports = { load };
