// The entry script of the snapshot. While the snapshot is built it loads the compiled ClojureScript and makes the compiler
// ready; when it is restored, it starts the command line.
//
// build/recipes/bundle/stage2.js puts this file, the modules beside it and the compiled ClojureScript into one script; the
// two $bundle functions are what it provides.
'use strict';

const { startupSnapshot } = require('v8');

// What ClojureScript sees of JavaScript, as js/$lumo.
globalThis.$lumo = {
  assets: require('./assets.js'),
  jar: require('./jar.js'),
  entryFile: require('./entry.js'),
  frame: require('./frame.js'),
  child: require('./child.js'),
  answer: require('./answer.js'),
  streams: require('./streams.js'),
  addons: require('./addons.js'),
  builtins: require('./builtins.js'),
  closure: require('./closure.js'),
  selfcheck: require('./selfcheck.js'),
  versions: $bundle.versions,
  maxAnswer: require('./limits.js').MAX_ANSWER,
  entry: __filename, // as stack frames name it
};

// crypto must not be in the snapshot. A random pool that was filled while that was built would be the same in every process
// started from it; and a worker thread that loads crypto aborts the process where the snapshot has it. The list of what is
// loaded is Node's own affair: test/testdata/script/lumo/crypto.txtar tells when it changes.
function refuseCrypto() {
  const loaded = process.moduleLoadList.filter((name) => name.startsWith('NativeModule internal/crypto/random'));
  if (loaded.length > 0) throw new Error('crypto was loaded while the snapshot was built');
}

if (startupSnapshot.isBuildingSnapshot()) {
  globalThis.require = require; // what the compiled namespaces load at their top level are built-in modules
  $lumo.assets.useFolder($bundle.assetFolder());
  $bundle.runClojureScript();
  lumo.main.prepare(JSON.parse($lumo.assets.text('listing.json')));
  $lumo.assets.useFolder(null);
  refuseCrypto();
  startupSnapshot.setDeserializeMainFunction(() => {
    $lumo.addons.install();
    // In a single executable argv is [executable, executable, …arguments].
    lumo.main.start(process.argv.slice(2));
  });
}
