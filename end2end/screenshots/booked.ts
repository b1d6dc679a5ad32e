/** A visit with the demo's doctor, booked as anybody would. */
import type { Page } from '@playwright/test';

import { chooseTime, enterCode, expectConfirmed, freeTimes, hold, openDay, review } from '../support/booking';
import { latestCode } from '../support/mailbox';
import { fillRegistration, stranger, type Person } from '../support/people';

/** Registers somebody of this name. */
export async function register(page: Page, name: string): Promise<Person> {
  const person = { ...stranger(), name };
  await page.goto('/register?next=/appointments');
  await fillRegistration(page, person);
  await page.getByRole('heading', { level: 1, name: 'My appointments' }).waitFor();
  return person;
}

/** Books one of the doctor's coming days with free times, and one of its times, both from 0. */
export async function book(page: Page, name: string, day: number, time: number): Promise<void> {
  const person = await register(page, name);
  await page.goto('/doctors/asha-naik');
  await openDay(page, day);
  const last = (await freeTimes(page).count()) - 1;
  await chooseTime(page, review(page), freeTimes(page).nth(Math.min(time, last)));
  await hold(page);
  await enterCode(page, await latestCode(page, person));
  await expectConfirmed(page);
}
