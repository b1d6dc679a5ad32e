/** Reviews: written by the patient, answered by the doctor, hidden by the clinic. */
import { expectAccessible, expectFitsNarrowScreen } from '../support/accessibility';
import { chooseUpcomingTime, enterCode, expectConfirmed, hold } from '../support/booking';
import { advanceClock } from '../support/clock';
import { latestCode } from '../support/mailbox';
import { register } from '../support/people';
import { addDoctorAroundTheClock, openDoctorPage } from '../support/schedules';
import { expect, test } from '../support/test';

test('a visit is reviewed, answered, hidden and shown again', { tag: '@no-scripts' }, async ({ page, anotherPerson, scripts, now, watch }) => {
  watch.expects(422);
  const [doctor, office, reader] = [await anotherPerson(), await anotherPerson(), await anotherPerson()];
  const practice = await addDoctorAroundTheClock(office, now(), await register(doctor));
  const name = practice.name;
  const patient = await register(page);
  const doctorPage = await openDoctorPage(page, practice);
  await expect(page.getByText('No reviews yet')).toBeVisible();
  await chooseUpcomingTime(page);
  const appointment = await hold(page);
  await enterCode(page, await latestCode(page, patient));
  await expectConfirmed(page);
  await expect(page.getByRole('heading', { name: 'How was your visit?' }), 'not before it').toHaveCount(0);

  // The patient is checked in and the visit completed.
  await doctor.goto(appointment);
  await doctor.getByRole('button', { name: 'Check in' }).click();
  await advanceClock(doctor, 3600);
  await doctor.reload();
  await doctor.getByRole('button', { name: 'Completed' }).click();
  await expect(doctor.getByRole('heading', { level: 1, name: 'This visit took place' })).toBeVisible();
  await advanceClock(doctor, 0);
  await expect(doctor.getByRole('heading', { name: 'How was your visit?' }), 'not for the doctor').toHaveCount(0);

  await page.goto('/appointments?show=past');
  await page.getByRole('link', { name: /^Review this visit/ }).click();
  const review = page.getByRole('region', { name: 'How was your visit?' });
  await review.getByLabel('In your words').fill('Calm.\nNobody was in a hurry.');
  await review.locator('form').evaluate((form: HTMLFormElement) => (form.noValidate = true));
  await review.getByRole('button', { name: 'Send your review' }).click();
  await expect(page.getByRole('alert')).toContainText('Choose from 1 to 5 how your visit was.');
  await expect(review.getByLabel('In your words'), 'what was typed is still there').toHaveValue('Calm.\nNobody was in a hurry.');
  await review.getByLabel('4 – very good').check();
  if (scripts) {
    await expectAccessible(page, 'the form of a review');
  }
  await expectFitsNarrowScreen(page, 'the form of a review');
  await review.getByRole('button', { name: 'Send your review' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Thank you.' })).toBeVisible();
  await page.goto('/appointments?show=past');
  await expect(page.getByRole('link', { name: /^Review this visit/ })).toHaveCount(0);

  const initial = (patient.name.split(' ').at(-1) ?? '').charAt(0);
  await reader.goto(doctorPage);
  const reviews = reader.getByRole('region', { name: 'Reviews' });
  await expect(reviews).toContainText('1 review of a verified visit');
  const shown = reviews.getByRole('article');
  await expect(shown).toContainText(`Tara ${initial}.`);
  await expect(shown).not.toContainText(patient.name);
  await expect(shown).toContainText(/Visited in [A-Z][a-z]+ \d{4}/);
  await expect(shown.getByRole('img', { name: '4 of 5' })).toBeVisible();

  await doctor.goto('/calendar');
  await doctor.getByRole('navigation', { name: 'Schedule' }).getByRole('link', { name: 'Reviews' }).click();
  await doctor.getByText('Answer this review').click();
  await doctor.getByLabel(`Your answer to Tara ${initial}.`).fill('Thank you for coming.');
  await doctor.getByRole('button', { name: 'Save this answer' }).click();
  await expect(doctor.getByRole('status')).toContainText('Your answer stands below the review.');
  await reader.reload();
  await expect(shown).toContainText(`${name} answers`);
  await expect(shown).toContainText('Thank you for coming.');

  // The author changes the review and hides the name.
  await page.goto(appointment);
  const mine = page.getByRole('region', { name: 'Your review' });
  await mine.getByText('Change your review').click();
  await mine.getByLabel('5 – excellent').check();
  await mine.getByLabel(/^Show me as “Patient”/).check();
  await mine.getByRole('button', { name: 'Save your review' }).click();
  await expect(mine.getByRole('img', { name: '5 of 5' })).toBeVisible();
  await reader.reload();
  await expect(shown).not.toContainText('Tara');
  await expect(shown).toContainText('The review was written anew after this answer.');

  // The administrator sees the newest review first.
  await office.goto('/admin');
  await office.getByRole('navigation', { name: 'Administration' }).getByRole('link', { name: 'Reviews' }).click();
  const item = office.getByRole('listitem').filter({ hasText: name });
  await item.getByText('Hide this review').first().click();
  await item.getByLabel('The reason').fill('It names somebody.');
  await item.getByRole('button', { name: 'Hide this review' }).click();
  await expect(office.getByRole('status')).toContainText('it no longer counts.');
  await reader.reload();
  await expect(reviews).toContainText('No reviews yet');
  await expect(shown).toHaveCount(0);
  for (const other of [page, doctor]) {
    await other.reload();
    await expect(other.getByText('The reason: It names somebody.').or(other.getByText('It names somebody.')).first()).toBeVisible();
  }

  await office.getByRole('navigation', { name: 'Which reviews' }).getByRole('link', { name: 'Hidden' }).click();
  await expect(item).toContainText('The reason: It names somebody.');
  await item.getByRole('button', { name: 'Show this review again' }).click();
  await expect(office.getByRole('status')).toContainText('it counts.');
  await reader.reload();
  await expect(shown).toHaveCount(1);

  await page.reload();
  await mine.getByRole('button', { name: 'Take your review back' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Your review is taken back.' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'How was your visit?' })).toBeVisible();
});

test('ratings are shown on cards and on a doctor’s page, and can be searched by', { tag: '@phone' }, async ({ page }) => {
  await page.goto('/doctors/asha-naik');
  const reviews = page.getByRole('region', { name: 'Reviews' });
  await expect(reviews).toContainText(/\d\.\d of 5 from \d+ verified visits/);
  await expect(reviews.getByRole('article')).toHaveCount(10);
  const first = await reviews.getByRole('article').first().innerText();
  await reviews.getByRole('link', { name: 'More reviews' }).click();
  await expect(page).toHaveURL(/\?reviews=2#reviews$/);
  await expect(reviews.getByRole('article').first()).not.toHaveText(first);
  await reviews.getByRole('link', { name: 'Newer reviews' }).click();
  await expect(reviews.getByRole('article')).toHaveCount(10);
  await expectFitsNarrowScreen(page, 'a doctor with reviews');

  await page.goto('/doctors?q=general+medicine');
  const fold = page.getByText(/^Filters/);
  if (await fold.isVisible()) {
    await fold.click();
  }
  await page.getByText('More filters').click();
  await page.getByLabel('Rating').selectOption('4.5');
  await page.getByRole('main').getByRole('button', { name: 'Search' }).click();
  await expect(page).toHaveURL(/rating_min=4\.5/);
  const cards = page.getByRole('article');
  // Not the inner text, which is empty for cards that are not rendered.
  for (const text of await cards.allTextContents()) {
    const average = /(\d\.\d) of 5 from \d+ verified visits/.exec(text)?.[1] ?? '0';
    expect(Number(average)).toBeGreaterThanOrEqual(4.5);
  }
  await page.getByRole('link', { name: 'Remove filter: Rated 4.5 and more' }).click();
  await expect(page).not.toHaveURL(/rating_min/);
});
