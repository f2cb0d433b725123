//! Tests of the module above.

use super::Rng;

#[test]
fn the_stream_is_pinned() {
    let mut rng = Rng::new(1);
    assert_eq!(rng.next(), 10_451_216_379_200_822_465);
    assert_eq!(rng.next(), 13_757_245_211_066_428_519);
}

#[test]
fn uuids_are_version_four() {
    let mut rng = Rng::new(7);
    for _ in 0..100 {
        let id = rng.uuid();
        assert_eq!(id.len(), 36, "{id}");
        assert_eq!(&id[14..15], "4", "{id}");
        assert!("89ab".contains(&id[19..20]), "{id}");
    }
}

#[test]
fn a_range_holds_its_ends() {
    let mut rng = Rng::new(3);
    let seen: std::collections::BTreeSet<u64> = (0..200).map(|_| rng.range(4, 6)).collect();
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [4, 5, 6]);
    assert_eq!(rng.range(9, 9), 9);
    assert_eq!(rng.range(9, 2), 9);
}
