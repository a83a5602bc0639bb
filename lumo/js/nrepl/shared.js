// The numbers that the server's thread and its minder share, by their index in an Int32Array.
'use strict';

module.exports = {
  RUNNING: 0, // the number of the session whose code runs, or 0; written by the server
  MINDING: 1, // 1 while the minder reads sockets; written by the minder
  COUNT: 2, // how often the minder has read something
  OURS: 3, // 1 where the minder has sent a SIGINT
  SIZE: 4,
};
