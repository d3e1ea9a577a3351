// Proves that the linter and the judge can fail: documents with one thing broken, exchanges with one thing wrong; and that
// they are content where nothing is.
//
// usage: NODE_PATH=… node selftest.js RECORD
//   RECORD: as for answers.js; only the document is taken from it
'use strict';
const fs = require('fs');
const { Judge } = require('./judge');
const { lint } = require('./lint');

const text = fs.readFileSync(process.argv[2], 'utf8').split('\n').filter((line) => line.includes('"/openapi.json"'))
  .map((line) => JSON.parse(line)).find((exchange) => exchange.status === 200 && exchange.method === 'GET').body;
let count = 0, failed = 0;

function expect(what, found, wanted) {
  count++;
  const good = wanted ? found.some((line) => line.includes(wanted)) : found.length === 0;
  if (good) return;
  failed++;
  console.log(`openapi selftest: ${what}: ${wanted || 'nothing'} expected, got ${JSON.stringify(found)}`);
}

const vector = (document) => document.paths['/vector'].get;

const broken = [
  ['security-defined', (d) => { d.security = [{ nobody: [] }]; }],
  ['struct', (d) => { delete d.info.title; }],
  ['struct', (d) => { d.paths['/vector'].gett = {}; }],
  ['struct', (d) => { d.components.schemas.Vector.type = 'list'; }],
  ['version', (d) => { d.openapi = '3.1.1'; }],
  ['no-unresolved-refs', (d) => { vector(d).parameters[0].$ref = '#/components/parameters/Nothing'; }],
  ['no-unused-components', (d) => { d.components.schemas.Unused = { type: 'string' }; }],
  ['no-invalid-media-type-examples', (d) => { vector(d).responses[200].content['application/json'].example.extra = 1; }],
  ['no-invalid-parameter-examples', (d) => { d.components.parameters.Index.example = 'cat'; }],
  ['no-required-schema-properties-undefined', (d) => { d.components.schemas.Problem.required.push('cause'); }],
  ['operation-operationId-unique', (d) => { d.paths['/vectors'].post.operationId = 'getVector'; }],
  ['operation-parameters-unique', (d) => { vector(d).parameters.push(vector(d).parameters[0]); }],
  ['operation-tag-defined', (d) => { vector(d).tags = ['nothing']; }],
  ['operation-2xx-response', (d) => { delete vector(d).responses[200]; }],
  ['operation-summary', (d) => { delete vector(d).summary; }],
  ['parameter-description', (d) => { delete d.components.parameters.Word.description; }],
  ['path-parameters-defined', (d) => { d.paths['/models/{name}'].get.parameters.splice(1, 1); }],
];

const json = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-cache\r\nVary: Accept, Authorization\r\nETag: "00112233445566778899aabbccddeeff-json-0.1.0-0123456789abcdef-9"\r\n\r\n';
const problem = 'HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json\r\n\r\n';
const floats = json.replace('json', 'octet-stream').replace('\r\n\r\n', '\r\nX-Shape: 3\r\nX-Dtype: float32\r\n\r\n');
const answer = { model: 'zoo', word: 'cat', index: 0, dim: 2, vector: [0.5, 1] };
const missing = { type: '/problems/word-not-found', title: 'T', status: 404, detail: 'D', code: 'word_not_found', suggestions: [] };
const matches = { model: 'zoo', metric: 'cosine', exact: true, neighbors: [] };

// An exchange that is right, but for what `change` says.
function get(target, value, change) {
  return { method: 'GET', target, request: null, status: 200, head: json, length: 1, body: JSON.stringify(value), ...change };
}
const post = (target, request, value) => get(target, value, { method: 'POST', request: JSON.stringify(request) });
const refused = (target, value, change) => get(target, value, { status: 404, head: problem, ...change });

const exchanges = [
  [null, get('/vector?word=caf%E9&format=json', answer)],
  [null, get('/vector?index=0', undefined, { method: 'HEAD', body: '' })],
  [null, get('/vector?word=cat', undefined, { head: floats, length: 12, body: null })],
  [null, get('/models/a%2Fb', missing, { status: 404, head: problem })],
  [null, get('/livez?x=1', undefined, { head: json.replace('application/json', 'text/plain; charset=utf-8').replace(/ETag.*\r\n/, ''), body: 'alive\n' })],
  [null, get('/neighbors?vector=0.5,1&k=3&positive=a&positive=b', matches)],
  [null, post('/neighbors', { word: 'cat', k: 3 }, matches)],
  [null, post('/neighbors', { queries: [{ index: 1 }] }, { model: 'zoo', results: [matches, { error: missing }] })],
  [null, get('/neighbors?k=3', matches, { method: 'POST', type: 'application/x-npy', request: null })],
  ['parameter k beside', post('/neighbors?k=3', { word: 'cat' }, matches)],
  ['is not JSON', get('/vectors', undefined, { method: 'POST', type: 'application/x-npy', request: '\u0093NUMPY' })],
  [null, refused('/vector?word=x', missing)],
  [null, refused('/v1/nothing', { error: { message: 'M', type: 'server_error', param: null, code: 'unknown_url' } }, { head: problem.replace('problem+', '') })],
  ['type "application/problem+json" is not documented', refused('/v1/nothing', missing)],
  [null, refused('/nothing', { ...missing, code: 'route_not_found' })],
  ['additional properties', get('/vector?word=cat', { ...answer, extra: 1 })],
  ['must have required property', get('/vector?word=cat', { ...answer, dim: undefined })],
  ['must be number', get('/vector?word=cat', { ...answer, vector: ['0.5'] })],
  ['must be integer', get('/vector?word=cat', { ...answer, index: 0.5 })],
  ['unevaluated properties', post('/lookup', { indices: [0] }, { model: 'zoo', shape: [1, 2], vectors: [[1, 2]], found: [true] })],
  ['does not fit', post('/neighbors', { queries: [{ index: 1 }] }, { model: 'zoo', results: [{ ...matches, error: missing }] })],
  ['is not JSON', get('/vector?word=cat', undefined, { body: '{"model":' })],
  ['is not UTF-8', get('/vector?word=cat', undefined, { body: null })],
  ['type "text/html" is not documented', get('/vector?word=cat', answer, { head: json.replace('application/json', 'text/html') })],
  ['has no Vary', get('/vector?word=cat', answer, { head: json.replace(/Vary.*\r\n/, '') })],
  ['Cache-Control: ', get('/vector?word=cat', answer, { head: json.replace('no-cache', 'no-store') })],
  ['field x-new is not documented', get('/vector?word=cat', answer, { head: json.replace('\r\n\r\n', '\r\nX-New: 1\r\n\r\n') })],
  ['bytes of shape', get('/vector?word=cat', undefined, { head: floats, length: 8, body: null })],
  ['without X-Shape', get('/vector?word=cat', undefined, { head: floats.replace(/X-Shape.*\r\n/, ''), length: 12, body: null })],
  ['parameter colour is not documented', get('/vector?word=cat&colour=red', answer)],
  ['parameter format', get('/vector?word=cat&format=xml', answer)],
  ['parameter word: given twice', get('/vector?word=cat&word=dog', answer)],
  ['the request was taken, but does not fit', post('/neighbors', { word: 'cat', colour: 'red' }, matches)],
  ['the request was taken, but does not fit', post('/lookup', { indices: [-1] }, { model: 'zoo', shape: [0, 2], vectors: [] })],
  ['the request was taken, but is not JSON', get('/neighbors', matches, { method: 'POST', request: '{' })],
  ['418 is not documented', refused('/vector?word=x', missing, { status: 418 })],
  ['does not fit', refused('/vector?word=x', { ...missing, code: 'invalid_request' })],
  ['does not fit', refused('/vector?word=x', { ...missing, status: 400 })],
  ['the code is word_not_found', refused('/nothing', missing)],
  ['200 where a 404', get('/nothing', answer)],
  ['200 where a 405', get('/lookup', answer)],
];

async function main() {
  expect('the document', await lint(text), null);
  for (const [rule, breakIt] of broken) {
    const document = JSON.parse(text);
    breakIt(document);
    expect(String(breakIt), await lint(JSON.stringify(document)), rule);
  }
  const judge = new Judge(JSON.parse(text));
  for (const [wanted, exchange] of exchanges) expect(JSON.stringify(exchange), judge.judge(exchange), wanted);
  expect('an operation that was never asked', judge.unseen(), 'getWords application/json');
  expect('a type that was never seen', judge.unseen(), 'getVector application/x-npy');
  expect('one that was', judge.unseen().filter((name) => name === 'getVector application/json'), null);
  console.log(`openapi selftest: ${count} documents and exchanges, ${failed} judged wrongly`);
  process.exit(failed ? 1 : 0);
}

main();
