// The Closure library as one asset, in the form that lumo/js/closure.js reads.
'use strict';

const { provides } = require('../../../lumo/js/closure.js');

// What cannot be of use without a page to show, and the tables of all the world's locales beside those of the common ones.
const LEFT_OUT =
  /^goog\/(demos|testing|ui|editor|graphics|fx|positioning|style|module|labs\/testing|soy|tweak)\/|_test\.js$|_perf\.js$|_test_suite\.js$|ext\.js$|\/html\/.*vectors\.js$/;

// withoutComments takes out the comments that begin a line: nearly all of them, and nothing that could be in a string.
function withoutComments(text) {
  return text
    .replace(/^[ \t]*\/\*[\s\S]*?\*\//gm, '')
    .replace(/^[ \t]*\/\/.*$/gm, '')
    .replace(/\n\s*\n/g, '\n')
    .trim();
}

// closureLibrary is the asset: the library in `jar`, of which the compiler's snapshot has the files `used`, and that of packaged
// functions the names for which `packaged` is true; and the texts `others`.
function closureLibrary(jar, used, packaged, others) {
  const index = {};
  const texts = [];
  let offset = 0;
  function add(file, ...mark) {
    const text = withoutComments(file);
    const names = provides(text); // none: base.js, deps.js, modules of ECMAScript's kind
    if (names.length === 0) return;
    const length = Buffer.byteLength(text);
    for (const name of names) index[name] = [offset, length, ...mark];
    texts.push(text);
    offset += length + 1;
  }
  for (const name of jar.names().sort()) {
    if (!name.startsWith('goog/') || !name.endsWith('.js') || LEFT_OUT.test(name)) continue;
    const text = jar.read(name).toString('utf8');
    if (!used.has(name)) add(text);
    else if (!provides(text).every(packaged)) add(text, 1);
    else for (const provided of provides(text)) index[provided] = 0;
  }
  for (const text of others) add(text);
  return `${JSON.stringify(index)}\n${texts.join('\n')}\n`;
}

module.exports = { closureLibrary };
