//! Compares the stored slots with the wanted ones and computes which to add, change and withdraw. Booked slots are
//! never removed.
//!
//! A slot with its buffers is called a room. Slots are stored in blocks, which are consecutive rooms of equal length.
//! A block in which all slots stay is not changed. Any other block is closed, and its remaining slots move, with their
//! bookings, to new blocks.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Duration, NaiveDate, Utc};

use super::Cell;
use crate::ids::{LocationId, SlotId};
use crate::visit::Mode;

/// The properties of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub location: LocationId,
    pub mode: Mode,
    pub date: NaiveDate,
    pub starts_at: DateTime<Utc>,
    /// The length of a room.
    pub stride_seconds: i32,
    pub count: u16,
    pub utc_offset: i32,
    /// The block is outside the doctor's hours. It exists only for its bookings, and nobody else can book it.
    pub kept: bool,
}

/// A stored block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Existing {
    pub block: i64,
    pub stretch: Stretch,
    pub slots: Vec<ExistingSlot>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExistingSlot {
    pub id: SlotId,
    /// The index of its room in the block, from 0.
    pub number: u16,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub capacity: u16,
    pub opens_at: Option<DateTime<Utc>>,
    /// `None`: closed for new bookings.
    pub closes_at: Option<DateTime<Utc>>,
    /// The number of booked seats.
    pub seats_taken: u16,
    /// This slot and the next belong to one visit, so they stay adjacent.
    pub joined: bool,
}

/// The new data of a slot. In a block with `kept`, `opens_at` is ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The stored slot, if it exists; its bookings stay.
    pub existing: Option<SlotId>,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub capacity: u16,
    pub opens_at: Option<DateTime<Utc>>,
    /// `None`: closed for new bookings.
    pub closes_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeBlock {
    pub stretch: Stretch,
    pub slots: Vec<Made>,
}

/// The changes to make, in this order: close blocks, make blocks (moving existing slots to them), change slots,
/// withdraw slots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Blocks to close. Their slots are in `make` or `withdraw`.
    pub close: Vec<i64>,
    pub make: Vec<MadeBlock>,
    /// Slots that stay in their block and get new data.
    pub change: Vec<Made>,
    /// Slots without bookings that are no longer offered.
    pub withdraw: Vec<SlotId>,
    /// Booked slots outside the new hours. They stay until someone moves or cancels their appointments.
    pub conflicts: Vec<SlotId>,
    /// Slots with more bookings than seats in the new schedule. All bookings stay, and nobody else can book
    /// until enough of them are cancelled.
    pub overfull: Vec<Overfull>,
    /// The number of slots added and removed, by date at their location.
    pub days: BTreeMap<NaiveDate, Difference>,
}

/// A slot with more bookings than seats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overfull {
    pub starts_at: DateTime<Utc>,
    pub booked: u16,
    pub seats: u16,
}

/// The number of slots that are added to a day and removed from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    pub added: u32,
    pub removed: u32,
}

impl Plan {
    pub fn is_empty(&self) -> bool {
        self.close.is_empty()
            && self.make.is_empty()
            && self.change.is_empty()
            && self.withdraw.is_empty()
    }

    pub fn added(&self) -> u64 {
        self.days.values().map(|day| u64::from(day.added)).sum()
    }

    pub fn removed(&self) -> u64 {
        self.days.values().map(|day| u64::from(day.removed)).sum()
    }
}

/// A slot that is being placed into a block.
struct Room {
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    location: LocationId,
    mode: Mode,
    date: NaiveDate,
    utc_offset: i32,
    kept: bool,
    made: Made,
}

type Key = (DateTime<Utc>, DateTime<Utc>, LocationId, Mode);

/// A single slot, or the slots of one visit that takes several.
struct Chain<'a> {
    stretch: &'a Stretch,
    slots: &'a [ExistingSlot],
    outcome: Outcome,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// It is wanted in the new schedule.
    Wanted,
    /// It stays unchanged because it has started.
    Started,
    /// It has started, and at least one of its later slots is not wanted. It stays and is closed for new bookings.
    StartedOutside,
    /// It is not wanted but booked. It stays and is closed for new bookings.
    Booked,
    Withdrawn,
}

/// Compares the open blocks of a doctor on some dates with the wanted slots on the same dates.
/// `wanted` has to be sorted and free of overlaps. Slots that have started at `now` stay unchanged.
pub fn plan(existing: &[Existing], wanted: &[Cell], now: DateTime<Utc>) -> Plan {
    let mut result = Plan::default();
    let wanted: Vec<&Cell> = wanted.iter().filter(|cell| cell.starts_at > now).collect();
    let places: HashMap<Key, usize> =
        wanted.iter().enumerate().map(|(index, cell)| (key_of(cell), index)).collect();
    let mut chains = chains(existing, &wanted, &places, now);
    let fixed = fixed_rooms(&mut chains, &wanted, &places);
    let ranges: Vec<(DateTime<Utc>, DateTime<Utc>)> =
        fixed.iter().map(|room| (room.from, room.until)).collect();
    let mut found: HashMap<usize, &ExistingSlot> = HashMap::new();
    for chain in &chains {
        for slot in chain.slots {
            match chain.outcome {
                Outcome::Wanted => {
                    if let Some(place) = places.get(&key(chain.stretch, slot)) {
                        found.insert(*place, slot);
                    }
                }
                Outcome::Started | Outcome::StartedOutside => {}
                Outcome::Booked => result.conflicts.push(slot.id),
                Outcome::Withdrawn => {
                    result.withdraw.push(slot.id);
                    if !chain.stretch.kept {
                        result.days.entry(chain.stretch.date).or_default().removed += 1;
                    }
                }
            }
        }
    }
    let mut rooms = fixed;
    for (place, cell) in wanted.into_iter().enumerate() {
        match (found.get(&place).copied(), meets(&ranges, cell)) {
            // Its buffers would overlap a slot that stays.
            (Some(slot), true) if slot.seats_taken == 0 => {
                result.withdraw.push(slot.id);
                result.days.entry(cell.date).or_default().removed += 1;
            }
            (None, true) => {}
            (slot, bare) => {
                let booked = slot.map_or(0, |slot| slot.seats_taken);
                if slot.is_none() {
                    result.days.entry(cell.date).or_default().added += 1;
                } else if booked > cell.capacity {
                    let (starts_at, seats) = (cell.starts_at, cell.capacity);
                    result.overfull.push(Overfull { starts_at, booked, seats });
                }
                rooms.push(room_of(cell, slot, bare));
            }
        }
    }
    rooms.sort_by_key(|room| room.from);
    compare(existing, group(rooms), &mut result);
    result
}

/// All stored slots, grouped into chains, each with its first outcome. [`fixed_rooms`] can still change
/// [`Outcome::Wanted`] to [`Outcome::Booked`].
fn chains<'a>(
    existing: &'a [Existing],
    wanted: &[&Cell],
    places: &HashMap<Key, usize>,
    now: DateTime<Utc>,
) -> Vec<Chain<'a>> {
    let mut chains = Vec::new();
    let mut used = HashSet::new();
    for block in existing {
        for slots in block.slots.chunk_by(|slot, _| slot.joined) {
            let stretch = &block.stretch;
            let at: Option<Vec<usize>> =
                slots.iter().map(|slot| places.get(&key(stretch, slot)).copied()).collect();
            let at = at.filter(|at| {
                at.windows(2).all(|pair| side_by_side(wanted, pair))
                    && at.iter().all(|place| !used.contains(place))
            });
            let outside = |slot: &ExistingSlot| {
                slot.starts_at > now && !places.contains_key(&key(stretch, slot))
            };
            let outcome = if slots.iter().any(|slot| slot.starts_at <= now) {
                if slots.iter().any(outside) { Outcome::StartedOutside } else { Outcome::Started }
            } else if let Some(at) = at {
                used.extend(at);
                Outcome::Wanted
            } else if slots.iter().any(|slot| slot.seats_taken > 0) {
                Outcome::Booked
            } else {
                Outcome::Withdrawn
            };
            chains.push(Chain { stretch, slots, outcome });
        }
    }
    chains
}

/// The rooms of chains that stay unchanged. A wanted visit of several slots that would lose a buffer
/// to one of these rooms also stays unchanged.
fn fixed_rooms(chains: &mut [Chain], wanted: &[&Cell], places: &HashMap<Key, usize>) -> Vec<Room> {
    loop {
        let stays = |chain: &&Chain| {
            matches!(chain.outcome, Outcome::Started | Outcome::StartedOutside | Outcome::Booked)
        };
        let mut rooms: Vec<Room> = chains
            .iter()
            .filter(stays)
            .flat_map(|chain| {
                let kept = chain.stretch.kept || chain.outcome != Outcome::Started;
                chain.slots.iter().map(move |slot| Room {
                    kept,
                    made: Made {
                        // Closed for new bookings: no seats other than the booked ones.
                        capacity: match chain.outcome {
                            Outcome::Booked => slot.seats_taken,
                            _ => slot.capacity,
                        },
                        closes_at: slot.closes_at.filter(|_| !kept),
                        ..made_of(slot)
                    },
                    ..room_of_stored(chain.stretch, slot)
                })
            })
            .collect();
        rooms.sort_by_key(|room| room.from);
        let ranges: Vec<_> = rooms.iter().map(|room| (room.from, room.until)).collect();
        let squeezed = chains.iter_mut().find(|chain| {
            chain.outcome == Outcome::Wanted
                && chain.slots.len() > 1
                && chain.slots.iter().any(|slot| {
                    let cell = places.get(&key(chain.stretch, slot)).map(|place| wanted[*place]);
                    cell.is_some_and(|cell| meets(&ranges, cell))
                })
        });
        match squeezed {
            Some(chain) => chain.outcome = Outcome::Booked,
            None => return rooms,
        }
    }
}

/// Whether two wanted slots follow each other in one block.
fn side_by_side(wanted: &[&Cell], pair: &[usize]) -> bool {
    let (a, b) = (wanted[pair[0]], wanted[pair[1]]);
    pair[0] + 1 == pair[1]
        && a.room_until == b.room_from
        && a.room_until - a.room_from == b.room_until - b.room_from
        && (a.location, a.mode, a.date, a.utc_offset) == (b.location, b.mode, b.date, b.utc_offset)
}

/// Whether the room of a wanted slot overlaps one of these ranges, which are sorted and do not overlap each other.
fn meets(ranges: &[(DateTime<Utc>, DateTime<Utc>)], cell: &Cell) -> bool {
    let first = ranges.partition_point(|range| range.1 <= cell.room_from);
    ranges.get(first).is_some_and(|range| range.0 < cell.room_until)
}

fn key(stretch: &Stretch, slot: &ExistingSlot) -> Key {
    (slot.starts_at, slot.ends_at, stretch.location, stretch.mode)
}

fn key_of(cell: &Cell) -> Key {
    (cell.starts_at, cell.ends_at, cell.location, cell.mode)
}

/// A stored slot, unchanged.
fn made_of(slot: &ExistingSlot) -> Made {
    Made {
        existing: Some(slot.id),
        starts_at: slot.starts_at,
        ends_at: slot.ends_at,
        capacity: slot.capacity,
        opens_at: slot.opens_at,
        closes_at: slot.closes_at,
    }
}

/// The room of a stored slot that stays unchanged.
fn room_of_stored(stretch: &Stretch, slot: &ExistingSlot) -> Room {
    let stride = Duration::seconds(stretch.stride_seconds.into());
    let from = stretch.starts_at + stride * i32::from(slot.number);
    Room {
        from,
        until: from + stride,
        location: stretch.location,
        mode: stretch.mode,
        date: stretch.date,
        utc_offset: stretch.utc_offset,
        kept: stretch.kept,
        made: made_of(slot),
    }
}

/// The room of a wanted slot; with `bare`, without buffers, because they would overlap a slot that stays.
fn room_of(cell: &Cell, slot: Option<&ExistingSlot>, bare: bool) -> Room {
    let booked = slot.map_or(0, |slot| slot.seats_taken);
    Room {
        from: if bare { cell.starts_at } else { cell.room_from },
        until: if bare { cell.ends_at } else { cell.room_until },
        location: cell.location,
        mode: cell.mode,
        date: cell.date,
        utc_offset: cell.utc_offset,
        kept: false,
        made: Made {
            existing: slot.map(|slot| slot.id),
            starts_at: cell.starts_at,
            ends_at: cell.ends_at,
            // All bookings stay, and nobody else can book while there are too many.
            capacity: cell.capacity.max(booked),
            opens_at: cell.opens_at,
            closes_at: (booked <= cell.capacity).then_some(cell.closes_at),
        },
    }
}

/// Groups sorted rooms into blocks: adjacent rooms with the same properties form one block.
fn group(rooms: Vec<Room>) -> Vec<MadeBlock> {
    let mut blocks: Vec<MadeBlock> = Vec::new();
    let mut end = DateTime::<Utc>::MIN_UTC;
    for room in rooms {
        let stride_seconds =
            i32::try_from((room.until - room.from).num_seconds()).unwrap_or(i32::MAX);
        let next = Stretch {
            location: room.location,
            mode: room.mode,
            date: room.date,
            starts_at: room.from,
            stride_seconds,
            count: 1,
            utc_offset: room.utc_offset,
            kept: room.kept,
        };
        match blocks.last_mut() {
            Some(block) if room.from == end && continues(&block.stretch, &next) => {
                block.stretch.count += 1;
                block.slots.push(room.made);
            }
            _ => blocks.push(MadeBlock { stretch: next, slots: vec![room.made] }),
        }
        end = room.until;
    }
    blocks
}

fn continues(block: &Stretch, next: &Stretch) -> bool {
    Stretch { starts_at: block.starts_at, count: block.count, ..next.clone() } == *block
}

/// Compares the wanted blocks with the stored ones. A stored block with exactly the wanted slots stays; only the
/// data of its slots may change.
fn compare(existing: &[Existing], blocks: Vec<MadeBlock>, result: &mut Plan) {
    let mut by_start: HashMap<DateTime<Utc>, &Existing> =
        existing.iter().map(|block| (block.stretch.starts_at, block)).collect();
    for block in blocks {
        let same = by_start.get(&block.stretch.starts_at).filter(|stored| {
            stored.stretch == block.stretch
                && stored.slots.len() == block.slots.len()
                && stored.slots.iter().zip(&block.slots).all(|(a, b)| b.existing == Some(a.id))
        });
        let Some(stored) = same.copied() else {
            result.make.push(block);
            continue;
        };
        by_start.remove(&block.stretch.starts_at);
        for (slot, made) in stored.slots.iter().zip(block.slots) {
            let is_so = slot.capacity == made.capacity
                && (slot.opens_at == made.opens_at || block.stretch.kept)
                && slot.closes_at == made.closes_at;
            if !is_so {
                result.change.push(made);
            }
        }
    }
    result.close = by_start.into_values().map(|block| block.block).collect();
    result.close.sort_unstable();
}
