// `lumo --selfcheck`: runs the checks of the folder selfcheck, which are assets, so that a start pays nothing for them.
'use strict';

const vm = require('vm');
const assets = require('./assets.js');

const loaded = {};

// load is `require` for the checks: files of their folder by ./name.js, and Node's own modules.
function load(name) {
  if (!name.startsWith('./')) return process.getBuiltinModule(name);
  if (!loaded[name]) {
    const filename = `selfcheck/${name.slice(2)}`;
    const wrapped = new vm.Script(`(function (module, require) {${assets.text(filename)}\n})`, {
      filename,
      importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER, // a check imports
    });
    loaded[name] = { exports: {} };
    wrapped.runInThisContext()(loaded[name], load);
  }
  return loaded[name].exports;
}

// run prints a line a check, and exits with status 0, or 1 where one has failed.
module.exports.run = () => load('./run.js').run();
