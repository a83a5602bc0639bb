// Checks or rewrites the form of Clojure and ClojureScript files.
//
//   node cljform.js FORMATTER check|fix FILE…
//
// FORMATTER is the file of Standard Clojure Style. Exits 1 when a file is not in form (check) or cannot be read.
'use strict';

const fs = require('node:fs');

const [formatter, mode, ...files] = process.argv.slice(2);
const { format } = require(formatter);

let bad = 0;
for (const file of files) {
  const text = fs.readFileSync(file, 'utf8');
  const result = format(text);
  if (result.status !== 'success') {
    bad++;
    console.log(`${file}: ${result.reason}`);
    continue;
  }
  const formed = `${result.out.trimEnd()}\n`;
  if (formed === text) continue;
  if (mode === 'fix') {
    fs.writeFileSync(file, formed);
    console.log(`${file}: put in form`);
    continue;
  }
  bad++;
  const lines = text.split('\n');
  const at = formed.split('\n').findIndex((line, i) => line !== lines[i]);
  console.log(`${file}:${at + 1}: not in form`);
}
process.exitCode = bad > 0 ? 1 : 0;
