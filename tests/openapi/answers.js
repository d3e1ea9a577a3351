// Judges every exchange that the HTTP tests had by the document that the daemon described itself with.
//
// usage: NODE_PATH=… node answers.js RECORD
//   RECORD: a line of JSON an exchange (tests/support/http_client.c, HTTP_RECORD); one of them asked for /openapi.json
'use strict';
const fs = require('fs');
const readline = require('readline');
const { Judge } = require('./judge');
const { lint } = require('./lint');

async function main() {
  const lines = new Map(); // line → how often: tests that wait ask the same many times
  for await (const line of readline.createInterface({ input: fs.createReadStream(process.argv[2]) })) {
    lines.set(line, (lines.get(line) || 0) + 1);
  }
  const exchanges = [...lines].map(([line, count]) => ({ ...JSON.parse(line), count }));
  const own = exchanges.find((exchange) => exchange.target === '/openapi.json' && exchange.method === 'GET' && exchange.status === 200);
  if (!own) throw new Error('no test asked for /openapi.json');

  const breaches = await lint(own.body);
  for (const breach of breaches) console.log(`openapi lint: ${breach}`);
  const judge = new Judge(JSON.parse(own.body));
  const complaints = new Set();
  let count = 0;
  for (const exchange of exchanges) {
    count += exchange.count;
    for (const complaint of judge.judge(exchange)) {
      complaints.add(`${exchange.method} ${exchange.target.slice(0, 120)} → ${exchange.status}: ${complaint}`);
    }
  }
  for (const complaint of [...complaints].slice(0, 40)) console.log(`openapi: ${complaint}`);
  const unseen = judge.unseen();
  for (const name of unseen) console.log(`openapi: no HTTP test saw ${name} answer well`);
  console.log(`openapi: ${breaches.length} breaches of lint; ${count} exchanges (${exchanges.length} different), ${complaints.size} complaints`);
  process.exit(breaches.length || complaints.size || unseen.length || count < 1000 ? 1 : 0);
}

main().catch((error) => {
  console.log(`openapi: ${error.stack}`);
  process.exit(1);
});
