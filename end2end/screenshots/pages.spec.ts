/** Takes a screenshot of every page, in an order in which somebody could visit them. */
import type { Page } from '@playwright/test';

import { cancel, cancelSummary, chooseNewTime, chooseTime, enterCode, expectConfirmed, hold, openDay, openMove } from '../support/booking';
import { dateIn, daysLater, weekdayOf } from '../support/clock';
import { latestCode, wrongCode } from '../support/mailbox';
import { ADMINISTRATOR, DOCTOR, register, signIn, newPerson } from '../support/people';
import { expect } from '../support/test';
import { partPattern, text } from '../support/text';
import { test } from './fixtures';

/** The working day after a date. */
function nextWorkday(date: string): string {
  let next = daysLater(date, 1);
  while (['Saturday', 'Sunday'].includes(weekdayOf(next))) {
    next = daysLater(next, 1);
  }
  return next;
}

async function open(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
}

test('visitors', async ({ page, take, watch }) => {
  watch.expects(404, 422);
  for (const [name, address] of [
    ['home', '/'],
    ['list', '/doctors?city=panjim'],
    ['list-empty', '/doctors?q=nobody+is+called+this'],
    ['doctor', '/doctors/asha-naik'],
    ['doctor-video', '/doctors/asha-naik?mode=video'],
    ['sign-in', '/sign-in'],
    ['register', '/register'],
    ['sign-in-forgot', '/sign-in/forgot'],
    ['sign-in-code-gone', '/sign-in/code'],
    ['help-calendars', '/help/calendars'],
    ['privacy', '/privacy'],
    ['terms', '/terms'],
    ['not-found', '/no-such-page'],
    ['pieces', '/dev/pieces'],
  ] as const) {
    await open(page, address);
    await take(name);
  }
  await open(page, '/sign-in');
  await page.getByLabel(text('sign-in-email')).fill('nobody@nadi.example');
  await page.getByLabel(text('sign-in-password')).fill('not the password');
  await page.getByRole('main').getByRole('button', { name: text('sign-in-button'), exact: true }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await take('sign-in-refused');
});

test('patients', async ({ page, take, watch }) => {
  watch.expects(422);
  const person = await register(page, { ...newPerson(), name: 'Mira Shetty' });
  await open(page, '/appointments');
  await take('appointments-none');
  await open(page, '/doctors/asha-naik');
  await openDay(page, 1);
  await chooseTime(page);
  await take('review');
  const appointment = await hold(page);
  await take('hold');
  const code = await latestCode(page, person);
  await enterCode(page, wrongCode(code));
  await expect(page.getByRole('alert')).toBeVisible();
  await take('hold-wrong-code');
  await enterCode(page, code);
  await expectConfirmed(page);
  await take('confirmed');
  await cancelSummary(page).click();
  await take('cancel');
  await page.emulateMedia({ media: 'print' });
  await take('print-confirmed');
  await page.emulateMedia({ media: 'screen' });
  await openMove(page);
  await chooseNewTime(page);
  await take('move');
  await open(page, '/appointments');
  await take('appointments');
  await page.emulateMedia({ media: 'print' });
  await take('print-appointments');
  await page.emulateMedia({ media: 'screen' });
  await open(page, '/appointments/calendar');
  await take('own-calendar');
  await page.goto(appointment);
  await cancel(page);
  await take('cancelled');
  await open(page, '/people');
  await page.getByLabel(text('people-name')).fill('Anjali Shetty');
  await page.getByRole('button', { name: text('people-add-button') }).click();
  await expect(page.getByRole('status')).toBeVisible();
  await take('people');
  await open(page, '/account');
  await take('account');
  await open(page, '/account/delete');
  await take('account-delete');
  await open(page, `/dev/mailbox?to=${person.email}`);
  await take('mailbox');
});

test.describe('from abroad', () => {
  test.use({ timezoneId: 'America/New_York' });

  test('a video visit', async ({ page, take }) => {
    await open(page, '/doctors?city=vadodara&mode=video');
    await take('list-from-abroad');
    const times = page.getByRole('article').first().getByRole('link', { name: /^\d\d:\d\d/ });
    await times.filter({ hasText: partPattern('own-time', { time: /.+/ }) }).first().click();
    await expect(page.locator('.review .own-time')).toBeVisible();
    await take('review-from-abroad');
  });
});

test('doctors', async ({ page, now, take }) => {
  const workday = nextWorkday(dateIn('Asia/Kolkata', now()));
  await signIn(page, DOCTOR, '/calendar');
  for (const [name, address] of [
    ['calendar-week', `/calendar?date=${workday}`],
    ['calendar-day', `/calendar?view=day&date=${workday}`],
    ['calendar-list', '/calendar?view=list'],
    ['hours', '/calendar/hours'],
    ['time-off', '/calendar/time-off'],
    ['connections', '/calendar/connections'],
  ] as const) {
    await open(page, address);
    await take(name);
    if (name.startsWith('calendar-')) {
      await page.emulateMedia({ media: 'print' });
      await take(`print-${name}`);
      await page.emulateMedia({ media: 'screen' });
    }
  }
});

test('administrators', async ({ page, take }) => {
  await signIn(page, ADMINISTRATOR, '/admin');
  await take('admin-doctors');
  await page.getByRole('table').getByRole('rowheader').first().getByRole('link').click();
  await expect(page.getByRole('button', { name: text('admin-doctor-save-button') })).toBeVisible();
  await take('admin-doctor');
  for (const [name, address] of [
    ['admin-doctor-new', '/admin/doctors/new'],
    ['admin-locations', '/admin/locations'],
    ['admin-location-new', '/admin/locations/new'],
    ['admin-holidays', '/admin/holidays'],
    ['admin-holds', '/admin/holds'],
    ['admin-team', '/admin/team'],
    ['admin-appointments', '/admin/appointments'],
  ] as const) {
    await open(page, address);
    await take(name);
  }
});
