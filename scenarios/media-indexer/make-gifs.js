// Makes the GIFs to serve: 20 of them, of a megabyte and more, once.
'use strict';
const fs = require('node:fs');
const path = require('node:path');

const FOLDER = path.join(__dirname, 'gifs');
/** A frame of one pixel; an animation has any number of them. */
const FRAME = Buffer.from('21f904000a000000002c000000000100010000020244010' + '0', 'hex');
const HEADER = Buffer.from('47494638396101000100800000ffffff000000', 'hex');

fs.mkdirSync(FOLDER, { recursive: true });
for (let i = 0; i < 20; i++) {
  const frames = Buffer.alloc((1 + (i % 4) / 2) * 1_048_576, FRAME);
  fs.writeFileSync(path.join(FOLDER, `${i}.gif`), Buffer.concat([HEADER, frames, Buffer.from(';')]));
}
