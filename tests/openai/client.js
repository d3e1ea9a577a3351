// OpenAI's official client, unchanged, against a daemon that serves the bundled sample: inputs in every form, both
// encodings, models, and refusals as the exceptions that its users catch. Vectors are compared bit for bit with means
// that are taken here from the file.
'use strict';
const assert = require('node:assert/strict');
const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const readline = require('node:readline');
const zlib = require('node:zlib');
const OpenAI = require('openai');

const binary = path.resolve(process.argv[2]);
const root = path.resolve(__dirname, '../..');
const sample = path.join(root, 'deploy/sample/classics.50d.txt.gz');
const model = 'classics.50d';
let checks = 0;

// ---- what is expected

const rows = zlib.gunzipSync(fs.readFileSync(sample)).toString().trimEnd().split('\n').map((line) => line.split(' '));
const vectors = rows.map((row) => Float32Array.from(row.slice(1), Number));
const rowOf = new Map(rows.map((row, i) => [row[0], i]));

function meanOf(indices) {
  const sum = new Float64Array(vectors[0].length).fill(-0);
  for (const i of indices) vectors[i].forEach((value, d) => { sum[d] += value; });
  return Float32Array.from(sum, (value) => value / indices.length);
}

const meanOfWords = (...words) => meanOf(words.map((word) => rowOf.get(word)));

function sameFloats(got, wanted, text) {
  checks++;
  assert.deepEqual(Float32Array.from(got), wanted, text);
}

function same(got, wanted, text) {
  checks++;
  assert.deepEqual(got, wanted, text);
}

// ---- the daemon

async function serve(store, ...flags) {
  const daemon = spawn(binary, ['serve', '--store', store, '--listen', '127.0.0.1:0', ...flags], { stdio: ['ignore', 'ignore', 'pipe'] });
  for await (const line of readline.createInterface({ input: daemon.stderr })) {
    const found = line.match(/listening on (http:\/\/127\.0\.0\.1:\d+)/);
    if (!found) continue;
    daemon.stderr.resume();
    return { url: found[1], stop: () => new Promise((done) => { daemon.once('exit', done); daemon.kill(); }) };
  }
  throw new Error('the daemon did not say where it listens');
}

// A client, and the bodies of what it sends.
function clientOf(daemon, options) {
  const sent = [];
  const recorder = (url, init) => {
    sent.push(init.body ? JSON.parse(init.body) : null);
    return fetch(url, init);
  };
  return { client: new OpenAI({ baseURL: `${daemon.url}/v1`, apiKey: 'none', fetch: recorder, ...options }), sent };
}

// ---- tests

async function inputs(client) {
  const create = async (input, more) => (await client.embeddings.create({ model, input, ...more })).data;
  sameFloats((await create('cat'))[0].embedding, vectors[rowOf.get('cat')], 'a word');
  sameFloats((await create('The cat sat, on the mat!'))[0].embedding, meanOfWords('the', 'cat', 'sat', 'on', 'the', 'mat'), 'a text');
  const texts = await create(['Dog', 'xyzzy  cat\ndog.', 'queen']);
  same(texts.map((entry) => [entry.object, entry.index]), [['embedding', 0], ['embedding', 1], ['embedding', 2]], 'entries');
  sameFloats(texts[0].embedding, meanOfWords('dog'), 'the first of several');
  sameFloats(texts[1].embedding, meanOfWords('cat', 'dog'), 'unknown words are left out');
  sameFloats((await create([7, 8, 7]))[0].embedding, meanOf([7, 8, 7]), 'tokens');
  const lists = await create([[0, 1, 2], [24999]]);
  sameFloats(lists[0].embedding, meanOf([0, 1, 2]), 'lists of tokens');
  sameFloats(lists[1].embedding, vectors[24999], 'the last row');
  const many = await create(Array.from({ length: 2048 }, (_, i) => rows[i][0]));
  many.forEach((entry, i) => sameFloats(entry.embedding, vectors[i], `input ${i} of 2048`));
}

async function encodings(client, sent) {
  const ask = async (more) => client.embeddings.create({ model, input: 'cat dog', ...more });
  const wanted = meanOfWords('cat', 'dog');
  sent.length = 0;
  const plain = await ask();
  same(sent[0].encoding_format, 'base64', 'the client asks for base64 and decodes it');
  sameFloats(plain.data[0].embedding, wanted, 'the encoding that the client prefers');
  sameFloats((await ask({ encoding_format: 'float' })).data[0].embedding, wanted, 'float');
  const text = (await ask({ encoding_format: 'base64' })).data[0].embedding;
  same(Buffer.from(text, 'base64'), Buffer.from(wanted.buffer), 'base64');
  same({ ...plain, data: null }, { object: 'list', data: null, model, usage: { prompt_tokens: 2, total_tokens: 2 } }, 'the frame');
  sameFloats((await ask({ dimensions: 50, user: 'somebody' })).data[0].embedding, wanted, 'dimensions and user');
  const zeros = await client.embeddings.create({ model, input: ['xyzzy', '...'], oov: 'zero' });
  for (const entry of zeros.data) sameFloats(entry.embedding, new Float32Array(50), 'oov=zero');
}

async function models(client) {
  const listed = [];
  for await (const entry of client.models.list()) listed.push(entry);
  same(listed.map((entry) => entry.id), [model, 'other'], 'the list');
  const entry = await client.models.retrieve(model);
  same(entry, listed[0], 'one of them');
  same([entry.object, entry.owned_by], ['model', 'wordvec'], 'its members');
  checks++;
  assert.ok(Math.abs(entry.created - Date.now() / 1000) < 3600, `created at ${entry.created}`);
}

// The request must fail with exactly this class, status, code and param.
async function fails(request, type, status, code, param) {
  checks++;
  await assert.rejects(request, (error) => {
    assert.equal(error.constructor, type, `${error.constructor.name}: ${error.message}`);
    assert.deepEqual([error.status, error.code, error.param], [status, code, param], error.message);
    assert.equal(error.type, status < 500 ? 'invalid_request_error' : 'server_error');
    assert.ok(error.message.length > `${status} `.length);
    return true;
  });
}

async function refusals(client) {
  const create = (body) => client.embeddings.create(body);
  await fails(create({ model: 'text-embedding-3-small', input: 'cat' }), OpenAI.NotFoundError, 404, 'model_not_found', null);
  await fails(client.models.retrieve('nosuch'), OpenAI.NotFoundError, 404, 'model_not_found', null);
  await fails(client.get('/nosuch'), OpenAI.NotFoundError, 404, 'unknown_url', null);
  await fails(create({ model, input: '' }), OpenAI.BadRequestError, 400, 'invalid_request', 'input');
  await fails(create({ model, input: [] }), OpenAI.BadRequestError, 400, 'invalid_request', 'input');
  await fails(create({ model, input: ['cat', 'xyzzy'] }), OpenAI.BadRequestError, 400, 'invalid_request', 'input[1]');
  await fails(create({ model, input: [[1], [2, 25000]] }), OpenAI.BadRequestError, 400, 'invalid_request', 'input[1][1]');
  await fails(create({ model, input: 'cat', dimensions: 20 }), OpenAI.BadRequestError, 400, 'invalid_request', 'dimensions');
  await fails(create({ model, input: 'cat', encoding_format: 'hex' }), OpenAI.BadRequestError, 400, 'invalid_request', 'encoding_format');
  await fails(create({ input: 'cat' }), OpenAI.BadRequestError, 400, 'invalid_request', 'model');
  await fails(client.models.delete(model), OpenAI.APIError, 405, 'method_not_allowed', null);
  await fails(create({ model, input: 'cat '.repeat(300000) }), OpenAI.APIError, 413, 'body_too_large', null);
}

// A server that has no memory left for the moment is asked again after the time that it names.
async function busy(store) {
  const daemon = await serve(store, '--limit-parsing-bytes', '1M');
  const { client, sent } = clientOf(daemon, { maxRetries: 1 });
  await fails(client.embeddings.create({ model, input: 'cat '.repeat(200000) }), OpenAI.InternalServerError, 503, 'busy', null);
  same(sent.length, 2, 'tries');
  await daemon.stop();
}

// The lines that README.md shows, which say behind them what they print.
function readme(url) {
  const page = fs.readFileSync(path.join(root, 'README.md'), 'utf8');
  const lines = page.match(/^```js\n([^`]*openai[^`]*)^```/m)[1];
  const file = path.join(process.env.NODE_PATH, '../readme.mjs'); // where import finds the client
  fs.writeFileSync(file, lines.replace('http://localhost:8080', url));
  same(execFileSync(process.execPath, [file]).toString().trim(), lines.match(/\/\/ (.*)/)[1], 'README.md');
}

async function main() {
  const store = fs.mkdtempSync(path.join(os.tmpdir(), 'wordvec-openai.'));
  execFileSync(binary, ['import', sample, '--store', store], { stdio: 'ignore' });
  fs.copyFileSync(path.join(store, `${model}.mdb`), path.join(store, 'other.mdb'));
  const daemon = await serve(store);
  try {
    const { client, sent } = clientOf(daemon, { maxRetries: 0 });
    await inputs(client);
    await encodings(client, sent);
    await models(client);
    await refusals(client);
    await busy(store);
    readme(daemon.url);
  } finally {
    await daemon.stop();
    fs.rmSync(store, { recursive: true });
  }
  console.log(`OpenAI's client ${require('openai/version').VERSION} on the sample: ${checks} checks`);
}

main().catch((error) => {
  console.log(`openai: ${error.stack}`);
  process.exit(1);
});
