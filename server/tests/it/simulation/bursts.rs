//! Bursts: several requests at the same moment that compete for the same thing.

use nadi::appointment::State;
use nadi::idempotency::IdempotencyKey;
use nadi::ids::{PersonId, SlotId};
use nadi::ports::{Change, HoldRequest};

use super::generator::Generator;
use super::model::Slot;
use super::oracle::{Action, Request};
use super::world::World;

impl Generator {
    /// Two to eight requests.
    pub(super) fn burst(&mut self, world: &World) -> Vec<Request> {
        let n = 2 + self.below(7);
        match self.below(6) {
            0 => self.rivals(world, n),
            1 => self.in_two_places(world, n),
            2 => {
                let asked = self.request(world);
                let key = self.new_key();
                let mut same = Request { key: Some(key), ..asked };
                let instances = world.instances.len();
                (0..n)
                    .map(|copy| {
                        same.instance = copy % instances;
                        same.clone()
                    })
                    .collect()
            }
            3 | 4 => match self.target(world) {
                Some(target) => (0..n).map(|_| self.change(world, target)).collect(),
                None => self.rivals(world, n),
            },
            _ => (0..n).map(|_| self.request(world)).collect(),
        }
    }

    fn new_key(&mut self) -> IdempotencyKey {
        self.keys += 1;
        IdempotencyKey::parse(&format!("k{}", self.keys)).expect("a key")
    }

    /// Several requests for one slot, by holding and by moving.
    fn rivals(&mut self, world: &World, n: usize) -> Vec<Request> {
        let slot = self.slot(world);
        let doctor = world.model.slots.get(&slot).map(|slot| slot.doctor);
        let movable: Vec<usize> = world
            .model
            .standing(world.now())
            .filter(|(_, v)| v.appointment.state == State::Confirmed && Some(v.doctor) == doctor)
            .map(|(n, _)| n)
            .collect();
        (0..n)
            .map(|_| {
                if !movable.is_empty() && self.percent(30) {
                    let target = *self.choose(&movable);
                    let (who, to) = (world.administrator.clone(), Change::Reschedule { slot });
                    return self.change_by(world, target, who, to, "reschedule");
                }
                let mut asked = self.hold(world);
                if let Action::Hold(wish) = &mut asked.ask {
                    wish.slot = slot;
                }
                self.past.retain(|past| past.key != asked.key);
                asked
            })
            .collect()
    }

    /// Several holds of one person at different doctors at the same time.
    fn in_two_places(&mut self, world: &World, n: usize) -> Vec<Request> {
        let (who, people) = self.choose(&world.patients).clone();
        let person: PersonId = *self.choose(&people);
        let slot = self.slot(world);
        let at_the_same_time: Vec<SlotId> = match world.model.slots.get(&slot) {
            Some(first) => {
                let overlaps =
                    |slot: &Slot| slot.starts_at < first.ends_at && first.starts_at < slot.ends_at;
                let slots = world.model.slots.iter();
                slots.filter(|(_, slot)| overlaps(slot)).map(|(id, _)| *id).collect()
            }
            None => vec![slot],
        };
        (0..n)
            .map(|_| {
                let slot = *self.choose(&at_the_same_time);
                let wish = HoldRequest { slot, visit_type: None, person: Some(person) };
                self.new_request(world, who.clone(), Action::Hold(wish), "hold")
            })
            .collect()
    }
}
