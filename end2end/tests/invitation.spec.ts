/** Invitations: how a doctor and an administrator join a clinic, and how they leave it. */
import type { Page } from '@playwright/test';

import { expectAccessible } from '../support/accessibility';
import { invitationSecret } from '../support/mailbox';
import { ADMINISTRATOR, expectSignedIn, fillSignIn, newPerson, register, signIn, type Person } from '../support/people';
import { expect, test } from '../support/test';
import { text, textPattern } from '../support/text';

/** Adds a doctor to a clinic and leaves their page open. */
async function addDoctor(page: Page, name: string): Promise<void> {
  await page.goto('/admin/doctors/new');
  await page.getByLabel(text('admin-doctor-clinic')).selectOption({ label: 'Nadi Margao' });
  await page.getByLabel(text('admin-doctor-name')).fill(name);
  await page.getByLabel(text('admin-doctor-specialty')).selectOption('General medicine');
  await page.getByLabel(text('admin-doctor-fee')).fill('450');
  await page.getByRole('button', { name: text('admin-doctor-add-button') }).click();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
}

/** Invites somebody on the page of a doctor. */
async function inviteDoctor(page: Page, person: Person): Promise<void> {
  await page.getByLabel(text('doctor-invite-email')).fill(person.email);
  await page.getByRole('button', { name: text('doctor-invite-button') }).click();
  await expect(page.getByRole('status')).toContainText(text('invitation-sent-done'));
  await expect(page.getByText(textPattern('invitation-open', { email: person.email, date: /.+/ }))).toBeVisible();
}

/** Opens the link that was mailed to a person. */
async function openInvitation(page: Page, person: Person): Promise<string> {
  const address = `/invitations/${await invitationSecret(page, person)}`;
  await page.goto(address);
  await expect(page.getByRole('heading', { level: 1, name: text('invitation-title') })).toBeVisible();
  return address;
}

test('a new doctor joins with the link, and the sign-in is removed again', { tag: '@no-scripts' }, async ({
  page,
  anotherPerson,
  watch,
}) => {
  watch.expects(403, 404, 422);
  const person = newPerson();
  const name = `Dr ${person.name}`;
  await signIn(page, ADMINISTRATOR, '/admin');
  await addDoctor(page, name);
  await expect(page.getByText(text('doctor-sign-in-none'))).toBeVisible();
  await inviteDoctor(page, person);
  const edit = new URL(page.url()).pathname;

  const doctor = await anotherPerson();
  const invitation = await openInvitation(doctor, person);
  await expectAccessible(doctor, 'an invitation to somebody new');
  await expect(doctor.getByText(text('invitation-received-doctor', { clinic: 'Nadi Margao', doctor: name }))).toBeVisible();
  await doctor.getByLabel(text('invitation-name')).fill(person.name);
  await doctor.getByLabel(text('invitation-password')).fill('password123');
  await doctor.getByRole('button', { name: text('invitation-join-button') }).click();
  await expect(doctor.getByRole('alert'), 'a password that is easy to guess is refused').toBeVisible();
  await expect(doctor.getByLabel(text('invitation-name'))).toHaveValue(person.name);
  await doctor.getByLabel(text('invitation-password')).fill(person.password);
  await doctor.getByRole('button', { name: text('invitation-join-button') }).click();
  await expect(doctor).toHaveURL(/\/calendar/);
  await expect(doctor.getByRole('heading', { level: 1, name: text('doctor-calendar-title') })).toBeVisible();
  await expect(doctor.getByRole('status').filter({ hasText: text('welcome-doctor') })).toBeVisible();
  await expectSignedIn(doctor, person);

  const late = await anotherPerson();
  await late.goto(invitation);
  await expect(late.getByRole('heading', { level: 1, name: text('invitation-invalid-title') }), 'a link counts once').toBeVisible();
  await late.getByRole('main').getByRole('link', { name: text('invitation-sign-in-button') }).click();
  await fillSignIn(late, person);
  await expect(late, 'a doctor is led to the calendar').toHaveURL(/\/calendar/);

  await page.goto(edit);
  await expect(page.getByText(text('doctor-sign-in-linked', { email: person.email }))).toBeVisible();
  await page.getByRole('button', { name: text('doctor-sign-in-remove-button') }).click();
  await expect(page.getByRole('status')).toContainText(text('doctor-sign-in-removed-done'));
  await doctor.goto('/calendar');
  await expect(doctor.getByRole('heading', { level: 1, name: text('doctor-calendar-title') })).toHaveCount(0);
});

test('the link of a withdrawn invitation no longer works', { tag: '@no-scripts' }, async ({ page, anotherPerson, watch }) => {
  watch.expects(404);
  const person = newPerson();
  await signIn(page, ADMINISTRATOR, '/admin');
  await addDoctor(page, `Dr ${person.name}`);
  await inviteDoctor(page, person);
  const guest = await anotherPerson();
  const invitation = await openInvitation(guest, person);
  await page.getByRole('button', { name: text('invitation-withdraw-button') }).click();
  await expect(page.getByRole('status')).toContainText(text('invitation-withdrawn-done'));
  await guest.goto(invitation);
  await expect(guest.getByRole('heading', { level: 1, name: text('invitation-invalid-title') })).toBeVisible();
});

test('somebody with an account becomes an administrator, whoever is signed in', { tag: '@no-scripts' }, async ({
  page,
  anotherPerson,
  watch,
}) => {
  watch.expects(403);
  const [guest, wrong] = [await anotherPerson(), await anotherPerson()];
  const person = await register(guest);
  await register(wrong);
  await signIn(page, ADMINISTRATOR, '/admin');
  await page.getByRole('navigation', { name: text('admin-tabs') }).getByRole('link', { name: text('admin-tab-team') }).click();
  await expect(page.getByRole('heading', { level: 1, name: text('team-title') })).toBeVisible();
  await expectAccessible(page, 'the team');
  await page.getByLabel(text('team-invite-email')).fill(person.email);
  await page.getByLabel(text('team-invite-clinic')).selectOption({ label: 'Nadi Margao' });
  await page.getByLabel(text('team-invite-as-administrator')).check();
  await page.getByRole('button', { name: text('team-invite-button') }).click();
  await expect(page.getByRole('status')).toContainText(text('invitation-sent-done'));

  await openInvitation(wrong, person);
  await expect(wrong.getByText(text('invitation-other-account', { email: person.email }))).toBeVisible();
  await wrong.getByRole('main').getByRole('button', { name: text('invitation-sign-out-button') }).click();
  await expect(wrong.getByText(text('invitation-sign-in', { email: person.email }))).toBeVisible();
  await wrong.getByRole('main').getByRole('link', { name: text('invitation-sign-in-button') }).click();
  await fillSignIn(wrong, person);
  await expect(wrong.getByRole('heading', { level: 1, name: text('invitation-title') }), 'back at the invitation').toBeVisible();
  await wrong.getByRole('button', { name: text('invitation-accept-button') }).click();
  await expect(wrong.getByRole('heading', { level: 1, name: text('admin-title') })).toBeVisible();
  await expect(wrong.getByRole('status')).toContainText(text('welcome-administrator'));
  await guest.goto('/admin');
  await expect(guest.getByRole('heading', { level: 1, name: text('admin-title') }), 'on every device').toBeVisible();

  await page.goto('/admin/team');
  const row = page.getByRole('row').filter({ hasText: person.email });
  await row.locator('summary').click();
  await row.getByRole('button', { name: text('team-remove-sure') }).click();
  await expect(page.getByRole('status')).toContainText(text('team-removed-done'));
  await guest.goto('/admin');
  await expect(guest.getByRole('heading', { level: 1, name: text('admin-title') })).toHaveCount(0);
});
