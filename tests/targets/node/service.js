// A service in Node whose memory is known: /churn makes garbage, /visit keeps 100 bytes beside it, /leak keeps
// `n` sessions, /keep one large buffer.
'use strict';
const http = require('node:http');

class Session {
  constructor(id) {
    this.id = id;
    this.name = `session ${id}`;
    this.seen = new Array(32).fill(id);
  }
}

const sessions = [];
const buffers = [];

function remember(count) {
  for (let left = count; left > 0; left--) sessions.push(new Session(sessions.length));
}

// Most of it lives through a collection or two, which is what makes collections long.
function churn(count) {
  const kept = [];
  for (let i = 0; i < count; i++) kept.push({ i, text: `item ${i}`, next: kept[i >> 1] });
  return kept.length;
}

class Visit {
  constructor(id) {
    this.id = id;
    this.seen = [id, id, id, id, id];
  }
}

const visits = [];

function note(garbage) {
  churn(garbage);
  visits.push(new Visit(visits.length));
}

const server = http.createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  const count = Number(url.searchParams.get('n') ?? 1000);
  if (url.pathname === '/leak') remember(count);
  if (url.pathname === '/churn') churn(count);
  if (url.pathname === '/visit') note(count);
  if (url.pathname === '/keep') buffers.push(Buffer.alloc(count, 1));
  response.end('done\n');
});
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => console.log(`listening on ${server.address().port}`));
