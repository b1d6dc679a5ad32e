/** Administrators: locations, a doctor from the first form to the first appointment and suspension, and held times. */
import { expectAccessible } from '../support/accessibility';
import { chooseTime, chooseTimeIn, enterCode, expectConfirmed, hold, openDay } from '../support/booking';
import { latestCode } from '../support/mailbox';
import { anotherNetwork, holdFrom } from '../support/network';
import { ADMINISTRATOR, randomWord, register, signIn } from '../support/people';
import { fillLine, saveSchedule, openPreview } from '../support/schedules';
import { expect, test } from '../support/test';
import { countPartPattern, partPattern, text, textPattern } from '../support/text';

test('an administrator adds a location and a doctor, sets hours, and the doctor can be found and booked', async ({
  page,
  anotherPerson,
  watch,
}) => {
  watch.expects(404);
  await signIn(page, ADMINISTRATOR, '/admin');
  await page.getByRole('navigation', { name: text('admin-tabs') }).getByRole('link', { name: text('admin-tab-locations') }).click();
  await page.getByRole('link', { name: text('admin-location-add-title') }).click();
  const place = `${randomWord()} Clinic`;
  await page.getByLabel(text('admin-location-clinic')).selectOption({ label: 'Nadi Margao' });
  await page.getByLabel(text('admin-location-name')).fill(place);
  await page.getByLabel(text('admin-location-address')).fill('12 Station Road, beside the library');
  await page.getByLabel(text('admin-location-city')).fill('Margao, India');
  await page.getByLabel(text('admin-location-zone')).fill('Asia/Kolkata');
  await page.getByRole('button', { name: text('admin-location-add-button') }).click();
  await expect(page.getByRole('status')).toContainText(text('admin-location-added'));
  await expect(page.getByRole('heading', { level: 1, name: place })).toBeVisible();

  await page.getByRole('navigation', { name: text('layout-main-navigation') }).getByRole('link', { name: text('layout-administration') }).click();
  await page.getByRole('link', { name: text('admin-doctor-add-title') }).click();
  const name = `Dr Meera ${randomWord()}`;
  await page.getByLabel(text('admin-doctor-clinic')).selectOption({ label: 'Nadi Margao' });
  await page.getByLabel(text('admin-doctor-name')).fill(name);
  await page.getByLabel(text('admin-doctor-specialty')).selectOption('General medicine');
  await page.getByLabel(text('admin-doctor-languages')).fill('English, Konkani');
  await page.getByLabel(text('admin-doctor-fee')).fill('450');
  await page.getByRole('button', { name: text('admin-doctor-add-button') }).click();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  await expect(page.getByRole('status')).toContainText(text('admin-doctor-added'));
  const edit = new URL(page.url()).pathname;

  const [visitor, newPerson] = [await anotherPerson(), await anotherPerson()];
  await visitor.goto(`/doctors?q=${encodeURIComponent(name)}`);
  const found = (count: number): string =>
    text('search-heading-text', { doctors: text('search-doctors', { count }), place: 'none', typed: name });
  await expect(visitor.getByRole('heading', { level: 1 }), 'patients do not find a draft').toHaveText(found(0));

  await page.getByRole('status').getByRole('link', { name: text('admin-doctor-added-next-link') }).click();
  await expect(page.getByRole('heading', { level: 1, name: text('schedule-hours-title'), exact: true })).toBeVisible();
  const title = text('schedule-window-title', { page: text('schedule-hours-title'), doctor: name });
  await expect(page, 'it says whose hours they are').toHaveTitle(text('page-title', { title }));
  await fillLine(page, 1, { days: ['Monday', 'Wednesday', 'Friday'], from: '09:00', to: '12:00', minutes: '30', place });
  await openPreview(page);
  await saveSchedule(page);
  await expect(page.getByRole('status')).toContainText(countPartPattern('schedule-change-added', {}, 'added'));

  await page.goto(edit);
  await page.getByLabel(text('admin-doctor-qualifications')).fill('MBBS, MD');
  await page.getByLabel(text('admin-doctor-about')).fill('Family doctor since 2009.');
  await page.getByLabel(text('admin-doctor-status')).selectOption({ label: text('admin-doctor-status-listed-choice') });
  await page.getByRole('button', { name: text('admin-doctor-save-button') }).click();
  await expect(page.getByRole('status')).toContainText(text('admin-doctor-saved-listed'));
  await expect(page.getByLabel(text('admin-doctor-qualifications'))).toHaveValue('MBBS, MD');
  await expect(page.getByLabel(text('admin-doctor-about'))).toHaveValue('Family doctor since 2009.');

  const person = await register(visitor);
  await visitor.goto(`/doctors?q=${encodeURIComponent(name)}`);
  await expect(visitor.getByRole('heading', { level: 1, name: found(1) })).toBeVisible();
  await visitor.getByRole('article').getByRole('link', { name, exact: true }).click();
  await expect(visitor.getByRole('main')).toContainText(place);
  await expect(visitor.getByRole('main')).toContainText('₹450');
  await openDay(visitor, 1);
  const chosen = await chooseTime(visitor);
  expect(chosen.date).toMatch(/^(Monday|Wednesday|Friday) /);
  expect(chosen.place).toBe(place);
  const appointment = await hold(visitor);
  await enterCode(visitor, await latestCode(visitor, person));
  await expectConfirmed(visitor);

  await page.goto('/admin');
  const search = page.getByRole('search', { name: text('admin-doctors-search') });
  await search.getByLabel(text('admin-doctors-search-label')).fill(name);
  await search.getByRole('button', { name: text('admin-doctors-search-button') }).click();
  const row = page.getByRole('table').getByRole('row').filter({ hasText: name });
  await expect(row).toContainText(text('admin-doctor-status-listed'));
  await row.getByRole('link', { name, exact: true }).click();
  await page.getByLabel(text('admin-doctor-status')).selectOption({ label: text('admin-doctor-status-suspended-choice') });
  await page.getByRole('button', { name: text('admin-doctor-save-button') }).click();
  await expect(page.getByRole('heading', { level: 1, name: text('admin-suspend-title', { name }) }), 'it asks first').toBeVisible();
  await expect(page.getByText(text('admin-suspend-upcoming', { count: 1 }), { exact: true })).toBeVisible();
  await expect(page.getByRole('listitem').filter({ hasText: person.name })).toBeVisible();
  await expectAccessible(page, 'the question before a doctor is suspended');
  await page.getByRole('button', { name: text('admin-suspend-keep-button', { count: 1 }) }).click();
  await expect(page.getByRole('status')).toContainText(text('admin-doctor-suspended-kept'));
  await visitor.goto(appointment);
  await expect(visitor.getByText(textPattern('appointment-not-taking-bookings', { doctor: name, until: /.+/ }))).toBeVisible();
  await expect(visitor.getByRole('link', { name: text('appointment-reschedule-button'), exact: true })).toHaveCount(0);
  await page.getByRole('link', { name: text('admin-doctor-upcoming-link') }).click();
  await page.getByLabel(text('admin-suspend-reason')).fill('The doctor has left.');
  await page.getByRole('button', { name: text('admin-suspend-cancel-only-button', { count: 1 }) }).click();
  await expect(page.getByRole('status')).toContainText(text('admin-doctor-suspended-cancelled'));
  await visitor.goto(chosen.day);
  await expect(visitor.getByText(text('doctor-not-booking', { doctor: name })), 'for whoever had an appointment').toBeVisible();
  await newPerson.goto(chosen.day);
  await expect(newPerson.getByRole('heading', { level: 1, name: text('not-found-title') })).toBeVisible();
  await visitor.goto(appointment);
  await expect(visitor.getByRole('heading', { level: 1, name: text('appointment-cancelled-title') })).toBeVisible();
  await expect(visitor.getByText(text('appointment-cancel-reason-given', { reason: 'The doctor has left.' }))).toBeVisible();
});

test('when two administrators save one location, the second sees what the first saved and decides', async ({ page, context, watch }) => {
  watch.expects(412);
  await signIn(page, ADMINISTRATOR, '/admin/locations/new');
  const place = `${randomWord()} House`;
  await page.getByLabel(text('admin-location-clinic')).selectOption({ label: 'Nadi Pune' });
  await page.getByLabel(text('admin-location-name')).fill(place);
  await page.getByLabel(text('admin-location-address')).fill('3 Hill Road');
  await page.getByLabel(text('admin-location-city')).fill('Pune, India');
  await page.getByLabel(text('admin-location-zone')).fill('Asia/Kolkata');
  await page.getByRole('button', { name: text('admin-location-add-button') }).click();
  await expect(page.getByRole('heading', { level: 1, name: place })).toBeVisible();

  const second = await context.newPage();
  await second.goto(new URL(page.url()).pathname);
  await page.getByLabel(text('admin-location-address')).fill('4 Hill Road');
  await page.getByRole('button', { name: text('admin-location-save-button') }).click();
  await expect(page.getByRole('status')).toContainText(text('admin-location-saved'));

  await second.getByLabel(text('admin-location-address')).fill('5 Hill Road');
  await second.getByRole('button', { name: text('admin-location-save-button') }).click();
  await expect(second.getByRole('alert')).toContainText(text('admin-stale-title'));
  await expect(second.getByLabel(text('admin-location-address')), 'what was typed is kept').toHaveValue('5 Hill Road');
  const saved = partPattern('admin-saved-now', { value: '4 Hill Road' });
  await expect(second.getByLabel(text('admin-location-address'))).toHaveAccessibleDescription(saved);
  await second.getByRole('button', { name: text('admin-location-save-button') }).click();
  await expect(second.getByRole('status')).toContainText(text('admin-location-saved'));
  await expect(second.getByLabel(text('admin-location-address'))).toHaveValue('5 Hill Road');
});

test('a form about a doctor shows each problem at its field', async ({ page, watch }) => {
  watch.expects(422);
  await signIn(page, ADMINISTRATOR, '/admin/doctors/new');
  await page.getByLabel(text('admin-doctor-clinic')).selectOption({ label: 'Nadi Margao' });
  await page.getByLabel(text('admin-doctor-name')).fill('Dr Nobody');
  await page.getByLabel(text('admin-doctor-specialty')).selectOption('General medicine');
  await page.getByLabel(text('admin-doctor-fee')).fill('a lot');
  await page.getByRole('button', { name: text('admin-doctor-add-button') }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await expect(page.getByLabel(text('admin-doctor-fee'))).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByLabel(text('admin-doctor-name'))).toHaveValue('Dr Nobody');
  await expect(page.getByLabel(text('admin-doctor-fee'))).toHaveValue('a lot');
});

test('an administrator releases what one network holds', async ({ page, city, baseURL }) => {
  const chosen = await chooseTimeIn(page, city);
  const slot = new URL(page.url()).searchParams.get('slot') ?? '';
  const network = anotherNetwork();
  await holdFrom(network, baseURL ?? '', slot);

  await signIn(page, ADMINISTRATOR, '/admin');
  await page.getByRole('navigation', { name: text('admin-tabs') }).getByRole('link', { name: text('admin-tab-holds') }).click();
  await expect(page.getByRole('heading', { level: 1, name: text('admin-holds-title') })).toBeVisible();
  const row = page.getByRole('row').filter({ hasText: network });
  // The network is written down a moment after the hold.
  await expect(async () => {
    await page.reload();
    await expect(row).toContainText(text('admin-holds-held', { count: 1 }), { timeout: 500 });
  }).toPass();
  await expect(row).toContainText(text('admin-holds-visitors', { count: 1 }));
  await row.locator('summary').click();
  await expectAccessible(page, 'the times that a network holds');
  await row.getByRole('button', { name: text('admin-holds-release-sure', { count: 1 }) }).click();
  await expect(page.getByRole('status')).toContainText(text('admin-holds-released', { count: 1 }));
  await expect(row).toContainText(text('admin-holds-held', { count: 0 }));
  await expect(row.locator('summary')).toHaveCount(0);
  await page.goto(chosen.day);
  await expect(page.getByRole('link', { name: new RegExp(`^${chosen.starts}`) }), 'the time is free again').toBeVisible();
});
