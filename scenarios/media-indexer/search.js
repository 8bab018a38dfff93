// The search back-end: 5,000 records, and counters of what it was asked.
'use strict';
const http = require('node:http');

const RECORDS = 5000;
/** A miss is distinct where it is not among so many before it: those who try again do it at once. */
const REMEMBERED = 1000;

const records = new Map();
for (let i = 0; i < RECORDS; i++) {
  const references = [1, 2, 3, 4].map((step) => `did:gif:${(i * 7 + step * 1231) % RECORDS}`);
  records.set(`did:gif:${i}`, { did: `did:gif:${i}`, title: `GIF ${i}`, references, text: `a cat, ${i} times; `.repeat(40) });
}

const counters = { requests: 0, not_found: 0, missing: 0 };
const missed = new Set();

function miss(did) {
  counters.not_found++;
  if (missed.has(did)) return;
  counters.missing++;
  missed.add(did);
  if (missed.size > REMEMBERED) missed.delete(missed.values().next().value);
}

function find(did, response) {
  counters.requests++;
  const record = records.get(did);
  if (!record) miss(did);
  response.writeHead(record ? 200 : 404, { 'content-type': 'application/json' });
  response.end(JSON.stringify(record ?? { found: false }));
}

function metrics(response) {
  const lines = Object.entries(counters).map(([name, value]) => `search_${name}_total ${value}\n`);
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(lines.join(''));
}

const server = http.createServer((request, response) => {
  const [, kind, did] = request.url.split('/');
  if (kind === 'metrics') return metrics(response);
  if (kind !== 'records') return response.end('ok\n');
  if (did) return find(decodeURIComponent(did), response);
  response.end(JSON.stringify([...records.values()]));
});
// As a search back-end does, it leaves it to its clients to close connections.
server.keepAliveTimeout = 0;
server.listen(Number(process.env.PORT), '127.0.0.1', () => console.log(`listening on ${process.env.PORT}`));
