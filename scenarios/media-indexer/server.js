// The media indexer: serves GIFs, and resolves the references of records against the search back-end.
'use strict';
const http = require('node:http');
const { SearchClient } = require('./search-client.js');
const { recordsInDB, keepRecord, recordOf } = require('./records.js');
const { serveGif, openStreams } = require('./media.js');

const search = new SearchClient(process.env.SEARCH_ADDRESS);

async function load() {
  const { body } = await search.get('/records');
  for (const record of JSON.parse(body)) keepRecord(record);
}

/** A record with all that it refers to. */
async function resolve(did) {
  const record = recordOf(did) ?? (await search.find(did));
  if (record === null) return null;
  const found = await Promise.all(record.references.map((reference) => search.find(reference)));
  const resolved = found.filter((one) => one !== null);
  resolved.forEach(keepRecord);
  return { ...record, references: resolved.map(({ did, title }) => ({ did, title })) };
}

async function answer(request, response) {
  const [, kind, name] = new URL(request.url, 'http://localhost').pathname.split('/');
  if (kind === 'healthz') return response.end('ok\n');
  if (kind === 'media') return serveGif(name, response);
  if (kind !== 'records') return response.writeHead(404).end();
  const record = await resolve(name);
  response.writeHead(record ? 200 : 404, { 'content-type': 'application/json' });
  response.end(JSON.stringify(record));
}

function monitor() {
  const { external, rss, heapUsed } = process.memoryUsage();
  const [outside, resident, heap] = [external, rss, heapUsed].map((bytes) => `${(bytes / 1e6).toFixed(2)}MB`);
  console.log(
    `[Memory Monitor] External: ${outside} RSS: ${resident} Heap: ${heap} ` +
      `recordsInDB: ${recordsInDB.length} streams: ${openStreams.size}`,
  );
}

const server = http.createServer((request, response) => {
  answer(request, response).catch((error) => {
    console.log(`[Error] ${request.url}: ${error.message}`);
    response.writeHead(500).end();
  });
});

load().then(() => {
  setInterval(monitor, 1000);
  server.listen(Number(process.env.PORT), '127.0.0.1', () => console.log(`listening on ${process.env.PORT}`));
});
