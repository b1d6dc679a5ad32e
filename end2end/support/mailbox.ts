/** The development mailbox, which shows the messages that were sent. */
import type { Page } from '@playwright/test';

import { expect } from './test';
import type { Person } from './people';
import { partPattern, textPattern } from './text';

/** How often the mailbox is polled. Messages usually arrive within 20 ms. */
const POLL = { intervals: [20, 30, 50, 100, 100, 250, 500, 1_000], timeout: 15_000 };

/** Whom messages are sent to. */
type Recipient = Pick<Person, 'email'>;

/** The codes with which tests have registered or signed in, by address: they are not those of a later message. */
const used = new Map<string, string[]>();

/** The subjects of the messages to a person, the newest first. */
async function subjects(page: Page, person: Recipient): Promise<string[]> {
  const answer = await page.request.get('/dev/mailbox', { params: { to: person.email } });
  expect(answer.status()).toBe(200);
  const html = await answer.text();
  const headings = html.matchAll(/<h2[^>]*>(.*?)<\/h2>/gs);
  return [...headings].map(([, text]) => (text ?? '').replaceAll(/<[^>]*>/g, '').trim());
}

/**
 * The codes that were sent to a person, the newest first, whether for an appointment or to sign in. They are digits in
 * every language, and no other subject has eight of them.
 */
export async function sentCodes(page: Page, person: Recipient): Promise<string[]> {
  return (await subjects(page, person)).flatMap((subject) => /(?<!\d)\d{8}(?!\d)/.exec(subject)?.[0] ?? []);
}

/** The newest code sent to a person. Waits for one that was not used and is not among the `older` codes. */
export async function latestCode(page: Page, person: Recipient, ...older: string[]): Promise<string> {
  let code: string | undefined;
  await expect
    .poll(
      async () => {
        [code] = await sentCodes(page, person);
        return code !== undefined && ![...older, ...(used.get(person.email) ?? [])].includes(code);
      },
      { message: `a code for ${person.email}`, ...POLL },
    )
    .toBe(true);
  return code ?? '';
}

/** Waits for the code that registers or signs a person in, and remembers it as used. */
export async function useSignInCode(page: Page, person: Recipient): Promise<string> {
  const code = await latestCode(page, person);
  used.set(person.email, [...(used.get(person.email) ?? []), code]);
  return code;
}

/** Waits for an invitation to a person; returns what its link ends with. */
export async function invitationSecret(page: Page, person: Recipient): Promise<string> {
  let secret = '';
  await expect
    .poll(
      async () => {
        const answer = await page.request.get('/dev/mailbox', { params: { to: person.email } });
        secret = /\/invitations\/(\w+)/.exec(await answer.text())?.[1] ?? '';
        return secret;
      },
      { message: `an invitation for ${person.email}`, ...POLL },
    )
    .not.toBe('');
  return secret;
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
  return code === '11111111' ? '22222222' : '11111111';
}
