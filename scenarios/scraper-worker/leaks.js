// The leaks of the post-mortem, each behind its name in LEAKS; without a name it is the worker as it was repaired.
const KNOWN = ['pages', 'contexts', 'routes', 'storage', 'browser'];
const named = (process.env.LEAKS ?? '').split(',').filter(Boolean);
for (const name of named.filter((name) => !KNOWN.includes(name))) throw new Error(`no leak '${name}': ${KNOWN}`);

export const leaks = Object.fromEntries(KNOWN.map((name) => [name, named.includes(name)]));
