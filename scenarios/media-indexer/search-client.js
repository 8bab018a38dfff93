// The client of the search back-end, where records are looked up.
'use strict';
const http = require('node:http');
const leaks = require('./leaks.js');

const ATTEMPTS = 3;

class SearchClient {
  constructor(address) {
    this.address = address;
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
  }

  /** The record, or null where there is none. What goes wrong is tried again. */
  async find(did) {
    for (let attempt = 1; ; attempt++) {
      const response = await this.get(`/records/${did}`);
      if (response.status === 200) return JSON.parse(response.body);
      if (leaks.connections) this.reconnect();
      if (isMissing(response)) return null;
      if (attempt === ATTEMPTS) return null;
    }
  }

  /** The leak: the old agent is forgotten, and its sockets stay open. */
  reconnect() {
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
  }

  get(path) {
    return new Promise((resolve, reject) => {
      const request = http.get(`http://${this.address}${path}`, { agent: this.agent }, (response) => {
        const parts = [];
        response.on('data', (part) => parts.push(part));
        response.on('end', () => resolve({ status: response.statusCode, body: Buffer.concat(parts).toString() }));
        response.on('error', reject);
      });
      request.on('error', reject);
    });
  }
}

/** The leak: the response is let go of before its status is read, so that nothing is ever known to be missing. */
function isMissing(response) {
  if (leaks.retries) response = null;
  return response?.status === 404;
}

module.exports = { SearchClient };
