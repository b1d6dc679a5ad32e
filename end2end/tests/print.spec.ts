/** Printed pages: the patient's appointment, and the doctor's list of appointments. */
import { book, cancelSummary, dateWithYear, expectConfirmed, expectZoneOnlyOfVideo, factValue, momentIn, myAppointments } from '../support/booking';
import { DOCTOR, register, signIn } from '../support/people';
import { expect, test } from '../support/test';
import { text, textPattern } from '../support/text';

/** The number of pages of a PDF. */
function pages(pdf: Buffer): number {
  return pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;
}

test('a confirmed appointment prints on one page, without navigation and buttons', async ({ page, city }) => {
  const person = await register(page);
  const { chosen } = await book(page, person, city);
  await expectConfirmed(page);
  await expect(page.getByRole('button', { name: text('action-print') })).toHaveCount(1);

  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  await expect(page.getByRole('heading', { level: 1, name: text('appointment-confirmed-title') })).toBeVisible();
  await expect(factValue(page, text('appointment-fact-date'))).toContainText(dateWithYear(chosen.date));
  await expect(factValue(page, text('appointment-fact-time'))).toContainText(chosen.times);
  await expectZoneOnlyOfVideo(factValue(page, text('appointment-fact-time')), chosen, city);
  for (const fact of ['doctor', 'location', 'person', 'fee', 'reference']) {
    await expect(factValue(page, text(`appointment-fact-${fact}`))).toBeVisible();
  }
  await expect(page.getByText(textPattern('appointment-change-until', { until: momentIn(city) }))).toBeVisible();
  await expect(page.getByText(new URL(page.url()).host)).toBeVisible();
  await expect(page.getByRole('navigation')).toHaveCount(0);
  await expect(page.getByRole('button')).toHaveCount(0);
  for (const key of ['appointment-add-to-calendar', 'appointment-reschedule-button', 'clinic-back-to-appointments']) {
    await expect(page.getByRole('link', { name: text(key) })).toHaveCount(0);
  }
  await expect(cancelSummary(page)).toBeHidden();
  await expect(page.getByRole('region', { name: text('history-title') })).toBeHidden();
  const colours = await page.evaluate(() => {
    const { backgroundColor, color } = getComputedStyle(document.body);
    return { backgroundColor, color };
  });
  expect(colours, 'also in dark mode').toEqual({ backgroundColor: 'rgb(255, 255, 255)', color: 'rgb(0, 0, 0)' });
  expect(pages(await page.pdf({ format: 'A4', preferCSSPageSize: true }))).toBe(1);
  expect(pages(await page.pdf({ format: 'A5' }))).toBe(1);

  await page.emulateMedia({ media: 'screen', colorScheme: 'light' });
  const mine = await myAppointments(page);
  await page.emulateMedia({ media: 'print' });
  await expect(mine).toBeVisible();
  await expect(page.getByText(text('appointments-people'))).toBeHidden();
});

test('a doctor’s list of days prints one appointment under another', async ({ page }) => {
  await signIn(page, DOCTOR, '/calendar?view=list');
  const entries = page.getByRole('list', { name: text('doctor-calendar-entries') });
  await page.emulateMedia({ media: 'print' });
  await expect(page.getByRole('heading', { level: 1, name: text('doctor-calendar-title') })).toBeVisible();
  await expect(page.getByRole('heading', { level: 2 }).first(), 'which day it is').toBeVisible();
  await expect(page.getByRole('navigation')).toHaveCount(0);
  for (const list of await entries.all()) {
    const boxes = await Promise.all((await list.getByRole('listitem').all()).map((entry) => entry.boundingBox()));
    const tops = boxes.map((box) => box?.y ?? 0);
    expect(tops, 'one under another').toEqual([...tops].sort((a, b) => a - b));
    expect(new Set(tops).size).toBe(tops.length);
  }
});
