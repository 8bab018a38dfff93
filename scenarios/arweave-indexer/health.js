// What the service tells of its memory.
'use strict';

const EVERY_MS = 1000;
/** Growth is that over so many samples. */
const SAMPLES = 6;

const samples = [];

function track() {
  const { rss, heapUsed, external } = process.memoryUsage();
  samples.push({ at: Date.now(), rss, heapUsed, external });
  if (samples.length > SAMPLES) samples.shift();
}
setInterval(track, EVERY_MS);

function handles() {
  const byType = {};
  const all = process.getActiveResourcesInfo();
  for (const type of all) byType[type] = (byType[type] ?? 0) + 1;
  return { total: all.length, byType };
}

function memory() {
  const { rss, heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage();
  const externalOverHeap = (100 * external) / heapUsed;
  return { rss, heapUsed, heapTotal, external, arrayBuffers, externalOverHeap, handles: handles() };
}

function tracker() {
  const [first, current] = [samples[0] ?? {}, samples.at(-1) ?? {}];
  const minutes = (current.at - first.at) / 60_000;
  const grown = (key) => current[key] - first[key];
  const growth = { rss: grown('rss'), heapUsed: grown('heapUsed'), external: grown('external') };
  const perMinute = ([key, bytes]) => [key, samples.length === SAMPLES ? bytes / minutes : 0];
  const growthRate = Object.fromEntries(Object.entries(growth).map(perMinute));
  return { samples: samples.length, timeSpan: 60 * (minutes || 0), current, growth, growthRate };
}

module.exports = { memory, tracker };
