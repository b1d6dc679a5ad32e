/** Changes by other people appear on an open page: a time is taken, or is free again. */
import type { Locator, Page } from '@playwright/test';

import { chooseTimeIn, cleanUp, freeTimes, hold, releaseHold, readChosenTime, chosenTime, shownDay } from '../support/booking';
import { register } from '../support/people';
import { expect, test } from '../support/test';
import { partPattern, text } from '../support/text';

/** The sentence that offers the free times before and after a time. */
const NEAREST = [
  partPattern('picker-nearest-time', { time: /\d\d:\d\d/ }).source,
  partPattern('picker-nearest-times', { earlier: /\d\d:\d\d/, later: /\d\d:\d\d/ }).source,
].join('|');

/** Waits for hydration and sets an attribute, which a page load would remove. */
async function markHydrated(page: Page): Promise<Locator> {
  await expect(page.getByRole('grid')).toBeVisible();
  await page.evaluate(() => document.body.setAttribute('data-same', ''));
  return page.locator('body[data-same]');
}

test('a time that somebody holds is marked in place, and is free again when the hold is released', { tag: '@phone' }, async ({
  page,
  anotherPerson,
  city,
}) => {
  await register(page);
  const chosen = await chooseTimeIn(page, city);
  const looker = await anotherPerson();
  await looker.goto(chosen.day);
  const same = await markHydrated(looker);
  const starts = new RegExp(`^${chosen.starts}`);
  const time = shownDay(looker).getByRole('listitem').filter({ hasText: starts });
  const link = shownDay(looker).getByRole('link', { name: starts });
  await expect(link).toBeVisible();
  const times = await shownDay(looker).getByRole('listitem').count();
  const id = await freeTimes(looker).filter({ hasNotText: starts }).last().getAttribute('id');
  const other = looker.locator(`#${id ?? ''}`);
  await other.focus();

  await hold(page);
  const booked = text('picker-just-booked');
  await expect(time).toContainText(booked);
  await expect(link, 'it cannot be chosen').toHaveCount(0);
  await time.getByText(booked).click();
  await expect(chosenTime(looker)).toHaveCount(0);
  await expect(looker).not.toHaveURL(/[?&]slot=/);
  await expect(looker.getByRole('status').filter({ hasText: text('picker-time-just-booked', { time: chosen.starts }) })).toBeAttached();
  await expect(shownDay(looker).getByRole('listitem'), 'nothing moves').toHaveCount(times);

  await other.focus();
  await releaseHold(page);
  await expect(link).toBeVisible();
  await expect(time).not.toContainText(booked);
  await expect(looker.getByRole('status').filter({ hasText: text('picker-time-free-again', { time: chosen.starts }) })).toBeAttached();
  await expect(other, 'the focus stays where it was').toBeFocused();
  await link.click();
  expect((await readChosenTime(looker)).starts).toBe(chosen.starts);
  await expect(same).toBeAttached();
});

test('a chosen time that somebody holds is called booked, with the nearest free times', async ({
  page,
  anotherPerson,
  city,
}) => {
  await register(page);
  const chosen = await chooseTimeIn(page, city);
  const looker = await anotherPerson();
  await looker.goto(chosen.address);
  const same = await markHydrated(looker);
  const about = looker.getByRole('heading', { name: text('picker-chosen-title') });
  await about.focus();

  await hold(page);
  const gone = partPattern('picker-chosen-just-booked').source;
  await expect(chosenTime(looker).getByText(new RegExp(`^${gone} (?:${NEAREST})$`))).toBeVisible();
  const said = partPattern('picker-time-just-booked', { time: chosen.starts }).source;
  await expect(looker.getByRole('status').filter({ hasText: new RegExp(`${said} (?:${NEAREST})`) })).toBeAttached();
  await expect(about, 'the focus is not moved').toBeFocused();
  const near = freeTimes(looker).first();
  const starts = (await near.innerText()).slice(0, 5);
  await near.click();
  await expect(chosenTime(looker)).toContainText(`, ${starts}–`);
  await expect(chosenTime(looker).getByText(text('picker-chosen-just-booked'))).toHaveCount(0);
  await expect(same).toBeAttached();
  await cleanUp(page);
});
