/** Times of video appointments are also shown in the visitor's own time zone. */
import type { Locator, Page } from '@playwright/test';

import { enterCode, expectConfirmed, factValue, hold, myAppointments, openDay, openMove, chosenTime, shownDay } from '../support/booking';
import { latestCode } from '../support/mailbox';
import { register } from '../support/people';
import { expect, test } from '../support/test';
import { partPattern, text, textPattern } from '../support/text';

/** The video times of the shown day. Each has the clinic's time, and the visitor's own if it differs. */
function videoTimes(page: Page): Locator {
  return shownDay(page).getByRole('link').filter({ has: page.locator('.own-time') });
}

/** An instant in a zone, formatted independently of the page's script: `Mon 23 Nov`, `Mon` and `23:50`. */
function moment(at: string, timeZone: string): { date: string; weekday: string; time: string } {
  const by = (options: Intl.DateTimeFormatOptions): string => new Intl.DateTimeFormat('en-GB', { timeZone, ...options }).format(new Date(at));
  const weekday = by({ weekday: 'short' });
  const date = `${weekday} ${by({ day: 'numeric' })} ${by({ month: 'short' })}`;
  return { date, weekday, time: by({ timeStyle: 'short', hour12: false }).replace(/^24/, '00') };
}

/** The visitor's own time in words, with the city. */
function inCity(city: string, time: string): string {
  return text('own-time-in-city', { time, city });
}

/** Adds instants to the page. Returns the texts that the page's script makes of them, empty for hidden ones. */
async function ownTimes(page: Page, moments: readonly string[]): Promise<string[]> {
  await page.evaluate((all) => {
    for (const at of all) {
      const element = document.createElement('time');
      element.className = 'own-time probe';
      element.hidden = true;
      element.setAttribute('datetime', at);
      document.querySelector('main')?.append(element);
    }
  }, moments);
  // The script handles new elements at once, so a probe that is hidden after a frame stays hidden.
  await page.evaluate(() => new Promise(requestAnimationFrame));
  const probes = await page.locator('.probe').all();
  return await Promise.all(probes.map(async (probe) => ((await probe.isVisible()) ? await probe.innerText() : '')));
}

async function openVideo(page: Page, city: string): Promise<void> {
  await page.goto(`/doctors?city=${city}&mode=video`);
  await page.getByRole('article').filter({ hasText: text('doctor-card-all-times') }).first().getByRole('heading', { level: 2 }).getByRole('link').click();
  await page.getByRole('navigation', { name: text('picker-mode') }).getByRole('link', { name: text('appointment-mode-video'), exact: true }).click();
  await expect(shownDay(page)).toBeVisible();
}

test.describe('from New York', () => {
  test.use({ timezoneId: 'America/New_York' });

  test('a video visit in India shows the visitor’s own time on every page of its booking', async ({ page }) => {
    const person = await register(page);
    await openVideo(page, 'vadodara');
    await openDay(page, 1);
    const times = videoTimes(page);
    expect(await times.count()).toBeGreaterThan(0);
    for (const time of await times.all()) {
      const own = time.locator('.own-time');
      const at = (await own.getAttribute('datetime')) ?? '';
      const there = at.slice(11, 16);
      expect(await time.innerText()).toMatch(new RegExp(`^${there}`));
      const here = moment(at, 'America/New_York');
      const otherDay = here.date.split(' ')[1] !== String(Number(at.slice(8, 10)));
      await expect(own).toHaveText(text('own-time', { time: `${otherDay ? `${here.weekday} ` : ''}${here.time}` }));
    }

    const free = times.last();
    const at = (await free.locator('.own-time').getAttribute('datetime')) ?? '';
    await free.click();
    const here = moment(at, 'America/New_York');
    const own = textPattern('own-time-in-city', { time: new RegExp(`(?:${here.date}, )?${here.time}`), city: 'New York' });
    await expect(chosenTime(page)).toContainText(text('zone-of-place', { city: 'Kolkata' }));
    await expect(chosenTime(page).getByText(own)).toBeVisible();
    await hold(page);
    await expect(page.getByText(own)).toBeVisible();
    await enterCode(page, await latestCode(page, person));
    await expectConfirmed(page);
    await expect(factValue(page, text('appointment-fact-time')).getByText(own)).toBeVisible();
    await openMove(page);
    await expect(page.getByRole('region', { name: text('appointment-reschedule-current') }).getByText(own)).toBeVisible();
    await expect((await myAppointments(page)).getByText(own)).toBeVisible();
  });

  test('the day is named when it differs, and each zone’s own clock changes count', async ({ page }) => {
    await page.goto('/doctors/asha-naik');
    expect(
      await ownTimes(page, [
        '2026-11-24T10:20:00+05:30',
        '2026-11-24T18:00:00+05:30',
        // Clocks are set back in New York on 1 November and in Berlin a week earlier.
        '2026-10-24T18:00:00+02:00',
        '2026-10-26T18:00:00+01:00',
        '2026-11-02T18:00:00+01:00',
        // The same local time before and after the clock is set back by an hour.
        '2026-11-01T01:30:00-04:00',
        '2026-11-01T01:30:00-05:00',
        // The same two instants in another zone, where the visitor's time needs the abbreviation.
        '2026-11-01T11:00:00+05:30',
        '2026-11-01T12:00:00+05:30',
        '2026-11-01T10:00:00+05:30',
        '2026-11-01T13:00:00+05:30',
        // The last minute of a month and of a year.
        '2027-01-01T05:00:00+05:30',
        'not a moment',
      ]),
    ).toEqual([
      inCity('New York', 'Mon 23 Nov, 23:50'),
      inCity('New York', '07:30'),
      inCity('New York', '12:00'),
      inCity('New York', '13:00'),
      inCity('New York', '12:00'),
      '',
      '',
      inCity('New York', text('time-with-zone', { time: '01:30', zone: 'EDT' })),
      inCity('New York', text('time-with-zone', { time: '01:30', zone: 'EST' })),
      inCity('New York', '00:30'),
      inCity('New York', '02:30'),
      inCity('New York', 'Thu 31 Dec, 18:30'),
      '',
    ]);
  });
});

test.describe('from Auckland', () => {
  test.use({ timezoneId: 'Pacific/Auckland' });

  test('a late time is named with the next day', async ({ page }) => {
    await page.goto('/doctors/asha-naik');
    expect(await ownTimes(page, ['2026-11-24T10:20:00+05:30', '2026-11-24T18:00:00+05:30', '2026-06-24T18:00:00+05:30'])).toEqual([
      inCity('Auckland', '17:50'),
      inCity('Auckland', 'Wed 25 Nov, 01:30'),
      inCity('Auckland', 'Thu 25 Jun, 00:30'),
    ]);
  });
});

test.describe('from a zone without a city', () => {
  test.use({ timezoneId: 'UTC' });

  test('only the time is given', async ({ page }) => {
    await page.goto('/doctors/asha-naik');
    expect(await ownTimes(page, ['2026-11-24T10:20:00+05:30'])).toEqual([text('own-time', { time: '04:50' })]);
  });
});

test.describe('from India', () => {
  test.use({ timezoneId: 'Asia/Kolkata' });

  test('a time is shown once when both zones agree', async ({ page }) => {
    await openVideo(page, 'vadodara');
    expect(await videoTimes(page).count()).toBeGreaterThan(0);
    await videoTimes(page).first().click();
    await expect(chosenTime(page)).toContainText(text('zone-of-place', { city: 'Kolkata' }));
    await expect(page.getByRole('main').getByText(partPattern('own-time', { time: /\d\d:\d\d/ }))).toHaveCount(0);
    expect(await ownTimes(page, ['2026-11-24T10:20:00+05:30', '2026-11-24T10:20:00+05:45'])).toEqual(['', inCity('Kolkata', '10:05')]);
  });
});

test('a doctor’s page opens on the next day with times of the chosen kind', async ({ page }) => {
  // Asha Naik has video times on two days of the week, and times at the clinics on all working days.
  await page.goto('/doctors/asha-naik?mode=video');
  const times = shownDay(page).getByRole('link', { name: /^\d\d:\d\d/ });
  expect(await times.count()).toBeGreaterThan(0);
  await expect(page.getByText(text('picker-no-times-this-day'))).toHaveCount(0);
});

test('a time at a clinic is given in the clinic’s zone only', async ({ page }) => {
  await page.goto('/doctors/asha-naik?mode=in_person');
  await expect(shownDay(page)).toBeVisible();
  await expect(page.locator('.own-time')).toHaveCount(0);
});
