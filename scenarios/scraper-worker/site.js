// The sites: pages of offers with pictures; every fifth of a member has none. A member's page stores what it has shown, and
// the dashboard makes reports.
import { createServer } from 'node:http';

const page = (body) => `<!doctype html><meta charset="utf-8"><title>Offers</title>${body}`;

function offers(number) {
  const item = (i) => `<li>Offer ${number}-${i}: ${'fine words for a thing that nobody needs. '.repeat(20)}</li>`;
  const pictures = [1, 2, 3].map((i) => `<img src="/picture-${i}.png" alt="">`).join('');
  return `<ul>${Array.from({ length: 40 }, (_, i) => item(i)).join('')}</ul>${pictures}`;
}

const STORE = `<script>
  (async () => {
    const shown = await caches.open('shown');
    await shown.put(location.pathname, new Response(new Uint8Array(3_145_728).map((_, i) => i * 31)));
  })();
</script>`;

const DASHBOARD = `<p>Welcome back.</p><script>
  function exportReport() {
    const rows = new Uint8Array(3_145_728).map((_, i) => i * 17);
    return URL.createObjectURL(new Blob([rows], { type: 'text/csv' })).length;
  }
</script>`;

function bodyOf(path) {
  const [, kind, number] = path.split('/');
  if (kind === 'member') return (Number(number) % 5 === 0 ? '<p>Nothing today.</p>' : offers(number)) + STORE;
  if (kind === 'guest') return offers(number);
  return DASHBOARD;
}

createServer((request, response) => {
  response.setHeader('content-type', 'text/html');
  response.end(page(bodyOf(request.url)));
}).listen(Number(process.env.PORT), '127.0.0.1', () => console.log(`listening on ${process.env.PORT}`));
