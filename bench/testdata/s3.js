// The greeting, in a function that has the AWS SDK loaded and a client made.
'use strict';

const { S3Client } = require('@aws-sdk/client-s3');

exports.client = new S3Client({ region: 'eu-west-1' });
exports.handler = require('./hello.js').handler;
