/** Printed pages: the patient's appointment, and the doctor's list of appointments. */
import { book, expectConfirmed, factValue, myAppointments } from '../support/booking';
import { DOCTOR, register, signIn } from '../support/people';
import { expect, test } from '../support/test';

/** The number of pages of a PDF. */
function pages(pdf: Buffer): number {
  return pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;
}

test('a confirmed appointment prints on one page, without navigation and buttons', async ({ page, city }) => {
  const person = await register(page);
  const { chosen } = await book(page, person, city);
  await expectConfirmed(page);
  await expect(page.getByRole('button', { name: 'Print' })).toHaveCount(1);

  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  await expect(page.getByRole('heading', { level: 1, name: 'Your appointment is confirmed' })).toBeVisible();
  await expect(factValue(page, 'Date')).toContainText(chosen.date);
  await expect(factValue(page, 'Time')).toContainText(city.zone);
  for (const name of ['Doctor', 'Place', 'For', 'Fee', 'Reference']) {
    await expect(factValue(page, name)).toBeVisible();
  }
  await expect(page.getByText(/^You can move or cancel it until/)).toBeVisible();
  await expect(page.getByText(new URL(page.url()).host)).toBeVisible();
  await expect(page.getByRole('navigation')).toHaveCount(0);
  await expect(page.getByRole('button')).toHaveCount(0);
  await expect(page.getByRole('link', { name: /Add to your calendar|Move to another time|My appointments/ })).toHaveCount(0);
  await expect(page.getByText('Cancel or give this time back')).toBeHidden();
  await expect(page.getByRole('region', { name: 'What happened' })).toBeHidden();
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
  await expect(page.getByText('People you book for')).toBeHidden();
});

test('a doctor’s list of days prints one appointment under another', async ({ page }) => {
  await signIn(page, DOCTOR, '/calendar?view=list');
  const entries = page.getByRole('list', { name: 'Appointments' });
  await page.emulateMedia({ media: 'print' });
  await expect(page.getByRole('heading', { level: 1, name: 'Your calendar' })).toBeVisible();
  await expect(page.getByRole('heading', { level: 2 }).first(), 'which day it is').toBeVisible();
  await expect(page.getByRole('navigation')).toHaveCount(0);
  for (const list of await entries.all()) {
    const boxes = await Promise.all((await list.getByRole('listitem').all()).map((entry) => entry.boundingBox()));
    const tops = boxes.map((box) => box?.y ?? 0);
    expect(tops, 'one under another').toEqual([...tops].sort((a, b) => a - b));
    expect(new Set(tops).size).toBe(tops.length);
  }
});
