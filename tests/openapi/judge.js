// Judges exchanges of HTTP by an OpenAPI document: is the path known, the method, the status, the type and the fields of
// the answer; does its body fit the schema; and, of what was answered well, are the parameters and the body of the
// request described. A field of an answer that no schema names is a complaint, for the schemas are strict.
'use strict';
const Ajv = require('ajv/dist/2020');
const addFormats = require('ajv-formats');

// What HTTP itself says with an answer (RFC 9110), or for a browser (CORS), and so needs no description.
const usualFields = new Set(['access-control-allow-origin', 'access-control-expose-headers', 'connection', 'content-length', 'content-type', 'date']);
// Refusals before anybody knows which route is meant.
const everywhere = ['400', '401', '413', '414', '431', '503'];

// Whose shape refusals have below a prefix: the names of shared responses begin so.
const families = [['/v1/', 'OpenaiError'], ['/word2vec/', 'Word2vecError'], ['', 'Problem']];

// The fields of the head's last answer, by their names in lower case.
function fieldsOf(head) {
  const fields = new Map();
  for (const line of head.split('\r\n').slice(1)) {
    if (line === 'Vary: Origin') continue; // beside the other: for a browser (CORS), too
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return fields;
}

// Percent-decoded; what is not UTF-8 by its bytes.
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replace(/%([0-9A-Fa-f]{2})/g, (_, digits) => String.fromCharCode(parseInt(digits, 16)));
  }
}

// The schema with references that lead to the document's schemas from wherever it stands.
function elsewhere(schema) {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components/schemas/', '"schemas#/$defs/'));
}

class Judge {
  constructor(document) {
    this.document = document;
    // Queries and fields are text: numbers and lists of one are made of it where the schema wants them.
    this.schemas = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allErrors: false });
    this.texts = new Ajv({ strict: true, strictTypes: false, strictRequired: false, coerceTypes: 'array' });
    for (const ajv of [this.schemas, this.texts]) {
      addFormats(ajv);
      ajv.addSchema(elsewhere({ $id: 'schemas', $defs: document.components.schemas }));
    }
    this.compiled = new Map();
    this.seen = new Set();
  }

  resolve(object) {
    while (object && object.$ref) {
      object = object.$ref.slice(2).split('/').reduce((at, key) => at[key.replace(/~1/g, '/').replace(/~0/g, '~')], this.document);
    }
    return object;
  }

  // Why the value does not fit the schema; '' when it does.
  misfit(ajv, schema, value) {
    let compiled = this.compiled.get(schema);
    if (!compiled) {
      compiled = ajv.compile(elsewhere(schema));
      this.compiled.set(schema, compiled);
    }
    return compiled(value) ? '' : ajv.errorsText(compiled.errors.slice(0, 4), { dataVar: '' });
  }

  // The template of the path: "/models/{name}" of "/models/glove".
  template(path) {
    const { paths } = this.document;
    if (Object.hasOwn(paths, path)) return path;
    return Object.keys(paths).find((key) => key.includes('{') &&
      new RegExp(`^${key.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]*\}/g, '.*')}$`, 's').test(path));
  }

  // Complaints about one exchange.
  judge(exchange) {
    const [rawPath, query] = exchange.target.split(/\?(.*)/s);
    const template = this.template(decode(rawPath));
    const item = template && this.document.paths[template];
    const method = exchange.method === 'HEAD' ? 'get' : exchange.method.toLowerCase();
    const operation = item && item[method];
    const status = String(exchange.status);
    if (!operation) {
      const expected = item ? '405' : '404';
      if (status !== expected && !everywhere.includes(status)) return [`${status} where a ${expected} is documented`];
      const { responses } = this.document.components;
      const family = families.find(([prefix]) => rawPath.startsWith(prefix))[1];
      const code = family === 'Problem' && { 404: 'route_not_found', 405: 'method_not_allowed' }[status];
      return this.judgeAnswer(exchange, responses[family + status] || responses[family], code);
    }
    const response = this.resolve(operation.responses[status]);
    if (!response) return [`${status} is not documented`];
    const complaints = this.judgeAnswer(exchange, response);
    if (exchange.status < 300) {
      this.seen.add(`${operation.operationId} ${fieldsOf(exchange.head).get('content-type')?.split(';')[0]}`);
      complaints.push(...this.judgeQuery(operation, query, exchange), ...this.judgeBody(operation, exchange));
    }
    return complaints;
  }

  // What is described once, for it comes with every answer.
  everyAnswer() {
    return Object.values(this.document.components.headers).map((header) => [header['x-every-answer'], header])
      .filter(([name]) => name);
  }

  judgeAnswer(exchange, response, code) {
    if (!response) return [`no shared response describes ${exchange.status}`];
    const complaints = [];
    const fields = fieldsOf(exchange.head);
    const type = (fields.get('content-type') || '').split(';')[0];
    const media = response.content && response.content[type];
    const documented = new Set(usualFields);
    for (const [name, reference] of [...this.everyAnswer(), ...Object.entries(response.headers || {})]) {
      const header = this.resolve(reference), key = name.toLowerCase();
      documented.add(key);
      if (!fields.has(key)) {
        if (header.required) complaints.push(`has no ${name}`);
        continue;
      }
      const misfit = this.misfit(this.texts, header.schema, fields.get(key));
      if (misfit) complaints.push(`${name}: ${misfit}`);
    }
    for (const key of fields.keys()) if (!documented.has(key)) complaints.push(`the field ${key} is not documented`);
    if (!response.content && !type) return complaints;
    if (!media) return [...complaints, `the type "${type}" is not documented`];
    if (exchange.method === 'HEAD') return complaints;
    if (type === 'application/octet-stream') return [...complaints, ...this.judgeFloats(exchange, fields)];
    if (exchange.body === null) return type === 'application/x-npy' ? complaints : [...complaints, 'the body is not UTF-8'];
    let value = exchange.body;
    if (type.endsWith('json')) {
      try {
        value = JSON.parse(exchange.body);
      } catch (error) {
        return [...complaints, `the body is not JSON: ${error.message}`];
      }
    }
    const misfit = this.misfit(this.schemas, media.schema, value);
    if (misfit) complaints.push(`the answer does not fit: ${misfit}`);
    if (code && value.code !== code) complaints.push(`the code is ${value.code}, not ${code}`);
    return complaints;
  }

  judgeFloats(exchange, fields) {
    const shape = fields.get('x-shape'), size = { float32: 4, float64: 8 }[fields.get('x-dtype')];
    if (!shape || !size) return ['bare floats without X-Shape and X-Dtype'];
    const bytes = shape.split(',').reduce((product, length) => product * Number(length), size);
    return bytes === exchange.length ? [] : [`${exchange.length} bytes of shape ${shape}`];
  }

  judgeQuery(operation, query, exchange) {
    const complaints = [], given = new Map();
    for (const argument of query ? query.split('&') : []) {
      const [name, value] = argument.split(/=(.*)/s).map((text) => decode(text.replace(/\+/g, ' ')));
      given.set(name, [...(given.get(name) || []), value || '']);
    }
    const parameters = new Map((operation.parameters || []).map((reference) => this.resolve(reference))
      .filter((parameter) => parameter.in === 'query').map((parameter) => [parameter.name, parameter]));
    for (const [name, values] of given) {
      const parameter = parameters.get(name);
      if (!parameter) {
        if (operation['x-unknown-parameters'] !== 'ignored') complaints.push(`the parameter ${name} is not documented`);
        continue;
      }
      const beside = parameter['x-beside'];
      if (beside && beside !== exchange.type) complaints.push(`the parameter ${name} beside "${exchange.type}"`);
      const schema = this.resolve(parameter.schema);
      const list = schema.type === 'array';
      const value = !list ? values[0] : parameter.explode === false ? values.join(',').split(',') : values;
      // In an object, for what stands alone cannot be coerced in place.
      const misfit = this.misfit(this.texts, this.wrapped(parameter.schema), { value });
      if (misfit || (!list && values.length > 1)) complaints.push(`the parameter ${name}: ${misfit || 'given twice'}`);
    }
    return complaints;
  }

  wrapped(schema) {
    this.wrappers ??= new Map();
    if (!this.wrappers.has(schema)) this.wrappers.set(schema, { type: 'object', properties: { value: schema } });
    return this.wrappers.get(schema);
  }

  judgeBody(operation, exchange) {
    if (!operation.requestBody) return [];
    const { content } = operation.requestBody;
    if (exchange.type && exchange.type !== 'application/json' && Object.hasOwn(content, exchange.type)) return [];
    let value;
    try {
      value = JSON.parse(exchange.request);
    } catch (error) {
      return [`the request was taken, but is not JSON: ${error.message}`];
    }
    const misfit = this.misfit(this.schemas, content['application/json'].schema, value);
    return misfit ? [`the request was taken, but does not fit: ${misfit}`] : [];
  }

  // What the document promises and no exchange showed: operations that answered well, each in all its types.
  unseen() {
    const missing = [];
    for (const item of Object.values(this.document.paths)) {
      for (const operation of Object.values(item)) {
        const well = Object.keys(operation.responses).find((status) => status.startsWith('2'));
        for (const type of Object.keys(this.resolve(operation.responses[well]).content || {})) {
          const name = `${operation.operationId} ${type}`;
          if (!this.seen.has(name)) missing.push(name);
        }
      }
    }
    return missing;
  }
}

module.exports = { Judge };
