'use strict';

exports.handler = async (event, context) => {
  console.log('greeting for request', context.awsRequestId);
  return { greeting: `Hello, ${event.name}!` };
};
