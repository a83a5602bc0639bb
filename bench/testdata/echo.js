'use strict';

module.exports = async (event) => event;
