/** Administrators: locations, and a doctor from the first form to the first appointment and suspension. */
import type { Page } from '@playwright/test';

import { expectAccessible } from '../support/accessibility';
import { chooseTime, enterCode, expectConfirmed, hold, openDay } from '../support/booking';
import { latestCode } from '../support/mailbox';
import { ADMINISTRATOR, randomWord, register, signIn } from '../support/people';
import { fillLine, saveSchedule, openPreview } from '../support/schedules';
import { expect, test } from '../support/test';

async function status(page: Page, choice: RegExp): Promise<void> {
  const select = page.getByLabel('Status');
  const label = (await select.getByRole('option').allInnerTexts()).find((text) => choice.test(text)) ?? '';
  await select.selectOption({ label });
}

test('an administrator adds a location and a doctor, sets hours, and the doctor can be found and booked', async ({
  page,
  anotherPerson,
  watch,
}) => {
  watch.expects(404);
  await signIn(page, ADMINISTRATOR, '/admin');
  await page.getByRole('navigation', { name: 'Administration' }).getByRole('link', { name: 'Locations' }).click();
  await page.getByRole('link', { name: 'Add a location' }).click();
  const place = `${randomWord()} Clinic`;
  await page.getByLabel('Clinic').selectOption({ label: 'Nadi Margao' });
  await page.getByLabel('Name').fill(place);
  await page.getByLabel('Address').fill('12 Station Road, beside the library');
  await page.getByLabel('City').fill('Margao, India');
  await page.getByLabel('Time zone').fill('Asia/Kolkata');
  await page.getByRole('button', { name: 'Add location' }).click();
  await expect(page.getByRole('status')).toContainText('Added.');
  await expect(page.getByRole('heading', { level: 1, name: place })).toBeVisible();

  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Administration' }).click();
  await page.getByRole('link', { name: 'Add a doctor' }).click();
  const name = `Dr Meera ${randomWord()}`;
  await page.getByLabel('Clinic').selectOption({ label: 'Nadi Margao' });
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Specialty').selectOption('General medicine');
  await page.getByLabel('Languages').fill('English, Konkani');
  await page.getByLabel('Fee').fill('450');
  await page.getByRole('button', { name: 'Add doctor' }).click();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  await expect(page.getByRole('status')).toContainText('Added.');
  const edit = new URL(page.url()).pathname;

  const [visitor, newPerson] = [await anotherPerson(), await anotherPerson()];
  await visitor.goto(`/doctors?q=${encodeURIComponent(name)}`);
  await expect(visitor.getByRole('heading', { level: 1 }), 'patients do not find a draft').toHaveText(`No doctors for “${name}”`);

  await page.getByRole('status').getByRole('link', { name: 'hours' }).click();
  await expect(page.getByRole('heading', { level: 1, name: `Hours of ${name}` })).toBeVisible();
  await fillLine(page, 1, { days: ['Monday', 'Wednesday', 'Friday'], from: '09:00', to: '12:00', minutes: '30', place });
  await openPreview(page);
  await saveSchedule(page);
  await expect(page.getByRole('status')).toContainText(/Saved\. \d+ times added\./);

  await page.goto(edit);
  await page.getByLabel('Qualifications').fill('MBBS, MD');
  await page.getByLabel('About (optional)').fill('Family doctor since 2009.');
  await status(page, /^Listed/);
  await page.getByRole('button', { name: 'Save doctor' }).click();
  await expect(page.getByRole('status')).toContainText('Patients see it now.');
  await expect(page.getByLabel('Qualifications')).toHaveValue('MBBS, MD');
  await expect(page.getByLabel('About (optional)')).toHaveValue('Family doctor since 2009.');

  const person = await register(visitor);
  await visitor.goto(`/doctors?q=${encodeURIComponent(name)}`);
  await expect(visitor.getByRole('heading', { level: 1, name: `1 doctor for “${name}”` })).toBeVisible();
  await visitor.getByRole('article').getByRole('link', { name, exact: true }).click();
  await expect(visitor.getByRole('main')).toContainText(place);
  await expect(visitor.getByRole('main')).toContainText('₹ 450');
  await openDay(visitor, 1);
  const chosen = await chooseTime(visitor);
  expect(chosen.date).toMatch(/^(Monday|Wednesday|Friday) /);
  expect(chosen.place).toBe(`at ${place}`);
  const appointment = await hold(visitor);
  await enterCode(visitor, await latestCode(visitor, person));
  await expectConfirmed(visitor);

  await page.goto('/admin');
  await page.getByRole('search', { name: 'Doctors' }).getByLabel('Find by name').fill(name);
  await page.getByRole('search', { name: 'Doctors' }).getByRole('button', { name: 'Find' }).click();
  const row = page.getByRole('table').getByRole('row').filter({ hasText: name });
  await expect(row).toContainText('Listed');
  await row.getByRole('link', { name, exact: true }).click();
  await status(page, /^Suspended/);
  await page.getByRole('button', { name: 'Save doctor' }).click();
  await expect(page.getByRole('heading', { level: 1, name: `Suspend ${name}` }), 'it asks first').toBeVisible();
  await expect(page.getByText('1 appointment is coming up.')).toBeVisible();
  await expect(page.getByRole('listitem').filter({ hasText: person.name })).toBeVisible();
  await expectAccessible(page, 'the question before a doctor is suspended');
  await page.getByRole('button', { name: 'Suspend and keep the appointment' }).click();
  await expect(page.getByRole('status')).toContainText('Nobody can book this doctor any more.');
  await visitor.goto(appointment);
  await expect(visitor.getByText(/is not taking bookings at the moment, so this appointment cannot be moved/)).toBeVisible();
  await expect(visitor.getByRole('link', { name: 'Move to another time' })).toHaveCount(0);
  await page.getByRole('link', { name: 'See or cancel them' }).click();
  await page.getByLabel('Reason for cancelling').fill('The doctor has left.');
  await page.getByRole('button', { name: 'Cancel the appointment' }).click();
  await expect(page.getByRole('status')).toContainText('the patients are told by e-mail');
  await visitor.goto(chosen.day);
  await expect(visitor.getByText(`${name} is not taking bookings at the moment.`), 'for whoever had an appointment').toBeVisible();
  await newPerson.goto(chosen.day);
  await expect(newPerson.getByRole('heading', { level: 1, name: 'There is nothing at this address' })).toBeVisible();
  await visitor.goto(appointment);
  await expect(visitor.getByRole('heading', { level: 1, name: 'This appointment is cancelled' })).toBeVisible();
  await expect(visitor.getByText('The reason given: The doctor has left.')).toBeVisible();
});

test('when two administrators save one location, the second sees what the first saved and decides', async ({ page, context, watch }) => {
  watch.expects(412);
  await signIn(page, ADMINISTRATOR, '/admin/locations/new');
  const place = `${randomWord()} House`;
  await page.getByLabel('Clinic').selectOption({ label: 'Nadi Pune' });
  await page.getByLabel('Name').fill(place);
  await page.getByLabel('Address').fill('3 Hill Road');
  await page.getByLabel('City').fill('Pune, India');
  await page.getByLabel('Time zone').fill('Asia/Kolkata');
  await page.getByRole('button', { name: 'Add location' }).click();
  await expect(page.getByRole('heading', { level: 1, name: place })).toBeVisible();

  const second = await context.newPage();
  await second.goto(new URL(page.url()).pathname);
  await page.getByLabel('Address').fill('4 Hill Road');
  await page.getByRole('button', { name: 'Save location' }).click();
  await expect(page.getByRole('status')).toContainText('Saved.');

  await second.getByLabel('Address').fill('5 Hill Road');
  await second.getByRole('button', { name: 'Save location' }).click();
  await expect(second.getByRole('alert')).toContainText('Someone saved this in the meantime');
  await expect(second.getByLabel('Address'), 'what was typed is kept').toHaveValue('5 Hill Road');
  await expect(second.getByLabel('Address')).toHaveAccessibleDescription(/Saved now: 4 Hill Road/);
  await second.getByRole('button', { name: 'Save location' }).click();
  await expect(second.getByRole('status')).toContainText('Saved.');
  await expect(second.getByLabel('Address')).toHaveValue('5 Hill Road');
});

test('a form about a doctor shows each problem at its field', async ({ page, watch }) => {
  watch.expects(422);
  await signIn(page, ADMINISTRATOR, '/admin/doctors/new');
  await page.getByLabel('Clinic').selectOption({ label: 'Nadi Margao' });
  await page.getByLabel('Name').fill('Dr Nobody');
  await page.getByLabel('Specialty').selectOption('General medicine');
  await page.getByLabel('Fee').fill('a lot');
  await page.getByLabel('E-mail of the account').fill('nobody.has.this@example.org');
  await page.getByRole('button', { name: 'Add doctor' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await expect(page.getByLabel('Fee')).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByLabel('Name')).toHaveValue('Dr Nobody');
  await expect(page.getByLabel('Fee')).toHaveValue('a lot');
});
