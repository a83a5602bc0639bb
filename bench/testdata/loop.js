// The least loop over the Lambda Runtime API that keeps its connection: what a JavaScript handler costs on the bare engine.
'use strict';

const http = require('node:http');
const handler = require(`./${process.env._HANDLER}.js`).handler;

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host, port, agent, method, path: `/2018-06-01/runtime/invocation/${path}` }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks) }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

async function main() {
  for (;;) {
    const { headers, body } = await call('GET', 'next');
    const id = headers['lambda-runtime-aws-request-id'];
    const answer = await handler(JSON.parse(body), { awsRequestId: id });
    await call('POST', `${id}/response`, JSON.stringify(answer));
  }
}

main();
