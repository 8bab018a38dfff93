// Gets the data of transactions from the gateway.
'use strict';
const http = require('node:http');
const leaks = require('./leaks.js');

const limits = { maxSockets: 32, maxFreeSockets: 4, timeout: 30_000 };
const agent = new http.Agent({ keepAlive: true, ...(leaks.sockets ? {} : limits) });

/** The data of a transaction as one buffer; null while the gateway says that it is pending. */
function fetchData(id) {
  return new Promise((resolve, reject) => {
    const request = http.get(`http://${process.env.GATEWAY_ADDRESS}/${id}`, { agent }, (response) => {
      if (response.statusCode === 200) return void collect(response).then(resolve, reject);
      dismiss(response);
      resolve(null);
    });
    request.on('error', reject);
  });
}

/** The leak: what is not read to its end keeps its socket, and without a limit the next request opens another one. */
function dismiss(response) {
  if (!leaks.sockets) response.resume();
}

async function collect(response) {
  const parts = [];
  for await (const part of response) parts.push(part);
  return Buffer.concat(parts);
}

module.exports = { fetchData };
