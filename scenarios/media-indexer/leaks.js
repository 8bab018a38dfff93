// The leaks of the post-mortem, each behind its name in LEAKS; without a name it is the service as it was repaired.
'use strict';
const KNOWN = ['retries', 'streams', 'records', 'connections'];
const named = (process.env.LEAKS ?? '').split(',').filter(Boolean);
for (const name of named.filter((name) => !KNOWN.includes(name))) throw new Error(`no leak '${name}': ${KNOWN}`);

module.exports = Object.fromEntries(KNOWN.map((name) => [name, named.includes(name)]));
