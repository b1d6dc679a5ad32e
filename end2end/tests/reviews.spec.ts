/** Reviews: written by the patient, answered by the doctor, hidden by the clinic. */
import { expectAccessible, expectFitsNarrowScreen } from '../support/accessibility';
import { chooseUpcomingTime, enterCode, expectConfirmed, hold } from '../support/booking';
import { advanceClock } from '../support/clock';
import { latestCode } from '../support/mailbox';
import { register } from '../support/people';
import { addDoctorAroundTheClock, openDoctorPage } from '../support/schedules';
import { expect, test } from '../support/test';
import { partPattern, text } from '../support/text';

test('a visit is reviewed, answered, hidden and shown again', { tag: '@no-scripts' }, async ({ page, anotherPerson, scripts, now, watch }) => {
  watch.expects(422);
  const [doctor, office, reader] = [await anotherPerson(), await anotherPerson(), await anotherPerson()];
  const practice = await addDoctorAroundTheClock(office, now(), { page: doctor, person: await register(doctor) });
  const name = practice.name;
  const patient = await register(page);
  const doctorPage = await openDoctorPage(page, practice);
  await expect(page.getByText(text('rating-none-help'))).toBeVisible();
  await chooseUpcomingTime(page);
  const appointment = await hold(page);
  await enterCode(page, await latestCode(page, patient));
  await expectConfirmed(page);
  await expect(page.getByRole('heading', { name: text('own-review-invitation-title') }), 'not before it').toHaveCount(0);

  // The patient is checked in and the visit completed.
  await doctor.goto(appointment);
  await doctor.getByRole('button', { name: text('clinic-check-in-button'), exact: true }).click();
  await advanceClock(doctor, 3600);
  await doctor.reload();
  await doctor.getByRole('button', { name: text('clinic-complete-button') }).click();
  await expect(doctor.getByRole('heading', { level: 1, name: text('appointment-completed-title-clinic') })).toBeVisible();
  await advanceClock(doctor, 0);
  await expect(doctor.getByRole('heading', { name: text('own-review-invitation-title') }), 'not for the doctor').toHaveCount(0);

  await page.goto('/appointments?show=past');
  await page.getByRole('link', { name: text('own-review-link') }).click();
  const review = page.getByRole('region', { name: text('own-review-invitation-title') });
  await review.getByLabel(text('own-review-text')).fill('Calm.\nNobody was in a hurry.');
  await review.locator('form').evaluate((form: HTMLFormElement) => (form.noValidate = true));
  await review.getByRole('button', { name: text('own-review-send') }).click();
  await expect(page.getByRole('alert')).toContainText(text('field-stars-missing'));
  await expect(review.getByLabel(text('own-review-text')), 'what was typed is still there').toHaveValue('Calm.\nNobody was in a hurry.');
  await review.getByLabel(text('own-review-stars-choice', { number: 4, word: text('stars-four') })).check();
  if (scripts) {
    await expectAccessible(page, 'the form of a review');
  }
  await expectFitsNarrowScreen(page, 'the form of a review');
  await review.getByRole('button', { name: text('own-review-send') }).click();
  await expect(page.getByRole('status').filter({ hasText: text('appointment-reviewed-done') })).toBeVisible();
  await page.goto('/appointments?show=past');
  await expect(page.getByRole('link', { name: text('own-review-link') })).toHaveCount(0);

  const initial = (patient.name.split(' ').at(-1) ?? '').charAt(0);
  await reader.goto(doctorPage);
  const reviews = reader.getByRole('region', { name: text('reviews-title'), exact: true });
  await expect(reviews).toContainText(text('rating-reviews', { count: 1 }));
  const shown = reviews.getByRole('article');
  await expect(shown).toContainText(`Tara ${initial}.`);
  await expect(shown).not.toContainText(patient.name);
  await expect(shown).toContainText(partPattern('review-appointment-in', { month: /[A-Z][a-z]+ \d{4}/ }));
  await expect(shown.getByRole('img', { name: text('stars-of-five', { count: 4 }) })).toBeVisible();

  await doctor.goto('/calendar');
  await doctor.getByRole('navigation', { name: text('schedule-tabs') }).getByRole('link', { name: text('schedule-tab-reviews') }).click();
  await doctor.getByText(text('doctor-reviews-reply-open')).click();
  await doctor.getByLabel(text('doctor-reviews-reply-label', { name: `Tara ${initial}.` })).fill('Thank you for coming.');
  await doctor.getByRole('button', { name: text('doctor-reviews-reply-button') }).click();
  await expect(doctor.getByRole('status')).toContainText(text('doctor-reviews-saved'));
  await reader.reload();
  await expect(shown).toContainText(text('review-answer-from', { doctor: name }));
  await expect(shown).toContainText('Thank you for coming.');

  // The author changes the review and hides the name.
  await page.goto(appointment);
  const mine = page.getByRole('region', { name: text('own-review-title'), exact: true });
  await mine.getByText(text('own-review-edit'), { exact: true }).click();
  await mine.getByLabel(text('own-review-stars-choice', { number: 5, word: text('stars-five') })).check();
  await mine.getByLabel(text('own-review-anonymous')).check();
  await mine.getByRole('button', { name: text('own-review-save') }).click();
  await expect(mine.getByRole('img', { name: text('stars-of-five', { count: 5 }) })).toBeVisible();
  await reader.reload();
  await expect(shown).not.toContainText('Tara');
  await expect(shown).toContainText(text('review-changed-since'));

  // The administrator sees the newest review first.
  await office.goto('/admin');
  await office.getByRole('navigation', { name: text('admin-tabs') }).getByRole('link', { name: text('admin-tab-reviews') }).click();
  const item = office.getByRole('listitem').filter({ hasText: name });
  await item.getByText(text('admin-reviews-hide-button')).first().click();
  await item.getByLabel(text('admin-reviews-reason')).fill('It names somebody.');
  await item.getByRole('button', { name: text('admin-reviews-hide-button') }).click();
  await expect(office.getByRole('status')).toContainText(text('admin-reviews-hidden-done'));
  await reader.reload();
  await expect(reviews).toContainText(text('rating-none-help'));
  await expect(shown).toHaveCount(0);
  const reason = { reason: 'It names somebody.' };
  for (const [other, key] of [[page, 'own-review-hidden-reason'], [doctor, 'admin-reviews-hidden-reason']] as const) {
    await other.reload();
    await expect(other.getByText(text(key, reason))).toBeVisible();
  }

  const filter = office.getByRole('navigation', { name: text('admin-reviews-filter') });
  await filter.getByRole('link', { name: text('admin-reviews-filter-hidden') }).click();
  await expect(item).toContainText(text('admin-reviews-hidden-reason', reason));
  await item.getByRole('button', { name: text('admin-reviews-show-button') }).click();
  await expect(office.getByRole('status')).toContainText(text('admin-reviews-shown-done'));
  await reader.reload();
  await expect(shown).toHaveCount(1);

  await page.reload();
  await mine.getByRole('button', { name: text('own-review-delete') }).click();
  await expect(page.getByRole('status').filter({ hasText: text('appointment-review-deleted-done') })).toBeVisible();
  await expect(page.getByRole('heading', { name: text('own-review-invitation-title') })).toBeVisible();
});

test('ratings are shown on cards and on a doctor’s page, and can be searched by', { tag: '@phone' }, async ({ page }) => {
  await page.goto('/doctors/asha-naik');
  const reviews = page.getByRole('region', { name: text('reviews-title'), exact: true });
  const rating = partPattern('rating-average', { average: /(\d\.\d)/, count: /\d+/ });
  await expect(reviews).toContainText(rating);
  await expect(reviews.getByRole('article')).toHaveCount(10);
  const first = await reviews.getByRole('article').first().innerText();
  await reviews.getByRole('link', { name: text('reviews-more') }).click();
  await expect(page).toHaveURL(/\?reviews=2#reviews$/);
  await expect(reviews.getByRole('article').first()).not.toHaveText(first);
  await reviews.getByRole('link', { name: text('reviews-newer') }).click();
  await expect(reviews.getByRole('article')).toHaveCount(10);
  await expectFitsNarrowScreen(page, 'a doctor with reviews');

  await page.goto('/doctors?q=general+medicine');
  const fold = page.getByText(text('search-filters', { on: 0 }), { exact: true });
  if (await fold.isVisible()) {
    await fold.click();
  }
  await page.getByText(text('search-more-filters', { on: 0 })).click();
  await page.getByLabel(text('search-field-rating')).selectOption('4.5');
  await page.getByRole('main').getByRole('button', { name: text('search-button') }).click();
  await expect(page).toHaveURL(/rating_min=4\.5/);
  const cards = page.getByRole('article');
  // Not the inner text, which is empty for cards that are not rendered.
  for (const card of await cards.allTextContents()) {
    const average = rating.exec(card)?.[1] ?? '0';
    expect(Number(average)).toBeGreaterThanOrEqual(4.5);
  }
  const filter = text('search-filter-rating', { rating: text('rating-at-least', { stars: 4.5 }) });
  await page.getByRole('link', { name: `${text('search-filter-remove')} ${filter}` }).click();
  await expect(page).not.toHaveURL(/rating_min/);
});
