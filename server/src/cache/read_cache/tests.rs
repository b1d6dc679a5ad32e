//! One shelf, with readers who come at awkward moments.

use std::sync::atomic::AtomicU32;

use super::*;

const DOCTOR: DoctorId = DoctorId(uuid::Uuid::from_u128(7));

fn shelf(lifetime: Lifetime) -> (Arc<Changes>, Arc<Shelf<u8, u32>>) {
    let changes: Arc<Changes> = Arc::default();
    let keeping = Keeping::new(changes.clone(), Cache::memory(), "test");
    (changes, Arc::new(Shelf::new(&keeping, Kind::Profile, lifetime, 100)))
}

/// Makes the number of times it was asked, after so many milliseconds.
fn counting(
    milliseconds: u64,
) -> impl Fn() -> BoxFuture<'static, Result<(u32, About), Failure>> + Clone {
    let asked = Arc::new(AtomicU32::new(0));
    move || {
        let number = asked.fetch_add(1, Ordering::Relaxed) + 1;
        async move {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            Ok((number, About::doctor(DOCTOR)))
        }
        .boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_made_once_for_all_who_wait_and_once_more_after_a_change() {
    let (changes, shelf) = shelf(Lifetime::seconds(60, 60));
    let make = counting(30);
    let ask = || {
        let (shelf, make) = (shelf.clone(), make.clone());
        tokio::spawn(async move { *shelf.get(&1, make).await.expect("made") })
    };
    let early = [ask(), ask()];
    tokio::time::sleep(Duration::from_millis(10)).await;
    changes.note(DOCTOR);
    let late = [ask(), ask()];
    for reader in early {
        assert!(reader.await.expect("no panic") >= 1);
    }
    for reader in late {
        assert_eq!(reader.await.expect("no panic"), 2, "whoever knows of a change does not join");
    }
    assert_eq!(*shelf.get(&1, make.clone()).await.expect("kept"), 2);
    changes.note(DOCTOR);
    assert_eq!(*shelf.get(&1, make.clone()).await.expect("made"), 3);
    changes.note_listings();
    assert_eq!(*shelf.get(&1, make).await.expect("kept"), 3, "it does not rest on them");
}

#[tokio::test(start_paused = true)]
async fn what_is_old_is_shown_while_one_makes_it_again_but_not_for_long() {
    let milliseconds = Duration::from_millis;
    let (changes, shelf) = shelf(Lifetime { fresh: milliseconds(100), most: milliseconds(400) });
    let make = counting(20);
    assert_eq!(*shelf.get(&1, make.clone()).await.expect("made"), 1);
    assert!(shelf.find(&1).is_some());
    tokio::time::sleep(milliseconds(120)).await;
    assert!(shelf.find(&1).is_none(), "not fresh: somebody has to ask for it");
    assert_eq!(*shelf.get(&1, make.clone()).await.expect("kept"), 1);
    assert_eq!(*shelf.get(&1, make.clone()).await.expect("kept"), 1);
    tokio::time::sleep(milliseconds(50)).await;
    assert_eq!(*shelf.get(&1, make.clone()).await.expect("made meanwhile"), 2);
    tokio::time::sleep(milliseconds(120)).await;
    changes.note(DOCTOR);
    assert_eq!(*shelf.get(&1, make.clone()).await.expect("made"), 3, "never after a change");
    tokio::time::sleep(milliseconds(420)).await;
    assert_eq!(*shelf.get(&1, make).await.expect("made"), 4, "it was too old to be shown");
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_stops_nobody_and_leaves_nothing() {
    let (_, shelf) = shelf(Lifetime::seconds(60, 60));
    let make = counting(50);
    let first = tokio::spawn({
        let (shelf, make) = (shelf.clone(), make.clone());
        async move { shelf.get(&1, make).await.map(|value| *value) }
    });
    tokio::time::sleep(Duration::from_millis(10)).await;
    let second = tokio::spawn({
        let (shelf, make) = (shelf.clone(), make.clone());
        async move { shelf.get(&1, make).await.map(|value| *value) }
    });
    tokio::time::sleep(Duration::from_millis(10)).await;
    first.abort();
    assert_eq!(second.await.expect("no panic"), Ok(1));
    let alone = tokio::time::timeout(Duration::from_millis(10), shelf.get(&2, make)).await;
    assert!(alone.is_err(), "given up");
    assert!(lock(&shelf.makings).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_told_to_all_and_not_kept() {
    let (_, shelf) = shelf(Lifetime::seconds(60, 60));
    let fail = || async {
        tokio::task::yield_now().await;
        Err(Failure::Unavailable)
    };
    let (one, other) = tokio::join!(shelf.get(&1, fail), shelf.get(&1, fail));
    assert_eq!((one, other), (Err(Failure::Unavailable), Err(Failure::Unavailable)));
    assert_eq!(*shelf.get(&1, counting(0)).await.expect("made"), 1);
    let figures = shelf.keeping.figures();
    assert!(figures.contains("nadi_kept_total{kind=\"profile\",how=\"waited\"} 1"), "{figures}");
}
