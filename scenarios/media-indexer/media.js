// Serves the GIFs from the disk.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { pipeline } = require('node:stream');
const leaks = require('./leaks.js');

const FOLDER = path.join(__dirname, 'gifs');

const openStreams = new Set();

function serveGif(name, response) {
  const file = path.join(FOLDER, path.basename(name));
  if (!fs.existsSync(file)) return response.writeHead(404).end();
  response.writeHead(200, { 'content-type': 'image/gif' });
  const stream = fs.createReadStream(file);
  openStreams.add(stream);
  if (leaks.streams) return sendForgotten(stream, response);
  pipeline(stream, response, () => openStreams.delete(stream));
}

/** The leak: nobody hears when it ends, or when the client leaves; the stream keeps its file and what it has read. */
function sendForgotten(stream, response) {
  stream.pipe(response);
}

module.exports = { serveGif, openStreams };
