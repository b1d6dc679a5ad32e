/**
 * The language of pages, forms, messages and the API, tried with the pseudo-language: a text that is not in the
 * catalogue is plain English there.
 */
import { cancel, chooseTimeIn, enterCode, expectCodeSent, expectConfirmed, fillDetails, hold, openDoctor, releaseHold } from '../support/booking';
import { expectPseudo, pseudo, PSEUDO } from '../support/languages';
import { advanceClock } from '../support/clock';
import { latestCode, useSignInCode } from '../support/mailbox';
import { ADMINISTRATOR, AUDITOR, DOCTOR, fillSignIn, newPerson, register, signIn } from '../support/people';
import { expect, test } from '../support/test';
import { text } from '../support/text';

/** With an accent on each letter, vowels twice: what the pseudo-language makes of a text without arguments. */
const ACCENTED = /[^\x00-\x7F]{3,}/;

test('the pages of visitors are in the language of their path', async ({ page, city, watch }) => {
  watch.expects(404);
  for (const address of ['/', `/doctors?city=${city.slug}`, '/doctors?q=nobody+is+called+this', '/doctors?evening=true&mode=video', '/help/calendars', '/privacy', '/terms', '/book?slot=1&tried=yes', '/sign-in', '/sign-in/code', '/sign-in/forgot', '/register', '/no-such-page']) {
    await page.goto(pseudo(address));
    await expectPseudo(page, address);
  }
  await openDoctor(page, city);
  await page.goto(pseudo(new URL(page.url()).pathname));
  await expectPseudo(page, 'a doctor');
  const chosen = await chooseTimeIn(page, city);
  await page.goto(pseudo(chosen.address));
  await expectPseudo(page, 'a doctor with a time chosen');
  await page.goto(chosen.address);
  const held = await hold(page);
  await page.goto(pseudo(held));
  await expectPseudo(page, 'a hold without details');
  await page.goto(held);
  await fillDetails(page, newPerson());
  await expectCodeSent(page);
  await page.goto(pseudo(held));
  await expectPseudo(page, 'a hold with details');
  await page.goto(pseudo('/appointments'));
  await expectPseudo(page, 'the hold in the list of appointments');
  await page.goto(held);
  await releaseHold(page);
});

test('the pages of patients are in the language of their path', async ({ page, city, watch }) => {
  watch.expects(409);
  const person = await register(page);
  await page.goto(pseudo('/appointments'));
  await expectPseudo(page, 'no appointments');
  const chosen = await chooseTimeIn(page, city);
  await page.goto(pseudo(chosen.address));
  await expectPseudo(page, 'a time to hold');
  await page.goto(chosen.address);
  const appointment = await hold(page);
  await page.goto(pseudo(appointment));
  await expectPseudo(page, 'a hold');
  await page.goto(appointment);
  await enterCode(page, await latestCode(page, person));
  await expectConfirmed(page);
  for (const address of [appointment, `${appointment}/move`, '/appointments', '/appointments/calendar', '/people', '/account', '/account/name', '/account/email', '/account/password', '/account/security', '/account/api-keys', '/account/export', '/account/delete', '/account/deleted']) {
    await page.goto(pseudo(address));
    await expectPseudo(page, address);
  }
  await page.goto(appointment);
  await cancel(page);
  for (const address of [appointment, `${appointment}/move`, '/appointments?show=past']) {
    await page.goto(pseudo(address));
    await expectPseudo(page, `${address}, cancelled`);
  }
});

test('the pages of doctors are in the language of their path', async ({ page }) => {
  await signIn(page, DOCTOR, '/calendar');
  for (const address of ['/calendar', '/calendar?view=day', '/calendar?view=list', '/calendar/hours', '/calendar/time-off', '/calendar/connections', '/calendar/reviews']) {
    await page.goto(pseudo(address));
    await expectPseudo(page, address);
  }
});

test('the pages of administrators are in the language of their path', async ({ page }) => {
  await signIn(page, ADMINISTRATOR, '/admin');
  await page.getByRole('table').getByRole('rowheader').first().getByRole('link').click();
  await expect(page.getByRole('navigation', { name: text('schedule-tabs') })).toBeVisible();
  const doctor = new URL(page.url()).pathname;
  await page.goto('/admin/locations');
  await page.getByRole('table').getByRole('rowheader').first().getByRole('link').click();
  await expect(page.getByRole('button', { name: text('admin-location-save-button') })).toBeVisible();
  const location = new URL(page.url()).pathname;
  for (const address of ['/admin', doctor, `${doctor}/suspend`, `${doctor}/hours`, `${doctor}/time-off`, `${doctor}/connections`, '/admin/doctors/new', '/admin/locations', location, '/admin/locations/new', '/admin/holidays', '/admin/holds', '/admin/reviews', '/admin/team', '/admin/appointments']) {
    await page.goto(pseudo(address));
    await expectPseudo(page, address);
  }
});

test('the pages of auditors are in the language of their path', async ({ page }) => {
  await signIn(page, AUDITOR, '/audit');
  for (const address of ['/audit', '/audit?action=audit_log.viewed', '/audit?from=x', '/audit?from=2999-01-01']) {
    await page.goto(pseudo(address));
    await expectPseudo(page, address);
  }
});

test('forms, redirects and messages keep the language', { tag: '@no-scripts' }, async ({ page, city }) => {
  await page.goto(pseudo('/register?next=/en-XB/people'));
  const person = newPerson();
  const fields = page.locator('main form').getByRole('textbox');
  const send = page.locator('main form button[type=submit]').first();
  await fields.nth(0).fill(person.name);
  await fields.nth(1).fill(person.email);
  await page.locator('main form input[type=password]').fill(person.password);
  await send.click();
  await expect(page).toHaveURL(new RegExp(`/${PSEUDO}/sign-in/code\\?next=`));
  await expectPseudo(page, 'the code that registers');
  await fields.first().fill(await useSignInCode(page, person));
  await send.click();
  await expect(page).toHaveURL(`/${PSEUDO}/people?welcome=registered`);

  // What the account is told is in its language, whatever the language of the page.
  const chosen = await chooseTimeIn(page, city);
  await page.goto(chosen.address);
  await hold(page);
  await latestCode(page, person);
  const mailbox = await (await page.request.get(`/dev/mailbox?to=${encodeURIComponent(person.email)}`)).text();
  const subjects = [...mailbox.matchAll(/<h2[^>]*>(.*?)<\/h2>/gs)].map(([, subject]) => subject);
  expect(subjects, 'the code that registers, and that of the hold').toEqual([expect.stringMatching(ACCENTED), expect.stringMatching(ACCENTED)]);
  await page.getByRole('button', { name: text('layout-sign-out') }).click();
  await page.goto('/sign-in');
  await fillSignIn(page, person);
  await expect(page, 'signing in leads to the language of the account').toHaveURL(new RegExp(`/${PSEUDO}(/|$)`));
});

test('proving again is in the language of its path', async ({ page }) => {
  await register(page);
  await page.goto('/');
  await advanceClock(page, 11 * 60);
  await page.goto(pseudo('/sign-in/again'));
  await expectPseudo(page, 'proving again');
});

test('a page names its other languages, and the footer changes the language of this page', { tag: '@no-scripts' }, async ({ page, city }) => {
  const address = `/doctors?city=${city.slug}`;
  await page.goto(address);
  const alternates = await page.locator('link[rel=alternate][hreflang]').evaluateAll((links) =>
    links.map((link) => [link.getAttribute('hreflang'), new URL(link.getAttribute('href') ?? '').pathname]),
  );
  expect(alternates).toEqual([
    ['en', '/doctors'],
    [PSEUDO, `/${PSEUDO}/doctors`],
    ['x-default', '/doctors'],
  ]);
  await page.getByRole('contentinfo').locator(`a[hreflang=${PSEUDO}]`).click();
  await expect(page).toHaveURL(pseudo(address));
  await expect(page.locator('html')).toHaveAttribute('lang', PSEUDO);
  const canonical = await page.locator('link[rel=canonical]').getAttribute('href');
  expect(new URL(canonical ?? '').pathname).toBe(`/${PSEUDO}/doctors`);
  await page.getByRole('contentinfo').locator('a[hreflang=en]').click();
  await expect(page).toHaveURL(address);

  const sitemap = await (await page.request.get('/sitemap.xml')).text();
  expect(sitemap).toContain(`/${PSEUDO}/doctors</loc>`);
  expect(sitemap).toContain(`hreflang="${PSEUDO}"`);
});

test('the picker stays in the language of the page', async ({ page, city }) => {
  await openDoctor(page, city);
  const doctor = new URL(page.url()).pathname;
  await page.goto(pseudo(doctor));
  await page.locator('[data-step^=next]').first().click();
  await expect(page.locator('[aria-busy]')).toHaveCount(0);
  await expectPseudo(page, 'the picker after a step');
  await page.locator('a.day[data-free]').filter({ visible: true }).first().click();
  await expect(page.locator('[aria-busy]')).toHaveCount(0);
  await expectPseudo(page, 'the picker after choosing a day');
});

test('the API answers in the accepted language', async ({ page }) => {
  const ask = (language: string) => page.request.get('/api/v1/doctors/nobody-at-all', { headers: { 'accept-language': language } });
  const english = await ask('fr');
  expect(english.headers()['content-language']).toBe('en');
  expect(((await english.json()) as { title: string }).title).toBe(text('problem-not-found-title'));
  const foreign = await ask(`${PSEUDO}, en;q=0.5`);
  expect(foreign.headers()['content-language']).toBe(PSEUDO);
  expect(foreign.headers()['vary']).toContain('accept-language');
  expect(((await foreign.json()) as { title: string }).title).toMatch(ACCENTED);
  // Cached answers, too.
  for (const language of ['en', PSEUDO, 'en']) {
    const answer = await page.request.get('/api/v1/specialties', { headers: { 'accept-language': language } });
    expect(answer.headers()['content-language']).toBe(language);
  }
});
