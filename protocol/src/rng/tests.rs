use proptest::prelude::*;

use super::Rng;

/// The core generator against the reference: its authors' C code, started from the state 1, 2, 3, 4.
#[test]
fn the_stream_is_that_of_xoshiro256_plus_plus() {
    let mut rng = Rng { state: [1, 2, 3, 4] };
    let first: Vec<u64> = (0..5).map(|_| rng.next_u64()).collect();
    assert_eq!(
        first,
        [41_943_041, 58_720_359, 3_588_806_011_781_223, 3_591_011_842_654_386, 9_228_616_714_210_784_205]
    );
}

#[test]
fn a_uuid_has_the_form_of_version_4() {
    let mut rng = Rng::new([3; 32]);
    for _ in 0..100 {
        let uuid = rng.uuid();
        assert_eq!(uuid.len(), 36);
        assert_eq!(uuid.as_bytes()[14], b'4', "{uuid}");
        assert!(b"89ab".contains(&uuid.as_bytes()[19]), "{uuid}");
    }
}

#[test]
fn neighbouring_seeds_give_unlike_streams() {
    let mut flipped = [0; 32];
    flipped[31] = 1;
    assert_ne!(Rng::new([0; 32]).next_u64(), Rng::new(flipped).next_u64());
}

#[test]
fn debug_does_not_show_the_state() {
    assert_eq!(format!("{:?}", Rng::new([7; 32])), "Rng(..)");
}

proptest! {
    #[test]
    fn a_draw_stays_within_its_bound(seed in any::<[u8; 32]>(), bound in any::<u64>()) {
        let mut rng = Rng::new(seed);
        prop_assert!(rng.up_to(bound) <= bound);
        prop_assert_eq!(rng.up_to(0), 0);
    }

    #[test]
    fn the_same_seed_gives_the_same_stream(seed in any::<[u8; 32]>()) {
        let (mut one, mut two) = (Rng::new(seed), Rng::new(seed));
        for _ in 0..16 {
            prop_assert_eq!(one.next_u64(), two.next_u64());
        }
    }
}
