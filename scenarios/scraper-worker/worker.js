// The worker: every three seconds it visits the sites, and reads off what they offer. Nobody asks it for anything.
import { heapStats } from 'bun:jsc';
import { Browser } from './browser.js';
import { leaks } from './leaks.js';

const EVERY_MS = 3000;
const site = `http://${process.env.SITE_ADDRESS}`;
const OFFERS = '[...document.querySelectorAll("li")].map((item) => item.textContent)';

const browser = await Browser.launch();
const session = await browser.newContext();
const dashboard = await session.newPage();
await dashboard.open(`${site}/dashboard`);

async function read(page, path) {
  await page.block('*.png');
  await page.open(site + path);
  const offers = await page.evaluate(OFFERS);
  if (offers.length === 0) throw new Error(`${path} has no offers`);
  return offers.length;
}

/** A site where we are logged in. The leaks: a page without offers stays open, and what the site stores is never cleared. */
async function visitAsMember(path) {
  const page = await session.newPage();
  let failed = false;
  try {
    return await read(page, path);
  } catch {
    failed = true;
    return 0;
  } finally {
    if (!(failed && leaks.pages)) await page.close();
    if (!leaks.storage) await clearStorage();
  }
}

function clearStorage() {
  return dashboard.ask('Storage.clearDataForOrigin', { origin: site, storageTypes: 'all' });
}

/** A site where we are not known. The leak: its context stays. */
async function visitAsGuest(path) {
  const context = await browser.newContext();
  const page = await context.newPage();
  try {
    return await read(page, path);
  } finally {
    await page.close();
    if (!leaks.contexts) await context.dispose();
  }
}

/** The report of the day, out of the one page that stays. The leak: it is never loaded anew, and its reports stay in the browser. */
async function exportReport() {
  if (!leaks.browser) await dashboard.open(`${site}/dashboard`);
  return dashboard.evaluate('exportReport()');
}

async function cycle(number) {
  const found = [
    await visitAsMember(`/member/${number}`),
    await visitAsGuest(`/guest/${2 * number}`),
    await visitAsGuest(`/guest/${2 * number + 1}`),
  ];
  await exportReport();
  Bun.gc(true);
  console.log(
    `cycle ${number} done: ${found.reduce((sum, one) => sum + one)} offers, ` +
      `${browser.pages} pages, ${browser.contexts} contexts, ${browser.listeners} handlers`,
  );
}

setInterval(() => console.log(`heap ${(heapStats().heapSize / 1e6).toFixed(3)}MB`), 1000);

process.on('SIGTERM', () => {
  browser.close();
  process.exit(0);
});
for (let number = 1; ; number++) {
  const next = Bun.sleep(EVERY_MS);
  await cycle(number);
  await next;
}
