// Chromium, driven over the DevTools protocol: contexts, pages, routes.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { leaks } from './leaks.js';

const PROGRAM = process.env.CHROMIUM ?? 'chromium';
const SWITCHES = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-dev-shm-usage'];
/** What comes and goes by itself is turned off: it is not what the worker does. */
const QUIET = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-extensions',
  '--disable-features=SpareRendererForSitePerProcess,BackForwardCache',
];

export class Browser {
  #waiting = new Map();
  #listeners = new Set();
  #asked = 0;
  pages = 0;
  contexts = 0;

  static async launch() {
    const browser = new Browser();
    browser.folder = mkdtempSync(join(tmpdir(), 'scraper-'));
    const folder = `--user-data-dir=${browser.folder}`;
    browser.process = Bun.spawn([PROGRAM, ...SWITCHES, ...QUIET, folder, '--remote-debugging-port=0', 'about:blank'], {
      stdout: 'ignore',
      stderr: 'pipe',
    });
    await browser.#connect(await addressIn(browser.process.stderr));
    return browser;
  }

  #connect(address) {
    this.socket = new WebSocket(address);
    this.socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
    return new Promise((resolve, reject) => Object.assign(this.socket, { onopen: resolve, onerror: reject }));
  }

  #take(message) {
    if (message.id === undefined) return [...this.#listeners].forEach((listener) => listener(message));
    const { resolve, reject } = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    message.error ? reject(new Error(message.error.message)) : resolve(message.result);
  }

  ask(method, params = {}, sessionId = undefined) {
    const id = ++this.#asked;
    this.socket.send(JSON.stringify({ id, method, params, sessionId }));
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get listeners() {
    return this.#listeners.size;
  }

  async newContext() {
    const { browserContextId } = await this.ask('Target.createBrowserContext');
    this.contexts++;
    return new Context(this, browserContextId);
  }

  close() {
    this.process.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

class Context {
  constructor(browser, id) {
    Object.assign(this, { browser, id });
  }

  async newPage() {
    const { browser, id } = this;
    const { targetId } = await browser.ask('Target.createTarget', { url: 'about:blank', browserContextId: id });
    const { sessionId } = await browser.ask('Target.attachToTarget', { targetId, flatten: true });
    browser.pages++;
    await browser.ask('Page.enable', {}, sessionId);
    return new Page(browser, targetId, sessionId);
  }

  async dispose() {
    await this.browser.ask('Target.disposeBrowserContext', { browserContextId: this.id });
    this.browser.contexts--;
  }
}

class Page {
  #unlisten = [];
  html = '';

  constructor(browser, target, session) {
    Object.assign(this, { browser, target, session });
  }

  ask(method, params) {
    return this.browser.ask(method, params, this.session);
  }

  on(method, listener) {
    const mine = (message) => message.sessionId === this.session && message.method === method && listener(message.params);
    const unlisten = this.browser.listen(mine);
    this.#unlisten.push(unlisten);
    return unlisten;
  }

  /** What the page asks for at such an address is not loaded. */
  async block(pattern) {
    const refuse = ({ requestId }) => this.ask('Fetch.failRequest', { requestId, errorReason: 'BlockedByClient' });
    this.on('Fetch.requestPaused', (request) => refuse(request).catch(() => {}));
    await this.ask('Fetch.enable', { patterns: [{ urlPattern: pattern }] });
  }

  async open(url) {
    const loaded = this.#once('Page.loadEventFired');
    await this.ask('Page.navigate', { url });
    await loaded;
    this.html = await this.evaluate('document.documentElement.outerHTML');
  }

  #once(method) {
    return new Promise((resolve) => {
      const unlisten = this.on(method, () => {
        unlisten();
        resolve();
      });
    });
  }

  async evaluate(expression) {
    const answer = await this.ask('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    if (answer.exceptionDetails) throw new Error(answer.exceptionDetails.text);
    return answer.result.value;
  }

  /** The leak: what listens for its requests stays, and keeps the page with its text. */
  async close() {
    if (!leaks.routes) this.#unlisten.forEach((unlisten) => unlisten());
    await this.browser.ask('Target.closeTarget', { targetId: this.target });
    this.browser.pages--;
  }
}

async function addressIn(stream) {
  let text = '';
  for await (const part of stream) {
    text += new TextDecoder().decode(part);
    const found = text.match(/DevTools listening on (ws:\S+)/);
    if (found) return found[1];
  }
  throw new Error(`the browser has ended: ${text}`);
}
