// A gateway: the data of a transaction, some 128 KiB; of one that is not yet mined it says that it is pending.
'use strict';
const http = require('node:http');

const PENDING = Buffer.from('Pending\n');
const noise = Buffer.alloc(262_144);
for (let i = 0; i < noise.length; i++) noise[i] = (i * 2654435761) >>> 24;

const server = http.createServer((request, response) => {
  const id = Number(request.url.slice(1));
  if (Number.isNaN(id)) return response.writeHead(202).end(PENDING);
  const size = 98_304 + (id % 64) * 1024;
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': size });
  response.end(noise.subarray(id % 1024, (id % 1024) + size));
});
// It leaves it to its clients to close connections.
server.keepAliveTimeout = 0;
server.listen(Number(process.env.PORT), '127.0.0.1', () => console.log(`listening on ${process.env.PORT}`));
