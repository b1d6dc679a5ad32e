/**
 * Cities of the demo data to book in. The demo doctor's own, Panjim, is left to the tests about her,
 * and Margao to those that add doctors of their own, with other hours than the demo's doctors.
 */
export interface City {
  slug: string;
  name: string;
  /** How the zone of its clinics begins in words: `Kolkata time`. */
  zone: string;
}

const city = (slug: string, name: string, zone: string): City => ({ slug, name, zone: `${zone} time` });

/** In zones that alternate: each worker takes every nth city, and so meets several zones. */
export const CITIES: readonly City[] = [
  city('nashik', 'Nashik', 'Kolkata'),
  city('pune', 'Pune', 'Kolkata'),
  city('new-york', 'New York', 'New York'),
  city('london', 'London', 'London'),
  city('nagpur', 'Nagpur', 'Kolkata'),
  city('kathmandu', 'Kathmandu', 'Kathmandu'),
  city('adelaide', 'Adelaide', 'Adelaide'),
  city('kochi', 'Kochi', 'Kolkata'),
  city('thrissur', 'Thrissur', 'Kolkata'),
  city('berlin', 'Berlin', 'Berlin'),
  city('lisbon', 'Lisbon', 'Lisbon'),
  city('chennai', 'Chennai', 'Kolkata'),
  city('madurai', 'Madurai', 'Kolkata'),
  city('chicago', 'Chicago', 'Chicago'),
  city('toronto', 'Toronto', 'Toronto'),
  city('mysuru', 'Mysuru', 'Kolkata'),
  city('hyderabad', 'Hyderabad', 'Kolkata'),
  city('dubai', 'Dubai', 'Dubai'),
  city('singapore', 'Singapore', 'Singapore'),
  city('jaipur', 'Jaipur', 'Kolkata'),
  city('udaipur', 'Udaipur', 'Kolkata'),
  city('sydney', 'Sydney', 'Sydney'),
  city('auckland', 'Auckland', 'Auckland'),
  city('lucknow', 'Lucknow', 'Kolkata'),
  city('patna', 'Patna', 'Kolkata'),
  city('nairobi', 'Nairobi', 'Nairobi'),
  city('johannesburg', 'Johannesburg', 'Johannesburg'),
  city('surat', 'Surat', 'Kolkata'),
  city('indore', 'Indore', 'Kolkata'),
];
