// The entry script of the snapshot. While the snapshot is built it loads the compiled ClojureScript and makes the compiler
// ready; when it is restored, it starts the command line.
//
// build/recipes/bundle/stage2.js puts this file, the modules beside it and the compiled ClojureScript into one script; the
// two $bundle functions are what it provides.
'use strict';

const { startupSnapshot } = require('v8');

// Lambda's limit for a buffered answer: 6 MiB and 100 bytes ("Exceeded maximum allowed payload size (6291556 bytes)").
const MAX_ANSWER = 6 * 1024 * 1024 + 100;

// What ClojureScript sees of JavaScript, as js/$lumo.
globalThis.$lumo = {
  assets: require('./assets.js'),
  jar: require('./jar.js'),
  frame: require('./frame.js'),
  child: require('./child.js'),
  streams: require('./streams.js'),
  addons: require('./addons.js'),
  versions: $bundle.versions,
  maxAnswer: MAX_ANSWER,
  entry: __filename, // as stack frames name it
};

// A random pool that is filled while the snapshot is built would be the same in every process started from it.
function refuseRandomPools() {
  const crypto = require('crypto');
  const saved = { randomUUID: crypto.randomUUID, randomInt: crypto.randomInt };
  for (const name of Object.keys(saved)) {
    crypto[name] = () => {
      throw new Error(`crypto.${name} must not be called while the snapshot is built`);
    };
  }
  return () => Object.assign(crypto, saved);
}

if (startupSnapshot.isBuildingSnapshot()) {
  const allowRandomPools = refuseRandomPools();
  globalThis.require = require; // what the compiled namespaces load at their top level are built-in modules
  $lumo.assets.useFolder($bundle.assetFolder());
  $bundle.runClojureScript();
  lumo.main.prepare(JSON.parse($lumo.assets.text('listing.json')));
  $lumo.assets.useFolder(null);
  allowRandomPools();
  startupSnapshot.setDeserializeMainFunction(() => {
    $lumo.addons.install();
    // In a single executable argv is [executable, executable, …arguments].
    lumo.main.start(process.argv.slice(2));
  });
}
