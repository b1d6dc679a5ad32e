/** Books visits with the demo's doctor, so that her week is not empty. */
import { test as setup } from '../support/test';
import { book } from './book';

/** The patient, and the numbers of the coming free day and of the time on it. */
const VISITS: readonly [string, number, number][] = [
  ['Ravi Kamat', 0, 0],
  ['Anjali Bhosle', 0, 1],
  ['Fátima Lobo', 0, 4],
  ['John Pereira', 0, 7],
  ['Sunita Gaonkar', 1, 2],
  ['Vikram Desai', 1, 6],
  ['Leela Prabhu', 2, 1],
  ['Imran Shaikh', 2, 5],
  ['Noor Sayed', 2, 9],
  ['Rohan Mascarenhas', 3, 0],
  ['Sagarika Venkataraghavan', 3, 3],
  ['Mary D’Souza', 4, 2],
];

setup.setTimeout(300_000);

for (const [name, day, time] of VISITS) {
  setup(`${name} books`, async ({ page }) => {
    await book(page, name, day, time);
  });
}
