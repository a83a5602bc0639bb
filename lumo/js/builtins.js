// Stand-ins for those of Node's modules that cannot be in a snapshot, since V8 cannot write what they hold: while one is built
// they are known by name and shape alone, and are loaded when they are first used afterwards. What an application does with
// them while it is loaded is kept for later (`new http.Agent(…)` becomes one then) or, where its outcome is needed at once,
// refused.
'use strict';

// The modules, as tried with each of Node's (docs/decisions/0027).
const NAMES = ['http', 'https', 'http2', 'tls'];

// Each of its functions gives a promise: one that is called while building does its work after the restore.
const PROMISES = 'fs/promises';
const waiting = []; // that work

// The global crypto, which is loaded when it is first named.
const WEB_CRYPTO = 'the global crypto';

const FUNCTION = { kind: 'function' };
const LATER = new WeakMap(); // stand-in -> what gives the real object
let building = false;
const refusals = []; // what was refused; also where the application caught the error

function refuse(what) {
  const error = new Error(`${what} is used while the function is loaded, and a snapshot cannot hold it`);
  error.code = 'LUMO_NOT_IN_A_SNAPSHOT';
  refusals.push(error.message);
  return error;
}

// isData tells constants and the like, which are taken as they are.
function isData(value) {
  if (value === null || ['string', 'number', 'boolean', 'undefined'].includes(typeof value)) return true;
  if (Array.isArray(value)) return value.every(isData);
  return (
    typeof value === 'object' &&
    [Object.prototype, null].includes(Object.getPrototypeOf(value)) &&
    Object.values(value).every(isData)
  );
}

// methodsOf are the names of an object's methods, its classes' included.
function methodsOf(object) {
  const names = new Set();
  for (let of = object; of && of !== Object.prototype; of = Object.getPrototypeOf(of)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(of))) {
      if (typeof value === 'function' && name !== 'constructor') names.add(name);
    }
  }
  return [...names];
}

function shapeOf(value) {
  if (isData(value)) return { data: value };
  return typeof value === 'function' ? { kind: 'function' } : { kind: 'object', methods: methodsOf(value) };
}

// describe gives the shape of the modules: of each its exports, by name. It loads them, so it runs in another process than the
// one that builds.
function describe() {
  const shape = {};
  for (const name of NAMES) {
    const module = process.getBuiltinModule(`node:${name}`);
    shape[name] = Object.fromEntries(Object.keys(module).map((key) => [key, shapeOf(module[key])]));
  }
  shape[PROMISES] = Object.fromEntries(
    Object.entries(require(PROMISES)).map(([key, value]) => [
      key,
      typeof value === 'function' ? { kind: 'promise' } : shapeOf(value),
    ]),
  );
  const keys = Object.keys(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(globalThis.crypto)));
  shape[WEB_CRYPTO] = Object.fromEntries(
    keys.filter((key) => key !== 'constructor').map((key) => [key, shapeOf(globalThis.crypto[key])]),
  );
  return shape;
}

// constructible is a function that can be called and made instances of. Not a class: its prototype is fixed, and the stand-in
// has to show that of the real one.
function constructible() {
  return function () {
    return this;
  };
}

// later is a function or an object that stands for what real() gives after the restore. An instance that was made of a
// class meanwhile is one too.
function later(what, { kind, methods = [] }, real) {
  const bound = new Map(); // methods run on the real object, which may have private members
  const target = kind === 'function' ? constructible() : {};
  const given = []; // what was set while building
  let settled;
  const settle = () => {
    if (building) throw refuse(what);
    if (!settled) {
      settled = { value: real() };
      for (const [key, value] of given) settled.value[key] = value;
    }
    return settled.value;
  };
  const standIn = new Proxy(target, {
    get(_, key) {
      if (building) {
        if (key === Symbol.hasInstance) return () => false; // nothing is an instance of what there is not yet
        if (typeof key === 'symbol' || key === 'then') return undefined;
        if (kind === 'function' && ['bind', 'call', 'apply', 'name', 'length'].includes(key)) return target[key];
        if (methods.includes(key)) return later(`${what}.${key}`, FUNCTION, () => real()[key].bind(real()));
        throw refuse(`${what}.${key}`);
      }
      const of = settle();
      const value = of[key];
      if (typeof value !== 'function' || kind === 'function') return value;
      if (!bound.has(value)) bound.set(value, value.bind(of));
      return bound.get(value);
    },
    set(_, key, value) {
      if (building) given.push([key, value]);
      else settle()[key] = value;
      return true;
    },
    has: (_, key) => key in settle(),
    ownKeys: () => Reflect.ownKeys(settle()),
    getOwnPropertyDescriptor: (_, key) => {
      if (building && kind === 'function' && ['name', 'length'].includes(key))
        return Reflect.getOwnPropertyDescriptor(target, key);
      const found = Reflect.getOwnPropertyDescriptor(settle(), key);
      return found && { ...found, configurable: true };
    },
    getPrototypeOf: () => (building ? Object.getPrototypeOf(target) : Reflect.getPrototypeOf(settle())),
    apply: (_, self, args) => Reflect.apply(settle(), (self instanceof Object && LATER.get(self)?.()) || self, args),
    construct(_, args, newTarget) {
      if (building) return later(`new ${what}()`, { kind: 'object' }, () => new (real())(...args));
      const of = settle();
      return Reflect.construct(of, args, newTarget === standIn ? of : newTarget);
    },
  });
  LATER.set(standIn, settle);
  return standIn;
}

// promised is a function that gives a promise; what it is called for while building is done by goOn.
function promised(real) {
  return (...args) => {
    if (!building) return real()(...args);
    return new Promise((resolve) => waiting.push(() => resolve(real()(...args))));
  };
}

// goOn does, after the restore, what was put off.
function goOn() {
  for (const work of waiting.splice(0)) work();
}

// standIns makes them of their shape, which describe gave: a map of name to module.
function standIns(shape) {
  const all = new Map();
  for (const [name, exports] of Object.entries(shape)) {
    const web = name === WEB_CRYPTO;
    const real = web ? () => globalThis.crypto : () => process.getBuiltinModule(`node:${name}`);
    const of = web
      ? (key) => (typeof real()[key] === 'function' ? real()[key].bind(real()) : real()[key])
      : (key) => real()[key];
    const module = {};
    for (const [key, about] of Object.entries(exports)) {
      let value;
      Object.defineProperty(module, key, {
        enumerable: true,
        configurable: true,
        get() {
          if (!building) return of(key);
          value ??= standIn(`${name}.${key}`, about, () => of(key));
          return value;
        },
        set(replacement) {
          if (building) throw refuse(`setting ${name}.${key}`);
          real()[key] = replacement;
        },
      });
    }
    LATER.set(module, real);
    all.set(name, module);
  }
  return all;
}

function standIn(what, about, real) {
  if (about.kind === 'promise') return promised(real);
  return about.kind ? later(what, about, real) : about.data;
}

// build says that the building begins or, before the snapshot is written, ends.
function build(yes) {
  building = yes;
}

module.exports = { NAMES, WEB_CRYPTO, describe, standIns, build, goOn, refusals };
