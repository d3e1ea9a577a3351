// Lints an OpenAPI document with Redocly's rules: each of its examples fits its schema, every reference leads somewhere,
// nothing is defined and not used, and the document is OpenAPI 3.1.
'use strict';
const { createConfig, lintFromString } = require('@redocly/openapi-core');

// Left out are rules of taste, and those of what this document has not: callbacks, links.
const rules = {
  'array-parameter-serialization': 'error',
  'info-license-strict': 'error',
  'no-ambiguous-paths': 'error',
  'no-enum-type-mismatch': 'error',
  'no-example-value-and-externalValue': 'error',
  'no-identical-paths': 'error',
  'no-invalid-media-type-examples': { severity: 'error', allowAdditionalProperties: false },
  'no-invalid-parameter-examples': { severity: 'error', allowAdditionalProperties: false },
  'no-invalid-schema-examples': { severity: 'error', allowAdditionalProperties: false },
  'no-path-trailing-slash': 'error',
  'no-required-schema-properties-undefined': 'error',
  'no-schema-type-mismatch': 'error',
  'no-undefined-server-variable': 'error',
  'no-unresolved-refs': 'error',
  'no-unused-components': 'error',
  'operation-2xx-response': 'error',
  'operation-4xx-response': 'error',
  'operation-operationId': 'error',
  'operation-operationId-unique': 'error',
  'operation-operationId-url-safe': 'error',
  'operation-parameters-unique': 'error',
  'operation-singular-tag': 'error',
  'operation-summary': 'error',
  'operation-tag-defined': 'error',
  'parameter-description': 'error',
  'path-declaration-must-exist': 'error',
  'path-not-include-query': 'error',
  'path-parameters-defined': 'error',
  'security-defined': 'error',
  'spec-components-invalid-map-name': 'error',
  struct: 'error',
  'tag-description': 'error',
};

// What is wrong with the text of a document, a line each.
async function lint(source) {
  const document = JSON.parse(source); // the linter would take YAML, too
  const config = await createConfig({ rules });
  const problems = await lintFromString({ source, absoluteRef: 'openapi.json', config });
  const breaches = problems.map((problem) => {
    const place = problem.location.map((at) => at.pointer || '').join(' ');
    return `${problem.ruleId}: ${problem.message} (${place})`;
  });
  if (document.openapi !== '3.1.0') breaches.push(`version: OpenAPI 3.1.0 was meant, not ${document.openapi}`);
  return breaches;
}

module.exports = { lint };
