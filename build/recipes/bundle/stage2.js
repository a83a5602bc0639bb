// Stage 2 of the bundle, run by the engine: from what the JVM compiler made to what the snapshot is built of.
//
//   node stage2.js REPO STAGE1 OUT CLASSPATH LIBRARIES VERSION
//
//   REPO       the project's root
//   STAGE1     the output of stage 1 (bundle.clj)
//   OUT        a folder: main.js, the snapshot's entry script; lumo.js, the compiled ClojureScript; and assets/. In
//              assets/runtime is the same for packaged functions: packaged.js, the entry script of their snapshot, runtime.js,
//              and NAME.js of each bundled namespace that they bring themselves where they need it
//   CLASSPATH  JARs that hold the sources of the macro namespaces and the Closure library, separated by ":"
//   LIBRARIES  a folder with the sources of the libraries that are bundled
//   VERSION    of lumo
//
// The namespaces that are loaded on demand are compiled here by the self-hosted compiler itself, the one that will use them.
'use strict';

const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const vm = require('vm');

const { closureLibrary } = require('./closure_library.js');

const [repo, stage1, out, classpath, libraries, version] = process.argv.slice(2);
const assets = path.join(out, 'assets');

// Macro namespaces that come with ClojureScript, each after those it requires.
const MACRO_NAMESPACES = [
  'cljs.support',
  'cljs.env.macros',
  'cljs.analyzer.macros',
  'cljs.compiler.macros',
  'cljs.spec.gen.alpha',
  'cljs.spec.alpha',
  'cljs.spec.test.alpha',
  'clojure.template',
  'cljs.test',
  'cljs.pprint',
  'lumo.repl',
];

// Ordinary namespaces that are no part of the snapshot, since few programs use them; their sources are in lumo/lib.
const NAMESPACES = [
  'lumo.lambda',
  'lumo.lambda.log',
  'lumo.lambda.ring',
  'lumo.lambda.events',
  'lumo.classpath',
  'lumo.json',
  'lumo.util',
  'lumo.impl.lookup',
  'lumo.impl.session',
  'lumo.io',
  'lumo.repl',
  'lumo.impl.editor',
  'lumo.impl.screen',
  'lumo.impl.terminal',
  'lumo.impl.socket',
  'lumo.nrepl',
];

const ENTRIES = ['main.js', 'packaged.js'];

// The libraries (build/recipes/libraries), each namespace after those it requires; one of macros ends in $macros.
const LIBRARIES = [
  'cljs.core.async.impl.protocols',
  'cljs.core.async.impl.buffers',
  'cljs.core.async.impl.dispatch',
  'cljs.core.async.impl.channels',
  'cljs.core.async.impl.timers',
  'cljs.core.async.impl.ioc-macros$macros',
  'cljs.core.async.impl.ioc-macros',
  'cljs.core.async.impl.ioc-helpers',
  'cljs.core.async$macros',
  'cljs.core.async',
  'cljs.core.async.macros$macros',
  'cljs.core.async.interop$macros',
  'cljs.core.async.interop',
  'clojure.test.check.random.longs.bit-count-impl',
  'clojure.test.check.random.longs',
  'clojure.test.check.random.doubles',
  'clojure.test.check.random',
  'clojure.test.check.impl',
  'clojure.test.check.results',
  'clojure.test.check.rose-tree',
  'clojure.test.check.generators$macros',
  'clojure.test.check.generators',
  'clojure.test.check.properties$macros',
  'clojure.test.check.properties',
  'clojure.test.check',
  'clojure.test.check.clojure-test.assertions.cljs$macros',
  'clojure.test.check.clojure-test.assertions',
  'clojure.test.check.clojure-test$macros',
  'clojure.test.check.clojure-test',
  'cognitect.transit',
];

// The modules of a folder, each in a function of its own, with a require that knows them and Node's built-ins.
function modules(dir) {
  const names = fs
    .readdirSync(dir)
    .filter((f) => f.endsWith('.js') && !f.endsWith('.test.js') && !ENTRIES.includes(f))
    .sort();
  const bodies = names.map(
    (f) =>
      `${JSON.stringify('./' + f)}: function (module, exports, require) {${fs.readFileSync(path.join(dir, f), 'utf8')}\n}`,
  );
  return `(function (node) {
  const sources = {${bodies.join(',\n')}};
  const loaded = {};
  return function require(name) {
    if (!sources[name]) return node(name);
    if (!loaded[name]) {
      const module = (loaded[name] = { exports: {} });
      sources[name](module, module.exports, require);
    }
    return loaded[name].exports;
  };
})`;
}

// An entry script. The compiled ClojureScript is a script of its own, because it must define globals, because stack frames tell
// the interpreter's own code by its name, lumo.js, and because text inside this script would be in the snapshot twice.
function entry(name, clojureScript, versions) {
  const main = fs.readFileSync(path.join(repo, 'lumo/js', name), 'utf8');
  return `'use strict';
(function (node, folder) {
const require = ${modules(path.join(repo, 'lumo/js'))}(node);
const $bundle = {
  versions: ${JSON.stringify(JSON.stringify(versions))},
  assetFolder: () => node('path').join(folder, 'assets'),
  runClojureScript: () => {
    const text = node('fs').readFileSync(node('path').join(folder, ${JSON.stringify(clojureScript)}), 'latin1');
    new (node('vm').Script)(text, { filename: 'lumo.js' }).runInThisContext();
  },
};
${main}
})(require, __dirname);
`;
}

function write(file, text) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
}

function cacheFiles(dir) {
  return fs
    .readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((e) => e.isFile() && e.name.endsWith('.cache.edn'))
    .map((e) => path.join(e.parentPath, e.name))
    .sort();
}

// digest names the bundle by its content; a compile cache is of one bundle.
function digest(clojureScript, modules, assets) {
  const hash = crypto.createHash('sha256');
  const add = (text) => hash.update(`${text.length}\n`).update(text);
  add(clojureScript);
  add(modules);
  for (const file of fs.readdirSync(assets, { recursive: true }).sort()) {
    const name = path.join(assets, file);
    if (!fs.statSync(name).isFile()) continue;
    add(file);
    add(fs.readFileSync(name, 'latin1'));
  }
  return hash.digest('hex').slice(0, 16);
}

const clojureScript = fs.readFileSync(path.join(stage1, 'main.js'), 'utf8');
fs.mkdirSync(assets, { recursive: true });

// Load the compiler as the snapshot's builder will, to have it make its own assets.
globalThis.require = require;
globalThis.$lumo = {
  assets: require(path.join(repo, 'lumo/js/assets.js')),
  jar: require(path.join(repo, 'lumo/js/jar.js')),
  addons: require(path.join(repo, 'lumo/js/addons.js')),
  entryFile: require(path.join(repo, 'lumo/js/entry.js')),
  closure: require(path.join(repo, 'lumo/js/closure.js')),
  versions: JSON.stringify({ lumo: version }),
};
$lumo.assets.useFolder(assets);
new vm.Script(clojureScript, { filename: 'lumo.js' }).runInThisContext();

// The runtime runs in a global object of its own, which tells what it has.
const runtime = fs.readFileSync(path.join(stage1, 'runtime.js'), 'utf8');
const runtimeGlobal = vm.createContext({ require, process, console, Buffer, URL, performance, $lumo });
runtimeGlobal.global = runtimeGlobal;
new vm.Script(runtime, { filename: 'lumo.js' }).runInContext(runtimeGlobal);
const has = (global, name) => Boolean(global.goog.getObjectByName(name.replace(/-/g, '_')));

// What is or needs the compiler is of no use to a packaged function (lumo.impl.package has the same list).
const COMPILER =
  /^(cljs\.(js|analyzer|compiler|env|closure|repl|source-map|tagged-literals)|lumo\.(impl|repl|build|main))(\.|$)/;

// bundledCode is the JavaScript of a namespace as stage 1 compiled it.
function bundledCode(file) {
  return fs
    .readFileSync(file.replace(/\.clj[cs]?\.cache\.edn$/, '.js'), 'utf8')
    .replace(/^\/\/# sourceMappingURL.*$/m, '');
}

const listing = {};
const build = globalThis.lumo.impl.build;
for (const file of cacheFiles(path.join(stage1, 'out'))) {
  const [name, analysis] = build.analysis_of_cache(fs.readFileSync(file, 'utf8'));
  if (!has(globalThis, name) && !name.endsWith('$macros')) continue; // it is the runtime's own
  write(path.join(assets, 'analysis', `${name}.json`), analysis);
  listing[name] = has(runtimeGlobal, name) ? 'runtime' : 'loaded';
  if (listing[name] === 'loaded' && !name.endsWith('$macros') && !COMPILER.test(name)) {
    write(path.join(assets, 'runtime', `${name}.js`), bundledCode(file));
  }
}
globalThis.lumo.main.prepare(listing);
build.configure(`${classpath}:${path.join(repo, 'lumo/lib')}:${libraries}`);
// The files of the Closure library that stage 1 used.
const used = new Set(
  fs.readdirSync(path.join(stage1, 'out', 'goog'), { recursive: true }).map((file) => `goog/${file}`),
);
const jar = new $lumo.jar.Jar(classpath.split(':').find((file) => /\/google-closure-library-0[^/]*$/.test(file)));
// transit's JavaScript is written in that library's way.
const transit = path.join(libraries, 'com');
const others = fs
  .readdirSync(transit, { recursive: true })
  .filter((file) => file.endsWith('.js'))
  .sort()
  .map((file) => fs.readFileSync(path.join(transit, file), 'utf8'));
write(
  path.join(assets, 'goog'),
  closureLibrary(jar, used, (name) => has(runtimeGlobal, name), others),
);
function onDemand(name, [code, analysis]) {
  write(path.join(assets, 'code', `${name}.js`), code);
  write(path.join(assets, 'analysis', `${name}.json`), analysis);
  listing[name] = 'code';
}
for (const name of MACRO_NAMESPACES) onDemand(`${name}$macros`, build.compile_macros(name));
for (const name of [...NAMESPACES, ...LIBRARIES]) {
  const macros = name.endsWith('$macros');
  onDemand(name, macros ? build.compile_macros(name.slice(0, -'$macros'.length)) : build.compile_namespace(name));
}
write(path.join(assets, 'listing.json'), JSON.stringify(listing));
// What `lumo --legal` prints.
write(
  path.join(assets, 'NOTICES'),
  ['LICENSE', 'THIRD_PARTY_NOTICES.md'].map((file) => fs.readFileSync(path.join(repo, file), 'utf8')).join('\n'),
);
// What `lumo --selfcheck` runs.
const checks = path.join(repo, 'lumo/js/selfcheck');
for (const file of fs.readdirSync(checks)) {
  write(path.join(assets, 'selfcheck', file), fs.readFileSync(path.join(checks, file), 'utf8'));
}
// The connections of lumo.nrepl, and the thread beside them.
for (const name of ['server', 'minder']) {
  write(
    path.join(assets, 'nrepl', `${name}.js`),
    `${modules(path.join(repo, 'lumo/js/nrepl'))}(require)('./${name}.js');\n`,
  );
}
// The digest is of what main.js is made of as well.
const versions = { lumo: version, bundle: digest(clojureScript, modules(path.join(repo, 'lumo/js')), assets) };
write(path.join(assets, 'runtime', 'packaged.js'), entry('packaged.js', 'runtime.js', versions));
write(path.join(assets, 'runtime', 'runtime.js'), runtime);
write(path.join(out, 'main.js'), entry('main.js', 'lumo.js', versions));
write(path.join(out, 'lumo.js'), clojureScript);
