// The cache of answers to searches.
'use strict';
const leaks = require('./leaks.js');

const LIFETIME_MS = 2000;
const MOST = 500;

const entries = new Map();

function cached(key, make) {
  const known = entries.get(key);
  if (known) return known.value;
  const value = make();
  entries.set(key, { value, expires: Date.now() + LIFETIME_MS });
  if (!leaks.caches && entries.size > MOST) entries.delete(entries.keys().next().value);
  return value;
}

/** The leak: it is never called. */
function expire() {
  const now = Date.now();
  for (const [key, entry] of entries) if (entry.expires < now) entries.delete(key);
}
if (!leaks.caches) setInterval(expire, 500);

function clearCache() {
  const count = entries.size;
  entries.clear();
  return count;
}

module.exports = { cached, clearCache };
