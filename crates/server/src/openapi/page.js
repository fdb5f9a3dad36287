// Shows openapi.json as a page: a list of routes, each with its parameters, body and replies.
'use strict';

const make = (tag, props = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), props);
  element.append(...children);
  return element;
};

// A schema as it would look in a body: names, types, and a question mark after what may be missing.
const sketch = (schema, all, depth = 0) => {
  if (schema.$ref) return sketch(all.components.schemas[schema.$ref.split('/').pop()], all, depth);
  if (Array.isArray(schema.type)) {
    // One type or null.
    const words = schema.enum?.filter((word) => word !== null);
    const [type] = schema.type.filter((one) => one !== 'null');
    return `${sketch({ ...schema, type, enum: words }, all, depth)} or null`;
  }
  if (schema.anyOf) return schema.anyOf.map((one) => sketch(one, all, depth)).join(' or ');
  if (schema.enum) return schema.enum.map((word) => JSON.stringify(word)).join(' | ');
  const indent = '  '.repeat(depth + 1);
  if (schema.type === 'object' && schema.properties) {
    const required = schema.required ?? [];
    const fields = Object.entries(schema.properties).map(([name, field]) =>
      `${indent}${name}${required.includes(name) ? '' : '?'}: ${sketch(field, all, depth + 1)}`);
    return `{\n${fields.join(',\n')}\n${'  '.repeat(depth)}}`;
  }
  if (schema.type === 'array') return `[${sketch(schema.items ?? {}, all, depth)}]`;
  const limits = [
    schema.format,
    schema.minimum !== undefined ? `${schema.minimum} to ${schema.maximum}` : undefined,
    schema.maxLength !== undefined ? `at most ${schema.maxLength} characters` : undefined,
  ].filter(Boolean);
  return (schema.type ?? 'anything') + (limits.length ? ` (${limits.join(', ')})` : '');
};

const route = (path, method, operation, all) => {
  const open = operation.security?.length === 0;
  const summary = make('summary', {},
    make('span', { className: 'method', textContent: method.toUpperCase() }),
    make('code', { textContent: path }),
    make('span', { className: 'what', textContent: operation.summary + (open ? ' (no token needed)' : '') }));
  const details = make('details', {}, summary);
  if (operation.parameters?.length) {
    const rows = operation.parameters.map((parameter) => make('tr', {},
      make('td', {}, make('code', { textContent: parameter.name })),
      make('td', { textContent: parameter.in }),
      make('td', { textContent: sketch(parameter.schema, all) })));
    const head = make('tr', {}, ...['Parameter', 'In', 'Type'].map((text) => make('th', { scope: 'col', textContent: text })));
    details.append(make('table', {}, make('thead', {}, head), make('tbody', {}, ...rows)));
  }
  const body = operation.requestBody?.content['application/json']?.schema;
  if (body) details.append(make('h3', { textContent: 'Body' }), make('pre', { textContent: sketch(body, all) }));
  for (const [status, reply] of Object.entries(operation.responses)) {
    const [kind, content] = Object.entries(reply.content ?? {})[0] ?? [];
    details.append(make('h3', { textContent: `${status} ${reply.description}` }));
    if (content) details.append(make('pre', { textContent: kind === 'application/json' ? sketch(content.schema, all) : kind }));
  }
  details.dataset.words = `${method} ${path} ${operation.summary}`.toLowerCase();
  return details;
};

const show = (all) => {
  document.title = all.info.title;
  document.getElementById('title').textContent = all.info.title;
  document.getElementById('about').textContent = `${all.info.description} Version ${all.info.version}.`;
  const groups = new Map();
  for (const [path, methods] of Object.entries(all.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags[0];
      if (!groups.has(tag)) groups.set(tag, make('section', {}, make('h2', { textContent: tag })));
      groups.get(tag).append(route(path, method, operation, all));
    }
  }
  // The backend's own routes first.
  const order = [...groups.keys()].sort((a, b) => (a === 'Server') - (b === 'Server'));
  document.getElementById('routes').replaceChildren(...order.map((tag) => groups.get(tag)));
};

document.getElementById('find').addEventListener('input', (event) => {
  const wanted = event.target.value.trim().toLowerCase();
  for (const details of document.querySelectorAll('details')) details.hidden = !details.dataset.words.includes(wanted);
});

fetch('openapi.json')
  .then((reply) => reply.json())
  .then(show)
  .catch((error) => document.getElementById('routes').replaceChildren(`The description could not be read: ${error.message}`));
