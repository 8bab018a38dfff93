// The records that the indexer has in memory: those of the index, and what their references were resolved to.
'use strict';
const leaks = require('./leaks.js');

const LIMIT = 7500;

const recordsInDB = [];
const places = new Map();

/** Keeps a record. The leak: what was resolved is kept again each time. */
function keepRecord(record) {
  const known = places.get(record.did);
  if (known !== undefined && !leaks.records) {
    recordsInDB[known] = record;
    return;
  }
  places.set(record.did, recordsInDB.push(record) - 1);
  if (recordsInDB.length === LIMIT + 1) console.log(`[Records] over the ${LIMIT} record limit`);
}

const recordOf = (did) => recordsInDB[places.get(did)];

module.exports = { recordsInDB, keepRecord, recordOf };
