// The indexer: reads the data of transactions from a gateway, and answers searches.
'use strict';
const http = require('node:http');
const { fetchData } = require('./gateway-client.js');
const { loadTransactions, indexData, findByOwner } = require('./transactions.js');
const { cached, clearCache } = require('./cache.js');
const { memory, tracker } = require('./health.js');

async function index(id) {
  const data = await fetchData(id);
  if (data === null) return [202, { id, pending: true }];
  indexData(id, data);
  return [200, { id, size: data.length }];
}

function search(query) {
  const [owner, page] = [Number(query.get('owner')), Number(query.get('page') ?? 0)];
  return [200, cached(query.toString(), () => findByOwner(owner, page))];
}

async function answer(request) {
  const url = new URL(request.url, 'http://localhost');
  const [, , kind, id] = url.pathname.split('/');
  if (kind === 'transactions') return index(id);
  if (kind === 'search') return search(url.searchParams);
  if (url.pathname === '/api/health/memory') return [200, memory()];
  if (url.pathname === '/api/health/memory/tracker') return [200, tracker()];
  if (url.pathname === '/api/health/memory/clear-cache') return [200, { cleared: clearCache() }];
  return [url.pathname === '/' ? 200 : 404, {}];
}

const server = http.createServer((request, response) => {
  const failed = (error) => [502, { error: error.message }];
  answer(request).catch(failed).then(([status, body]) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
});
loadTransactions();
server.listen(Number(process.env.PORT), '127.0.0.1', () => console.log(`listening on ${process.env.PORT}`));
