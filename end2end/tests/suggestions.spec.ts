/** Suggestions while typing, and doctors near the visitor. The form works without both. */
import type { Locator, Page, Request } from '@playwright/test';

import { expectAccessible, expectFitsNarrowScreen } from '../support/accessibility';
import { tabTo } from '../support/keyboard';
import { expect, test } from '../support/test';
import { countPattern, partPattern, text, textPattern } from '../support/text';

const field = (page: Page): Locator => page.getByRole('search').getByLabel(text('search-field-text'));
const list = (page: Page): Locator => page.getByRole('listbox', { name: text('search-suggestions') });
/** What a symptom suggests: `Dermatology – for “skin”`. */
const suggested = (specialty: string, word: string): string => `${specialty} – ${text('search-suggested-for-word', { word })}`;
/** `12 doctors`. */
const DOCTORS = partPattern('search-doctors', { count: /\d[\d,]*/ });
const forSpecialty = (specialty: string): RegExp => textPattern('search-heading-specialty', { doctors: DOCTORS, place: 'none', specialty });
const forText = (typed: string): RegExp => textPattern('search-heading-text', { doctors: DOCTORS, place: 'none', typed });
const count = (page: Page): Locator => page.getByRole('search').getByRole('status').first();

test('the search form works without suggestions', { tag: '@no-scripts' }, async ({ page }) => {
  await page.goto('/');
  await field(page).fill('dermatology');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: forText('dermatology') })).toBeVisible();
  await expect(page).toHaveURL(/[?&]q=dermatology(&|$)/);
  await expect(field(page)).toHaveValue('dermatology');
});

test('a suggestion is chosen with the keyboard alone', async ({ page }) => {
  await page.goto('/');
  await tabTo(page, field(page));
  const combobox = page.getByRole('combobox', { name: text('search-field-text') });
  await expect(combobox).toHaveAttribute('aria-expanded', 'false');
  await page.keyboard.type('skin', { delay: 30 });
  await expect(list(page)).toBeVisible();
  await expect(combobox).toHaveAttribute('aria-expanded', 'true');
  const first = list(page).getByRole('option').first();
  await expect(first).toHaveText(suggested('Dermatology', 'skin'));
  await expect(count(page)).toHaveText(countPattern('search-suggestions-count'));
  await expectAccessible(page, 'with suggestions');

  await page.keyboard.press('ArrowDown');
  await expect(first).toHaveAttribute('aria-selected', 'true');
  await expect(combobox).toHaveAttribute('aria-activedescendant', (await first.getAttribute('id')) ?? '');
  await expect(combobox, 'the focus stays in the field').toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(combobox, 'back in the text').not.toHaveAttribute('aria-activedescendant');
  await page.keyboard.press('ArrowUp');
  await expect(list(page).getByRole('option').last()).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Home');
  await expect(combobox).not.toHaveAttribute('aria-activedescendant');
  await page.keyboard.press('End');

  await page.keyboard.press('Escape');
  await expect(list(page)).toBeHidden();
  await expect(combobox, 'what was typed is kept').toHaveValue('skin');
  await page.keyboard.press('ArrowDown');
  await expect(list(page), 'and is asked for again').toBeVisible();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: forSpecialty('Dermatology') })).toBeVisible();
  await expect(page).toHaveURL(/\/doctors\?specialty=dermatology$/);
});

test('Tab closes the suggestions, and Enter searches for the typed words', async ({ page }) => {
  await page.goto('/doctors');
  await field(page).focus();
  await page.keyboard.type('skin', { delay: 30 });
  await expect(list(page)).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(list(page)).toBeHidden();
  await expect(field(page)).toHaveValue('skin');
  await field(page).press('ArrowDown');
  await expect(list(page)).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/[?&]q=skin(&|$)/);
});

test('a suggested doctor leads to the doctor, a suggested city to its doctors with the filters kept', async ({ page, city }) => {
  await page.goto('/');
  await field(page).pressSequentially('asha naik', { delay: 20 });
  const doctor = list(page).getByRole('group', { name: text('search-suggested-doctors') }).getByRole('option', { name: /^Dr Asha Naik –/ }).first();
  await doctor.click();
  await expect(page.getByRole('heading', { level: 1, name: 'Dr Asha Naik' })).toBeVisible();

  await page.goto('/doctors?mode=video');
  await field(page).pressSequentially(city.name.slice(0, 5), { delay: 20 });
  await list(page).getByRole('group', { name: text('search-suggested-cities') }).getByRole('option', { name: new RegExp(`^${city.name} –`) }).click();
  const heading = partPattern('search-heading', { doctors: DOCTORS, place: 'city', name: city.name });
  await expect(page.getByRole('heading', { level: 1, name: textPattern('search-heading-video', { heading }) })).toBeVisible();
});

test('a suggestion is chosen by touch on the narrowest phone', { tag: '@phone-only' }, async ({ page }) => {
  await page.setViewportSize({ width: 320, height: 640 });
  await page.goto('/');
  await field(page).tap();
  await field(page).pressSequentially('heart', { delay: 20 });
  await expect(list(page)).toBeVisible();
  await expectFitsNarrowScreen(page, 'with suggestions');
  // Measured at once: the list is drawn again with each answer.
  const options = list(page).getByRole('option');
  await expect
    .poll(() => options.evaluateAll((all) => Math.min(...all.map((option) => option.getBoundingClientRect().height))))
    .toBeGreaterThanOrEqual(44);
  await list(page).getByRole('option', { name: suggested('Cardiology', 'heart') }).tap();
  await expect(page.getByRole('heading', { level: 1, name: forSpecialty('Cardiology') })).toBeVisible();
});

test('a late answer to an earlier word is not shown', async ({ page }) => {
  await page.goto('/');
  const asked: string[] = [];
  let answerFirst = (): void => undefined;
  const firstMayBeAnswered = new Promise<void>((done) => (answerFirst = done));
  const firstSettled = new Promise<void>((done) => {
    const settle = (request: Request): void => {
      if (request.url().endsWith('q=heart')) {
        done();
      }
    };
    page.on('requestfinished', settle);
    page.on('requestfailed', settle);
  });
  await page.route('**/api/v1/suggestions**', async (route) => {
    const word = new URL(route.request().url()).searchParams.get('q') ?? '';
    asked.push(word);
    if (word === 'heart') {
      await firstMayBeAnswered;
    }
    // The page may have aborted the request.
    await route.continue().catch(() => undefined);
  });
  // All letters at once, because on a busy machine key presses may be further apart than the script waits.
  await field(page).evaluate((input: HTMLInputElement) => {
    input.focus();
    for (const letter of 'heart') {
      input.value += letter;
      input.dispatchEvent(new InputEvent('input', { bubbles: true }));
    }
  });
  await expect.poll(() => asked).toEqual(['heart']);
  await field(page).fill('skin');
  await expect(list(page).getByRole('option').first()).toHaveText(suggested('Dermatology', 'skin'));
  answerFirst();
  await firstSettled;
  await page.evaluate(() => new Promise((done) => setTimeout(done, 50)));
  await expect(list(page).getByRole('option').first(), 'the first answer has come by now').toHaveText(suggested('Dermatology', 'skin'));
  expect(asked, 'one request for a word, not one for each letter').toEqual(['heart', 'skin']);
  await field(page).fill('s');
  await expect(list(page), 'one letter is too few').toBeHidden();
});

test('the form works when suggestions cannot be fetched', async ({ page, watch }) => {
  watch.expectsFailedRequests(/\/api\/v1\/suggestions/);
  await page.goto('/');
  await page.route('**/api/v1/suggestions**', (route) => route.abort('connectionfailed'));
  const failed = page.waitForEvent('requestfailed');
  await field(page).pressSequentially('skin', { delay: 20 });
  await failed;
  await expect(list(page)).toBeHidden();
  await page.getByRole('search').getByRole('button', { name: text('search-button') }).click();
  await expect(page.getByRole('heading', { level: 1, name: forText('skin') })).toBeVisible();
});

test('only a slow search shows that it is in progress', async ({ page }) => {
  let delay = 0;
  await page.route(/\/doctors\?q=/, async (route) => {
    await new Promise((done) => setTimeout(done, delay));
    await route.continue();
  });
  // A page that is waiting for a navigation cannot be queried, so it records what it showed.
  await page.addInitScript(() => {
    new MutationObserver(() => sessionStorage.setItem('slow', 'yes'))
      .observe(document, { subtree: true, attributeFilter: ['data-slow'] });
  });
  const slow = (): Promise<string | null> => page.evaluate(() => sessionStorage.getItem('slow'));
  await page.goto('/doctors');
  delay = 500;
  await field(page).fill('skin');
  await field(page).press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: forText('skin') })).toBeVisible();
  expect(await slow()).toBe('yes');
  await expect(page.getByRole('search')).not.toHaveAttribute('data-slow');
});

test('the visitor’s position is requested only on a click, and is rounded', async ({ page, context }) => {
  await context.grantPermissions(['geolocation']);
  await context.setGeolocation({ latitude: 15.4912345, longitude: 73.8278452 });
  await page.goto('/doctors');
  await page.getByText(text('search-more-filters', { on: 0 })).click();
  await page.getByRole('button', { name: text('search-use-my-location') }).click();
  await expect(page).toHaveURL(/[?&]near=15\.49%2C73\.83(&|$)/);
  await expect(page.getByRole('heading', { level: 1, name: textPattern('search-heading', { doctors: DOCTORS, place: 'you' }) })).toBeVisible();
  await expect(page.getByRole('article').first()).toContainText(partPattern('distance-km', { km: /\d/ }));
  await expect(page.getByLabel(text('search-field-near'))).toHaveValue('15.49,73.83');
  await page.getByRole('link', { name: `${text('search-filter-remove')} ${text('search-filter-near-you')}` }).click();
  await expect(page.getByRole('heading', { level: 1, name: textPattern('search-heading', { doctors: DOCTORS, place: 'none' }) })).toBeVisible();
});

test('a visitor who refuses to share their position is told what to do instead', async ({ page, context }) => {
  await context.clearPermissions();
  await page.goto('/doctors');
  await page.getByText(text('search-more-filters', { on: 0 })).click();
  await page.getByRole('button', { name: text('search-use-my-location') }).click();
  const said = (key: string): Locator => page.getByText(text(key), { exact: true });
  await expect(said('search-location-denied').or(said('search-location-unknown'))).toBeVisible();
  await expect(page).toHaveURL('/doctors');
});

test('without scripts there is no button that does nothing', { tag: '@no-scripts-only' }, async ({ page }) => {
  await page.goto('/doctors');
  await page.getByText(text('search-more-filters', { on: 0 })).click();
  await expect(page.getByLabel(text('search-field-near'))).toBeVisible();
  await expect(page.getByRole('button', { name: text('search-use-my-location') })).toBeHidden();
  await expect(page.getByRole('combobox', { name: text('search-field-text') })).toHaveCount(0);
});
