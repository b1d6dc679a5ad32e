//! One cache, with readers at awkward moments.

use std::sync::atomic::AtomicU32;

use futures::FutureExt;
use futures::future::BoxFuture;
use nadi::ids::DoctorId;

use super::*;

const DOCTOR: DoctorId = DoctorId(uuid::Uuid::from_u128(7));

fn cache(lifetime: Lifetime) -> (Arc<Invalidation>, Arc<ReadCache<u8, u32>>) {
    let invalidation: Arc<Invalidation> = Arc::default();
    let context = CacheContext::new(invalidation.clone(), Cache::memory(), "test");
    (invalidation, Arc::new(ReadCache::new(&context, "profile", lifetime, 100, |_, _| 1)))
}

/// Loads the number of times it was called, after so many milliseconds.
fn counting(
    milliseconds: u64,
) -> impl Fn() -> BoxFuture<'static, Result<(u32, Dependencies), Failure>> + Clone {
    let asked = Arc::new(AtomicU32::new(0));
    move || {
        let asked = asked.clone();
        async move {
            let number = asked.fetch_add(1, Ordering::Relaxed) + 1;
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            Ok((number, Dependencies::doctor(DOCTOR)))
        }
        .boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn a_value_is_loaded_once_for_all_who_wait_and_once_more_after_a_change() {
    let (invalidation, cache) = cache(Lifetime::seconds(60, 60));
    let load = counting(30);
    let ask = || {
        let (cache, load) = (cache.clone(), load.clone());
        tokio::spawn(async move { *cache.get(&1, load).await.expect("loaded") })
    };
    let early = [ask(), ask()];
    tokio::time::sleep(Duration::from_millis(10)).await;
    invalidation.invalidate_doctor(DOCTOR);
    let late = [ask(), ask()];
    for reader in early {
        assert!(reader.await.expect("no panic") >= 1);
    }
    for reader in late {
        assert_eq!(
            reader.await.expect("no panic"),
            2,
            "a reader who knows of a change does not take what was read before it"
        );
    }
    assert_eq!(*cache.get(&1, load.clone()).await.expect("cached"), 2);
    invalidation.invalidate_doctor(DOCTOR);
    assert_eq!(*cache.get(&1, load.clone()).await.expect("loaded"), 3);
    invalidation.invalidate_listings();
    assert_eq!(*cache.get(&1, load).await.expect("cached"), 3, "it does not depend on them");
}

#[tokio::test(start_paused = true)]
async fn an_old_value_is_returned_while_one_task_refreshes_it_but_not_for_long() {
    let milliseconds = Duration::from_millis;
    let (invalidation, cache) =
        cache(Lifetime { refresh_after: milliseconds(100), expires_after: milliseconds(400) });
    let load = counting(20);
    assert_eq!(*cache.get(&1, load.clone()).await.expect("loaded"), 1);
    tokio::time::sleep(milliseconds(120)).await;
    assert_eq!(*cache.get(&1, load.clone()).await.expect("cached"), 1);
    assert_eq!(*cache.get(&1, load.clone()).await.expect("cached"), 1);
    tokio::time::sleep(milliseconds(50)).await;
    assert_eq!(*cache.get(&1, load.clone()).await.expect("loaded meanwhile"), 2);
    tokio::time::sleep(milliseconds(120)).await;
    invalidation.invalidate_doctor(DOCTOR);
    assert_eq!(*cache.get(&1, load.clone()).await.expect("loaded"), 3, "never after a change");
    tokio::time::sleep(milliseconds(420)).await;
    assert_eq!(*cache.get(&1, load).await.expect("loaded"), 4, "it was too old to be shown");
}

#[tokio::test(start_paused = true)]
async fn a_reader_who_gives_up_does_not_stop_the_others() {
    let (_, cache) = cache(Lifetime::seconds(60, 60));
    let load = counting(50);
    let first = tokio::spawn({
        let (cache, load) = (cache.clone(), load.clone());
        async move { cache.get(&1, load).await.map(|value| *value) }
    });
    tokio::time::sleep(Duration::from_millis(10)).await;
    let second = tokio::spawn({
        let (cache, load) = (cache.clone(), load.clone());
        async move { cache.get(&1, load).await.map(|value| *value) }
    });
    tokio::time::sleep(Duration::from_millis(10)).await;
    first.abort();
    for _ in 0..300 {
        let (cache, load) = (cache.clone(), load.clone());
        tokio::spawn(async move {
            tokio::time::timeout(Duration::from_millis(10), cache.get(&1, load)).await
        });
    }
    assert_eq!(second.await.expect("no panic"), Ok(1));
    let alone = tokio::time::timeout(Duration::from_millis(10), cache.get(&2, load)).await;
    assert!(alone.is_err(), "given up");
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(*cache.get(&2, counting(0)).await.expect("cached"), 2, "it is loaded nevertheless");
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_told_to_all_who_wait_and_not_cached() {
    let (_, cache) = cache(Lifetime::seconds(60, 60));
    let fail = || async {
        tokio::task::yield_now().await;
        Err(Failure::Unavailable)
    };
    let (one, other) = tokio::join!(cache.get(&1, fail), cache.get(&1, fail));
    assert_eq!((one, other), (Err(Failure::Unavailable), Err(Failure::Unavailable)));
    assert_eq!(*cache.get(&1, counting(0)).await.expect("loaded"), 1);
    let panic = || async { panic!("as a test") };
    let (one, other) = tokio::join!(cache.get(&2, panic), cache.get(&2, panic));
    assert_eq!((one, other), (Err(Failure::Unavailable), Err(Failure::Unavailable)));
    let hung = || std::future::pending();
    let (one, other) = tokio::join!(cache.get(&2, hung), cache.get(&2, hung));
    assert_eq!((one, other), (Err(Failure::Unavailable), Err(Failure::Unavailable)));
    assert_eq!(*cache.get(&2, counting(0)).await.expect("loaded"), 1, "the key is free again");
    let metrics = cache.context.metrics();
    assert!(metrics.contains("cache=\"profile\",outcome=\"miss\"} 8"), "{metrics}");
}
