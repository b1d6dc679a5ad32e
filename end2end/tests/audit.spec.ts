/** The audit log, for auditors: found from the navigation, filtered, read page by page, with and without scripts. */
import type { Locator, Page } from '@playwright/test';

import { expectAccessible, expectFitsNarrowScreen } from '../support/accessibility';
import { tabTo } from '../support/keyboard';
import { AUDITOR, PATIENT, signIn } from '../support/people';
import { expect, test } from '../support/test';
import { partPattern, text } from '../support/text';

/** How many entries a page shows. */
const PAGE_SIZE = 50;

const table = (page: Page): Locator => page.getByRole('region', { name: text('audit-table') }).getByRole('table');
const positions = (page: Page): Locator => table(page).getByRole('rowheader');
const filter = (page: Page): Locator => page.getByRole('search', { name: text('audit-filter') });
const show = (page: Page): Locator => filter(page).getByRole('button', { name: text('audit-show') });

/** Opens the log with at least this many entries; a job brings them into the log every few seconds. */
async function openLog(page: Page, address = '/audit', entries = PAGE_SIZE): Promise<void> {
  await expect(async () => {
    await page.goto(address);
    await expect(page.getByRole('heading', { level: 1, name: text('audit-title') })).toBeVisible();
    expect(await positions(page).count()).toBeGreaterThanOrEqual(entries);
  }).toPass();
}

async function numbers(page: Page): Promise<number[]> {
  return (await positions(page).allTextContents()).map(Number);
}

test('an auditor finds the log from the navigation, and goes to older entries and back', { tag: '@no-scripts' }, async ({ page }) => {
  await signIn(page, AUDITOR);
  await openLog(page);
  await page.goto('/');
  const link = page.getByRole('navigation', { name: text('layout-main-navigation') }).getByRole('link', { name: text('layout-audit-log') });
  await link.click();
  await expect(page).toHaveURL('/audit');
  await expect(page.getByRole('heading', { level: 1, name: text('audit-title') })).toBeVisible();
  await expect(page).toHaveTitle(text('page-title', { title: text('audit-title') }));
  await expect(link).toHaveAttribute('aria-current', 'page');
  await expect(table(page).getByRole('columnheader')).toHaveText(
    ['position', 'time', 'action', 'who', 'subjects', 'request'].map((column) => text(`audit-column-${column}`)),
  );

  const first = await numbers(page);
  expect(first).toHaveLength(PAGE_SIZE);
  expect(first, 'newest first').toEqual(first.toSorted((a, b) => b - a));
  await expect(page.getByRole('link', { name: text('audit-newest') })).toHaveCount(0);
  await page.getByRole('link', { name: text('audit-older') }).click();
  await expect(page).toHaveURL(`/audit?before=${first.at(-1)}`);
  const second = await numbers(page);
  expect(second, 'the next page').toHaveLength(PAGE_SIZE);
  expect(second[0]).toBeLessThan(first.at(-1) ?? 0);
  await page.getByRole('link', { name: text('audit-newest') }).click();
  await expect(page).toHaveURL('/audit');
  expect((await numbers(page))[0]).toBeGreaterThanOrEqual(first[0] ?? 0);
});

test('entries are filtered by action, subject and day, and the filter stays from page to page', { tag: '@no-scripts' }, async ({ page, now }) => {
  await signIn(page, AUDITOR);
  await openLog(page);
  const action = text('audit-action-appointment-confirmed');
  await page.getByLabel(text('audit-action')).selectOption({ label: action });
  await show(page).click();
  await expect(page).toHaveURL(/[?&]action=appointment\.confirmed/);
  await expect(page.getByLabel(text('audit-action')), 'what was chosen stays').toHaveValue('appointment.confirmed');
  const actions = table(page).getByRole('row').locator('td:nth-of-type(2)');
  await expect(actions).toHaveText(Array<string>(PAGE_SIZE).fill(action));
  await page.getByRole('link', { name: text('audit-older') }).click();
  await expect(page).toHaveURL(/[?&]action=appointment\.confirmed.*before=\d+/);
  await expect(actions.first()).toHaveText(action);

  // All that happened to the appointment of the first entry.
  const subject = table(page).getByTitle(text('audit-only-this-subject')).first();
  const id = await subject.textContent();
  await subject.click();
  await expect(page).toHaveURL(`/audit?subject=${id}`);
  await expect(page.getByLabel(text('audit-subject'))).toHaveValue(id ?? '');
  await expect(table(page)).toContainText(text('audit-action-appointment-held'));
  const rows = table(page).locator('tbody').getByRole('row');
  await expect(rows.filter({ hasText: id ?? '' })).toHaveCount(await rows.count());

  await filter(page).getByRole('link', { name: text('audit-reset') }).click();
  await expect(page).toHaveURL('/audit');
  await expect(page.getByLabel(text('audit-subject'))).toHaveValue('');
  const nextYear = `${now().getUTCFullYear() + 1}-12-31`;
  await page.getByLabel(text('audit-from')).fill(nextYear);
  await show(page).click();
  await expect(page.getByText(text('audit-empty-title'))).toBeVisible();
  await expect(table(page)).toHaveCount(0);
  await expect(page.getByLabel(text('audit-from'))).toHaveValue(nextYear);

  await page.goto('/audit?account=nobody&before=x');
  const parts = new RegExp(`${text('audit-address-account')}.*${text('audit-address-before')}`);
  await expect(page.getByText(partPattern('address-ignored', { parts }))).toBeVisible();
  expect(await numbers(page)).toHaveLength(PAGE_SIZE);
});

test('what an auditor views is recorded with their name, and no patient is named', async ({ page }) => {
  await signIn(page, AUDITOR);
  await openLog(page);
  await openLog(page, '/audit?action=audit_log.viewed', 1);
  const entry = table(page).locator('tbody').getByRole('row').first();
  await expect(entry).toContainText(AUDITOR.name);
  await entry.getByTitle(text('audit-only-this-account')).click();
  await expect(page).toHaveURL(/\/audit\?account=[0-9a-f-]{36}$/);
  await expect(entry).toContainText(AUDITOR.name);
  await openLog(page, '/audit?action=appointment.held');
  const who = await table(page).locator('tbody td:nth-of-type(3)').allTextContents();
  const role = text('audit-role-patient');
  const patients = who.filter((cell) => cell.startsWith(role));
  expect(patients.length).toBeGreaterThan(0);
  for (const cell of patients) {
    expect(cell.trim(), 'a role and an identifier').toMatch(new RegExp(`^${role}\\s*[0-9a-f-]{36}$`));
  }
  await expect(page.getByText(PATIENT.name)).toHaveCount(0);
});

test('the log is filtered and scrolled with the keyboard alone', async ({ page }) => {
  await signIn(page, AUDITOR);
  await openLog(page);
  await page.reload();
  await tabTo(page, page.getByLabel(text('audit-account')));
  await page.keyboard.type('01900000-0000-7000-8000-000000000000');
  await page.keyboard.press('Enter');
  await expect(page.getByText(text('audit-empty-title'))).toBeVisible();
  await tabTo(page, filter(page).getByRole('link', { name: text('audit-reset') }));
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/audit');
  await page.setViewportSize({ width: 800, height: 600 });
  const frame = page.getByRole('region', { name: text('audit-table') });
  await tabTo(page, frame);
  await expect(frame).toBeFocused();
  await tabTo(page, table(page).getByTitle(text('audit-only-this-subject')).first());
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/audit\?subject=/);
  await tabTo(page, page.getByLabel(text('audit-subject')));
});

test('the log is accessible and fits a small phone', { tag: '@phone' }, async ({ page, phone }) => {
  await signIn(page, AUDITOR);
  await openLog(page);
  const check = async (where: string): Promise<void> => {
    await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
    if (!phone) {
      await expectFitsNarrowScreen(page, where);
    }
    await expectAccessible(page, where);
  };
  await check('the audit log');
  await page.goto('/audit?action=appointment.confirmed&from=nonsense');
  await check('the audit log with a filter and a note');
  await page.goto('/audit?account=01900000-0000-7000-8000-000000000000');
  await expect(page.getByText(text('audit-empty-title'))).toBeVisible();
  await check('the audit log without entries');
});
