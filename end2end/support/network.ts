/** Requests from another network than that of the browsers: from an address of this machine, which all have on Linux. */
import { request } from 'node:http';

import { expect } from './test';

/** Such an address, so that tests that run at the same time have different ones. */
export function anotherNetwork(): string {
  const part = (): number => 2 + Math.floor(Math.random() * 250);
  return `127.${part()}.${part()}.${part()}`;
}

interface Sent {
  to: string;
  cookies: string[];
  page: string;
}

function send(site: URL, from: string, path: string, cookies: string[], form?: Record<string, string>): Promise<Sent> {
  const headers: Record<string, string> = { host: site.host, accept: 'text/html', cookie: cookies.join('; ') };
  if (form) {
    headers['content-type'] = 'application/x-www-form-urlencoded';
    headers['origin'] = site.origin;
  }
  const options = { host: '127.0.0.1', port: site.port, localAddress: from, path, method: form ? 'POST' : 'GET', headers };
  return new Promise((resolve, reject) => {
    const sent = request(options, (answer) => {
      const set = answer.headers['set-cookie'] ?? [];
      const cookies = set.map((line) => line.split(';')[0] ?? '');
      let page = '';
      answer.setEncoding('utf8');
      answer.on('data', (part: string) => (page += part));
      answer.on('end', () => resolve({ to: answer.headers.location ?? '', cookies, page }));
    });
    sent.on('error', reject);
    sent.end(form && new URLSearchParams(form).toString());
  });
}

/** Holds a time as a visitor from another network. */
export async function holdFrom(from: string, baseURL: string, slot: string): Promise<void> {
  const site = new URL(baseURL);
  const { cookies, page } = await send(site, from, `/book?slot=${slot}`, []);
  const [, key = ''] = /name="key" value="([^"]+)"/.exec(page) ?? [];
  const { to } = await send(site, from, '/fn/hold', cookies, { slot, key, tried: 'yes' });
  expect(to, 'the hold').toContain('/appointments/');
}
