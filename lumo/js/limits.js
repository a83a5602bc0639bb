'use strict';

// Lambda's limit for a buffered answer: 6 MiB and 100 bytes ("Exceeded maximum allowed payload size (6291556 bytes)").
module.exports = { MAX_ANSWER: 6 * 1024 * 1024 + 100 };
