/** Books a visit with the demo's doctor. */
import type { Page } from '@playwright/test';

import { chooseTime, enterCode, expectConfirmed, freeTimes, hold, openDay, chosenTime } from '../support/booking';
import { latestCode } from '../support/mailbox';
import { register, newPerson } from '../support/people';

/** Books a time of the demo doctor: the number of a coming day with free times and of a time on it, both from 0. */
export async function book(page: Page, name: string, day: number, time: number): Promise<void> {
  const person = await register(page, { ...newPerson(), name });
  await page.goto('/doctors/asha-naik');
  await openDay(page, day);
  const last = (await freeTimes(page).count()) - 1;
  await chooseTime(page, chosenTime(page), freeTimes(page).nth(Math.min(time, last)));
  await hold(page);
  await enterCode(page, await latestCode(page, person));
  await expectConfirmed(page);
}
