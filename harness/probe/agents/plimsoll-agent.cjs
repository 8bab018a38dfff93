// Tells a load test of this process's collections, and collects when it is asked to.
//
// Node loads this at its start since the scenario says `agent: true`. It speaks through the socket beside this file: a
// line of JSON for each collection, a line for each answer. Whatever goes wrong here is kept from the program.
'use strict';

const KINDS = { 1: 'Scavenge', 2: 'Minor Mark-Sweep', 4: 'Mark-Compact', 8: 'incremental marking', 16: 'weak callbacks' };
// A shorter collection is not told, in milliseconds.
const LEAST = 0.1;

function connect() {
  const fs = require('node:fs');
  const net = require('node:net');
  // The folder's own name may be longer than the address of a socket.
  const place = fs.openSync(__dirname, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  const socket = net.connect(`/proc/self/fd/${place}/agent.sock`);
  socket.on('connect', () => fs.closeSync(place));
  // Without a harness there is nothing to do; and nobody waits for it.
  socket.on('error', () => {});
  socket.unref();
  return socket;
}

function watch(say) {
  const { PerformanceObserver, performance } = require('node:perf_hooks');
  // Milliseconds of the system's monotonic clock at which the times of entries begin.
  const origin = Number(process.hrtime.bigint()) / 1e6 - performance.now();
  const observer = new PerformanceObserver((list) => {
    for (const { startTime, duration, detail } of list.getEntries()) {
      if (duration < LEAST) continue;
      const [start, length] = [(origin + startTime) * 1e6, duration * 1e6].map(Math.round);
      say({ gc: KINDS[detail.kind] ?? 'collection', start, length });
    }
  });
  observer.observe({ entryTypes: ['gc'] });
}

function values() {
  const { heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage();
  return { heap_used: heapUsed, heap_total: heapTotal, external_memory: external, array_buffers: arrayBuffers };
}

// Kept here meanwhile, or the collection would take it too.
let session;

function collect(done) {
  const { Session } = require('node:inspector');
  session = new Session();
  session.connect();
  session.post('HeapProfiler.collectGarbage', (error) => {
    const told = values();
    // A session that is ended while it answers stops the process for good; and the observer is told in the next turn.
    setImmediate(() => {
      session.disconnect();
      session = undefined;
      setImmediate(() => done(error ? { error: error.message } : { values: told, live: told.heap_used }));
    });
  });
}

function answer(line, say) {
  const [what, number] = line.split(' ');
  const done = (told) => say({ reply: Number(number), ...told });
  try {
    if (what === 'values') done({ values: values() });
    else if (what === 'collect') collect(done);
    else done({ error: `this agent has no ${what}: the inspector has` });
  } catch (error) {
    done({ error: String(error) });
  }
}

function start() {
  if (!require('node:worker_threads').isMainThread) return;
  const socket = connect();
  const say = (told) => {
    if (!socket.destroyed && socket.writableLength < 1e6) socket.write(`${JSON.stringify(told)}\n`);
  };
  say({ hello: `Node ${process.versions.node}`, pid: process.pid });
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (heard) => {
    const lines = (rest + heard).split('\n');
    rest = lines.pop();
    for (const line of lines) answer(line, say);
  });
  watch(say);
}

try {
  start();
} catch {
  // The program is none the worse for it.
}
