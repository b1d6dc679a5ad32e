/** The development mailbox, which shows the messages that were sent. */
import type { Page } from '@playwright/test';

import { expect } from './test';
import type { Person } from './people';
import { partPattern, textPattern } from './text';

/** How often the mailbox is polled. Messages usually arrive within 20 ms. */
const POLL = { intervals: [20, 30, 50, 100, 100, 250, 500, 1_000], timeout: 15_000 };

/** The subjects of the messages to a person, the newest first. */
async function subjects(page: Page, person: Person): Promise<string[]> {
  const answer = await page.request.get('/dev/mailbox', { params: { to: person.email } });
  expect(answer.status()).toBe(200);
  const html = await answer.text();
  const headings = html.matchAll(/<h2[^>]*>(.*?)<\/h2>/gs);
  return [...headings].map(([, text]) => (text ?? '').replaceAll(/<[^>]*>/g, '').trim());
}

/** The newest code sent to a person. Waits for one that is not among the `older` codes. */
export async function latestCode(page: Page, person: Person, ...older: string[]): Promise<string> {
  const pattern = textPattern('email-code-subject', { code: /(\d{6})/ });
  let code: string | undefined;
  await expect
    .poll(
      async () => {
        const codes = (await subjects(page, person)).map((subject) => pattern.exec(subject)?.[1]);
        code = codes.find((found) => found !== undefined);
        return code !== undefined && !older.includes(code);
      },
      { message: `a code for ${person.email}`, ...POLL },
    )
    .toBe(true);
  return code ?? '';
}

/** The subjects of the messages about an appointment. */
type Subject = 'email-confirmed-subject' | 'email-moved-subject' | 'email-cancelled-subject';

/** Waits for a message with this subject and these times, such as `10:20–10:40`, which names the time zone. */
export async function expectMessage(page: Page, person: Person, subject: Subject, times: string): Promise<void> {
  const zone = partPattern('zone-of-place', { city: /.+/ }).source;
  const when = new RegExp(String.raw`.+, ${times}, ${zone} \(.+\)`);
  await expect
    .poll(() => subjects(page, person), { message: `a message for ${person.email}`, ...POLL })
    .toContainEqual(expect.stringMatching(textPattern(subject, { when })));
}

/** A code that differs from this one. */
export function wrongCode(code: string): string {
  return code === '111111' ? '222222' : '111111';
}
