// The entry script of a snapshot without the compiler, for packaged functions: while it is built it loads ClojureScript's
// library and the child's side of the conversation with bootstrap and, where LUMO_PRELOAD names a function's root, that
// function with its npm modules. build/recipes/bundle/stage2.js puts it together, as it does main.js.
'use strict';

const { startupSnapshot } = require('v8');

// What ClojureScript sees of JavaScript, as js/$lumo: what main.js gives it, without what only the compiler needs.
globalThis.$lumo = {
  jar: require('./jar.js'),
  entryFile: require('./entry.js'),
  frame: require('./frame.js'),
  child: require('./child.js'),
  answer: require('./answer.js'),
  streams: require('./streams.js'),
  addons: require('./addons.js'),
  closure: require('./closure.js'),
  versions: $bundle.versions,
  maxAnswer: require('./limits.js').MAX_ANSWER,
  entry: __filename,
};

if (startupSnapshot.isBuildingSnapshot()) {
  globalThis.require = require;
  $bundle.runClojureScript();
  lumo.runtime.prepare();
  require('net'); // child.js listens with it
  const preloaded = process.env.LUMO_PRELOAD ? require('./preload.js').load(process.env.LUMO_PRELOAD) : null;
  startupSnapshot.setDeserializeMainFunction(() => {
    $lumo.addons.install();
    preloaded?.adopt();
    // In a single executable argv is [executable, executable, …arguments].
    lumo.runtime.start(process.argv.slice(2));
  });
}
